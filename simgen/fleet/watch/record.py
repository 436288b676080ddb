"""``logs/progress.json``: where a run stands, rewritten every few seconds, for whoever is not at its terminal.

    format_version   1
    state            "running"; at its end "complete", "incomplete" (episodes failed, or others are still missing),
                     "interrupted" or "stopped"
    reason           why, where it was stopped: the sentence that the run ended with
    host, pid        the process that records; began, updated: UTC, ISO 8601. A "running" one that has not been
                     updated for a minute was killed
    run              RunView: elapsed_s, episodes, episodes_done, episodes_before, failed, frames, frames_done,
                     frames_before, frames_lost, frames_per_s, frames_per_s_overall, left_s, retries {cause: number},
                     recycles, slots [SlotView], slots_gone, failures [FailureView] (the last ones)

Written whole: a reader never sees half a file. Nothing in it decides anything; it may be deleted.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from simgen.errors import DatasetError, unreadable
from simgen.fleet.watch.view import RunView
from simgen.kitti.layout import read_parsed, write_whole

FORMAT_VERSION = 1
NAME = "progress.json"
RUNNING, COMPLETE, INCOMPLETE, INTERRUPTED, STOPPED = "running", "complete", "incomplete", "interrupted", "stopped"
SILENT_S = 60.0                 # a run that has not written for so long is gone


@dataclass(frozen=True, slots=True)
class ProgressRecord:
    """See the module. began, updated: UTC, ISO 8601."""

    state: str
    reason: str
    host: str
    pid: int
    began: str
    updated: str
    run: RunView

    def to_text(self) -> str:
        return json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, ensure_ascii=False) + "\n"

    @classmethod
    def from_text(cls, text: str) -> ProgressRecord:
        """The inverse of ``to_text``. Raises DatasetError if the text is none."""
        try:
            value = json.loads(text)
            if value.pop("format_version") != FORMAT_VERSION:
                raise DatasetError("it is of another format version than this simgen reads")
            return cls(**{**value, "run": RunView.from_json(value["run"])})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DatasetError(f"not what this simgen writes there: {unreadable(error)}") from error

    def age_s(self) -> float:
        """Seconds since it was written."""
        written = datetime.fromisoformat(self.updated.replace("Z", "+00:00"))
        return (datetime.now(timezone.utc) - written).total_seconds()


def write_progress(log_dir: Path, record: ProgressRecord) -> None:
    """Put it in place. Raises OSError where the disk does not take it."""
    log_dir.mkdir(parents=True, exist_ok=True)
    write_whole(log_dir / NAME, record.to_text().encode())


def read_progress(log_dir: Path) -> ProgressRecord | None:
    """The record in a folder of logs, or None if there is none. Raises DatasetError, naming the file."""
    return read_parsed(log_dir / NAME, ProgressRecord.from_text)


