"""What ``--simulator`` may name: where a simulator comes from. A source is plain data and goes to workers as it is."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar, TypeAlias

from simgen.capture.session import Endpoint
from simgen.errors import RequestError

LOCAL = "local"
FORMS = "local, HOST:PORT, carla:FOLDER, carla-docker:IMAGE or apptainer:IMAGE.sif"
BINARY = Path("CarlaUE4/Binaries/Linux/CarlaUE4-Linux-Shipping")
_IMAGE = re.compile(r"[A-Za-z0-9][\w./:@-]*")      # what docker allows, and nothing that it takes for an option


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """The built-in simulator, one process a worker."""

    word: ClassVar[str] = LOCAL

    def __str__(self) -> str:
        return self.word

    def check(self) -> None:
        """It is always there."""


@dataclass(frozen=True, slots=True)
class CarlaFolder:
    """An unpacked release of CARLA, whose server each worker starts for itself."""

    folder: Path
    word: ClassVar[str] = "carla"

    def __str__(self) -> str:
        return f"{self.word}:{self.folder}"

    @property
    def binary(self) -> Path:
        return self.folder / BINARY

    def check(self) -> None:
        """Raises RequestError if no server can be started from here on this machine."""
        cure = f"give the folder of an unpacked CARLA {version('carla')}, the one that CarlaUE4.sh is in"
        if self.folder.is_file():
            raise RequestError(f"--simulator {self}: that is a file; {cure}")
        if not self.folder.is_dir():
            raise RequestError(f"--simulator {self}: there is no such folder; {cure}")
        if not self.binary.exists():
            if (self.folder / "CarlaUnreal.sh").exists():
                raise RequestError(f"--simulator {self}: that is CARLA 0.10, which renders with another engine; {cure}")
            what = "there is CarlaUE4.sh, but no" if (self.folder / "CarlaUE4.sh").exists() else "there is no"
            raise RequestError(f"--simulator {self}: {what} {BINARY} in it; {cure}")
        if not os.access(self.binary, os.X_OK):
            raise RequestError(f"--simulator {self}: {BINARY} may not be executed; try: chmod +x {self.binary}")
        self._check_version(cure)

    def _check_version(self, cure: str) -> None:
        told = self.folder / "VERSION"
        if told.is_file():
            found = re.match(r"\d+\.\d+\.\d+", told.read_text(errors="replace").strip())
            if found is not None and found[0] != version("carla"):
                raise RequestError(f"--simulator {self}: that is CARLA {found[0]}, and the client here is "
                                   f"{version('carla')}; {cure}")


@dataclass(frozen=True, slots=True)
class CarlaDocker:
    """An image of CARLA, of which each worker runs a container."""

    image: str
    word: ClassVar[str] = "carla-docker"

    def __str__(self) -> str:
        return f"{self.word}:{self.image}"

    def check(self) -> None:
        """Raises RequestError if there is no docker on this machine."""
        _require_program("docker", str(self))


@dataclass(frozen=True, slots=True)
class CarlaApptainer:
    """An image file of CARLA that apptainer runs."""

    image: Path
    word: ClassVar[str] = "apptainer"

    def __str__(self) -> str:
        return f"{self.word}:{self.image}"

    def check(self) -> None:
        """Raises RequestError if there is no such file or no apptainer on this machine."""
        if not self.image.is_file():
            raise RequestError(f"--simulator {self}: there is no such file; make it with: apptainer build "
                               f"{self.image.name} docker://carlasim/carla:{version('carla')}")
        _require_program("apptainer", str(self))


Carla: TypeAlias = CarlaFolder | CarlaDocker | CarlaApptainer
Source: TypeAlias = BuiltIn | Endpoint | CarlaFolder | CarlaDocker | CarlaApptainer


def parse_source(text: str) -> Source:
    """Read what ``--simulator`` says. Raises RequestError with a sentence if it says nothing of the kind.

    Nobody looks at this machine yet: ``check`` does, on the machine that a server shall run on.
    """
    if text == LOCAL:
        return BuiltIn()
    word, colon, rest = text.partition(":")
    if colon and word in (CarlaFolder.word, CarlaDocker.word, CarlaApptainer.word) and not rest.isdigit():
        if not rest:
            raise RequestError(f"--simulator {text}: what comes after the colon is missing; it is one of {FORMS}")
        if word == CarlaDocker.word:
            if not _IMAGE.fullmatch(rest):
                raise RequestError(f"--simulator {text}: '{rest}' is no name of an image; for example "
                                   f"{word}:carlasim/carla:{version('carla')}")
            return CarlaDocker(rest)
        path = Path(rest).expanduser().absolute()
        return CarlaFolder(path) if word == CarlaFolder.word else CarlaApptainer(path)
    if "/" in text or (text and Path(text).exists()):
        raise RequestError(f"--simulator {text}: say what it is: {CarlaFolder.word}:{text} for a folder of CARLA, "
                           f"{CarlaApptainer.word}:{text} for an image file")
    return Endpoint.parse(text)


def _require_program(name: str, source: str) -> None:
    from shutil import which

    if which(name) is None:
        raise RequestError(f"--simulator {source}: there is no program '{name}' here; install it, or use "
                           "carla:FOLDER with an unpacked CARLA")
