"""The file that says which server runs in a slot: whose it is, how it was started, and what became of it.

Its starter writes it, the guard completes it, and whoever comes later reads it, if both died. Standard library only.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from simgen.processes import Process, Realm

log = logging.getLogger(__name__)

RUN_FOLDER = "SIMGEN_RUN_FOLDER"
SLOTS = "slots"
LOCKS = "ports"
MARK = "SIMGEN_SLOT_FILE"       # in the environment of every server, and of what it starts


class UnusableFolder(OSError):
    """The folder for what runs on this machine cannot be ours; says why."""


def run_folder() -> Path:
    """Where this user's servers on this machine are noted: ``$SIMGEN_RUN_FOLDER``, or a folder among the temporary
    ones, which all jobs of a user share. Raises UnusableFolder if it belongs to somebody else.
    """
    named = os.environ.get(RUN_FOLDER)
    folder = Path(named) if named else Path(tempfile.gettempdir()) / f"simgen-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat(follow_symlinks=False)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise UnusableFolder(f"{folder} is not your own folder; set {RUN_FOLDER} to one that is")
    return folder


@dataclass(frozen=True, slots=True)
class Container:
    """A server in a container of an engine whose processes are not the starter's children.

    id_file: where the engine writes the container's id. end: the command that ends one, to which the id is added.
    """

    id_file: str
    end: tuple[str, ...]

    @property
    def id(self) -> str | None:
        """None as long as there is no container."""
        try:
            return Path(self.id_file).read_text().strip() or None
        except FileNotFoundError:
            return None


@dataclass(frozen=True, slots=True)
class SlotFile:
    """What it says. env: what the server's environment has beyond the guard's. ports: by what they are for.

    grace_s: how long the server may take to end when it is asked. log_bytes: of one log file. gpu: index or UUID.
    realm: where its processes' numbers count.
    exit: the server's status, negative for a signal; None while it runs. ended: why, in a few words.
    """

    name: str
    owner: Process
    command: tuple[str, ...]
    log: str
    log_bytes: int
    grace_s: float
    env: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    container: Container | None = None
    gpu: str = ""
    guard: Process | None = None
    server: Process | None = None
    exit: int | None = None
    ended: str = ""
    realm: Realm = field(default_factory=Realm.here)

    def write(self, path: Path) -> None:
        """Whole, or not at all."""
        new = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        new.write_text(json.dumps(asdict(self), indent=1))
        new.replace(path)

    @classmethod
    def read(cls, path: Path) -> SlotFile:
        """Raises FileNotFoundError, or ValueError for a file that is no slot file."""
        try:
            told: dict[str, Any] = json.loads(path.read_text())
            processes = {key: told[key] and Process(**told[key]) for key in ("owner", "guard", "server")}
            box = None if told["container"] is None else Container(
                told["container"]["id_file"], tuple(told["container"]["end"]))
            return cls(**{**told, **processes, "container": box, "command": tuple(told["command"]),
                          "realm": Realm(**told["realm"])})
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"{path} is no slot file: {error}") from None

    @classmethod
    def all_in(cls, folder: Path) -> dict[Path, SlotFile]:
        """Every slot file of a folder that is of this machine and container: others may share the folder. What is no
        slot file is logged and removed, as is what is left of the time before the machine's last start."""
        found, here = {}, Realm.here()
        for path in sorted(folder.glob("*.json")):
            try:
                slot = cls.read(path)
                if slot.realm == here:
                    found[path] = slot
                elif here.follows(slot.realm):
                    path.unlink(missing_ok=True)
            except FileNotFoundError:
                continue                        # its owner has just removed it
            except ValueError as error:
                log.warning("%s; it is removed", error)
                path.unlink(missing_ok=True)
        return found

    def with_server(self, guard: Process, server: Process | None) -> SlotFile:
        return replace(self, guard=guard, server=server)

    def with_end(self, status: int | None, why: str) -> SlotFile:
        return replace(self, exit=status, ended=why)
