"""Dates, drives and clock times of the raw layout, which a simulated episode has not.

All episodes are driven on one made-up day, 1 January 2000, from noon on: the bytes of an export depend on nothing but
the dataset, and no drive can be mistaken for one of KITTI's. As the raw layout has one calibration a day, each further
calibration of a dataset is another day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from simgen.export.dataset import Dataset, Episode, Moment

FIRST_DAY = dt.date(2000, 1, 1)
START_HOUR = 12


@dataclass(frozen=True, slots=True)
class Drive:
    """An episode as a drive: "2000_01_01" and "2000_01_01_drive_0000_sync"."""

    day: dt.date
    episode: Episode

    @property
    def date(self) -> str:
        return f"{self.day:%Y_%m_%d}"

    @property
    def name(self) -> str:
        return f"{self.date}_drive_{self.episode.number:04d}_sync"


def drives(dataset: Dataset) -> tuple[Drive, ...]:
    """Each episode's drive, in plan order."""
    day_of: dict[str, dt.date] = {}
    found = []
    for episode in dataset.episodes:
        text = episode.frames[0].text("calib")
        day = day_of.setdefault(text, FIRST_DAY + dt.timedelta(days=len(day_of)))
        found.append(Drive(day, episode))
    return tuple(found)


def timestamps_text(day: dt.date, moments: Sequence[Moment], after_s: Sequence[float] | None = None) -> str:
    """``2000-01-01 12:00:00.100000000``, nine digits after the point, one a line.

    Args:
        after_s: how much later than each moment; None: at the moments.
    """
    later = [0.0] * len(moments) if after_s is None else after_s
    return "".join(_stamp(day, moment.time_s + more) + "\n" for moment, more in zip(moments, later, strict=True))


def _stamp(day: dt.date, time_s: float) -> str:
    nanoseconds = round(time_s * 1e9)
    start = dt.datetime(day.year, day.month, day.day, START_HOUR)
    clock = start + dt.timedelta(seconds=nanoseconds // 1_000_000_000)
    return f"{clock:%Y-%m-%d %H:%M:%S}.{nanoseconds % 1_000_000_000:09d}"

