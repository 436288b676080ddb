"""What happens to a dataset while it is being recorded: each episode is recorded once, and nobody touches it again."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

Stamp = tuple[int, int, int]


class Diary:
    """Look at it often: whatever is written over shows by another inode, or another time of change."""

    def __init__(self, dataset: Path) -> None:
        self._dataset = dataset
        self._recorded: dict[str, Stamp] = {}
        self._files: dict[str, Stamp] = {}
        self.findings: list[str] = []

    def look(self) -> int:
        """How many episodes are recorded now."""
        now = {path.stem: stamp for path in (self._dataset / "episodes").glob("*.json")
               if (stamp := _stamp(path)) is not None}
        for name, stamp in now.items():
            if name not in self._recorded:
                self._recorded[name] = stamp
                record = json.loads((self._dataset / "episodes" / f"{name}.json").read_text())
                for path in record["files"]:
                    self._note(path, name)
            elif stamp != self._recorded[name]:
                self.findings.append(f"{name} is recorded a second time")
                self._recorded[name] = stamp
        for name in set(self._recorded) - set(now):
            self.findings.append(f"the record of {name} is gone again")
            del self._recorded[name]
        return len(now)

    def _note(self, path: str, episode: str) -> None:
        stamp = _stamp(self._dataset / path)
        if stamp is None:
            self.findings.append(f"{path} is not there although {episode} is recorded")
        else:
            self._files[path] = stamp

    def close(self) -> None:
        """Compare every file of an episode with what it was when the episode was recorded."""
        self.look()
        for path, stamp in self._files.items():
            if _stamp(self._dataset / path) != stamp:
                self.findings.append(f"{path} was written again after its episode was recorded")


def _stamp(path: Path) -> Stamp | None:
    with suppress(FileNotFoundError):
        found = path.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size
    return None
