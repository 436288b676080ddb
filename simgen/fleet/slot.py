"""A slot: the place of one simulator in a run, and all that a worker on any machine must know to use it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from simgen.capture.session import Endpoint
from simgen.fleet.sources import Carla

STANDARD = "standard"        # the quality of pictures where nobody asks for another
CPU = "cpu"                  # what makes them where nobody asks for another device


@dataclass(frozen=True, slots=True)
class Slot:
    """One simulator that a worker may use. It is one of three things.

    endpoint: where one runs already. carla: the CARLA whose server the worker starts for itself. Neither: a built-in
    one of its own, which makes pictures of this ``quality`` on this ``device`` (see ``python -m simgen.localsim
    --help``) and shows the models in ``assets``.

    gpus: indices or UUIDs of those GPUs of its machine that a CARLA server may use; none: the one that Ray has set
    aside for the worker, else any.
    """

    number: int
    endpoint: Endpoint | None = None
    quality: str = STANDARD
    assets: Path | None = None
    device: str = CPU
    carla: Carla | None = None
    gpus: tuple[str, ...] = ()

    @property
    def built_in(self) -> bool:
        """Is it the built-in simulator?"""
        return self.endpoint is None and self.carla is None

    @property
    def started_here(self) -> bool:
        """Does the worker start it, and so may end it too?"""
        return self.endpoint is None

    def __str__(self) -> str:
        if self.endpoint is not None:
            return f"simulator {self.endpoint}"
        return f"built-in simulator {self.number}" if self.carla is None else f"CARLA server {self.number}"
