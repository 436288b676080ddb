"""How many frames of a running episode exist, seen from outside: nothing has to be reported while an episode runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simgen.kitti.layout import frame_id, frame_path

if TYPE_CHECKING:
    from simgen.fleet.driver import Job

LAST_WRITTEN = "objects"      # a frame is complete when this file of it exists


class FramesOnDisk:
    """Counts by the files in a dataset's folder, where every worker writes to that folder. A look costs one file more
    than frames have come since the last one."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self, job: Job, known: int) -> int:
        """The frames of the job that are there, if ``known`` were there before."""
        while known < job.plan.capture.frames and self._file(job.first_frame + known, job.testing).exists():
            known += 1
        return known

    def _file(self, number: int, testing: bool) -> Path:
        return self._root / frame_path(LAST_WRITTEN, frame_id(number), testing)
