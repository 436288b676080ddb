"""The command that made a dataset, kept among its logs: ``logs/run.json``. ``simgen retry`` runs it again."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path

from simgen import __version__
from simgen.errors import DatasetError, unreadable
from simgen.kitti.layout import read_parsed, write_whole

FILE = "run.json"


@dataclass(frozen=True, slots=True)
class Invocation:
    """words: the command's arguments as they were written, "run" first. folder: where relative paths begin."""

    words: tuple[str, ...]
    folder: str
    simgen_version: str = __version__

    def to_text(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    def typed(self) -> str:
        """What a person types, and the folder to be in for it where that is another one than now."""
        elsewhere = "" if Path(self.folder) == Path.cwd() else f"    (in {self.folder})"
        return f"simgen {shlex.join(self.words)}{elsewhere}"

    @classmethod
    def from_text(cls, text: str) -> Invocation:
        """The inverse of ``to_text``. Raises DatasetError if the text is none."""
        try:
            value = json.loads(text)
            return cls(tuple(str(word) for word in value["words"]), str(value["folder"]), str(value["simgen_version"]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DatasetError(f"not a command of simgen: {unreadable(error)}") from error

    def with_out(self, out: str) -> Invocation:
        """The same for a dataset that lies elsewhere now."""
        words = list(self.words)
        words[words.index("--out") + 1] = out
        return Invocation(tuple(words), self.folder, self.simgen_version)


def write_invocation(log_dir: Path, invocation: Invocation) -> None:
    """Put it in place."""
    log_dir.mkdir(parents=True, exist_ok=True)
    write_whole(log_dir / FILE, invocation.to_text().encode())


def read_invocation(log_dir: Path) -> Invocation | None:
    """The command that wrote these logs, or None if none did. Raises DatasetError, naming the file."""
    return read_parsed(log_dir / FILE, Invocation.from_text)
