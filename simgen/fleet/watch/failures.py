"""Failure records, ``logs/failures/<episode>.json``: everything that is known about attempts that came to nothing.

One file an episode, written whole after each attempt that failed, also across runs of the same command. Once the
episode is recorded after all, its file goes and one line about it is kept in ``logs/failures/overcome.jsonl``. Size is
bounded: so many attempts an episode, so many lines an attempt, so many characters a line.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from simgen.errors import DatasetError, unreadable
from simgen.kitti.layout import read_parsed, write_whole

log = logging.getLogger(__name__)

FORMAT_VERSION = 1
FOLDER = "failures"             # inside the folder of logs
OVERCOME = "overcome.jsonl"
ATTEMPTS_KEPT = 20              # of an episode; the first is among them, it often says most
TAIL_LINES = 200                # of the log of a server that died
LINE_CHARACTERS = 1000
OVERCOME_TAIL_LINES = 20
OVERCOME_BYTES = 16 * 2**20     # then the file is set aside as overcome.jsonl.1, in place of the one before


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at an episode that came to nothing.

    cause: "simulator", "storage", "content" or "request", as in ``Outcome``. slot: where, in words. host: name of its
    machine. began, ended: UTC, ISO 8601. log_tail: the last lines of the server's log, where the server died.
    """

    cause: str
    message: str
    slot: str
    host: str
    began: str
    ended: str
    seconds: float
    log_tail: tuple[str, ...] = ()

    @classmethod
    def ended_now(
        cls, cause: str, message: str, slot: str, host: str, seconds: float, log_tail: Iterable[str] = ()
    ) -> Attempt:
        """An attempt that ended this moment, after ``seconds``; long texts are cut to what a record keeps."""
        now = datetime.now(timezone.utc)
        return cls(
            cause, _cut(message), slot, host, _iso(now - timedelta(seconds=seconds)), _iso(now), round(seconds, 3),
            tuple(_cut(line) for line in tuple(log_tail)[-TAIL_LINES:]))


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """What went wrong with one episode. quarantined: it is not tried again until ``simgen retry`` asks for it.

    attempts: oldest first. left_out: how many more there were between the first and the rest.
    """

    episode: str
    attempts: tuple[Attempt, ...]
    quarantined: bool = False
    left_out: int = 0

    @property
    def last(self) -> Attempt:
        return self.attempts[-1]

    def after(self, attempt: Attempt, quarantined: bool) -> FailureRecord:
        """This record with one attempt more."""
        attempts, left_out = (*self.attempts, attempt), self.left_out
        if len(attempts) > ATTEMPTS_KEPT:
            attempts, left_out = (attempts[0], *attempts[2:]), left_out + 1
        return replace(self, attempts=attempts, quarantined=quarantined, left_out=left_out)

    def to_text(self) -> str:
        return json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_text(cls, text: str) -> FailureRecord:
        """The inverse of ``to_text``. Raises DatasetError if the text is no failure record."""
        try:
            value = json.loads(text)
            if value.pop("format_version") != FORMAT_VERSION:
                raise DatasetError("it is of another format version than this simgen reads")
            attempts = tuple(Attempt(**{**one, "log_tail": tuple(one["log_tail"])}) for one in value["attempts"])
            if not attempts:
                raise ValueError("it has no attempts")
            return cls(**{**value, "attempts": attempts})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DatasetError(f"not a failure record: {unreadable(error)}") from error


def note_failure(log_dir: Path, episode: str, attempt: Attempt, quarantined: bool = False) -> FailureRecord:
    """Add an attempt that failed to the episode's record, and write the record."""
    try:
        known = read_failure(log_dir, episode)
    except DatasetError as error:
        log.warning("%s; it is begun anew", error)
        known = None
    record = FailureRecord(episode, (attempt,), quarantined) if known is None else known.after(attempt, quarantined)
    write_failure(log_dir, record)
    return record


def write_failure(log_dir: Path, record: FailureRecord) -> Path:
    """Put the record in place, whole. Raises OSError where the disk does not take it."""
    path = failure_path(log_dir, record.episode)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, record.to_text().encode())
    return path


def failure_path(log_dir: Path, episode: str) -> Path:
    return log_dir / FOLDER / f"{episode}.json"


def read_failure(log_dir: Path, episode: str) -> FailureRecord | None:
    """The record of an episode's failures, or None if it has none. Raises DatasetError, naming the file."""
    return read_parsed(failure_path(log_dir, episode), FailureRecord.from_text)


def read_failures(log_dir: Path) -> dict[str, FailureRecord]:
    """All failure records, by episode, sorted. One that cannot be read is told in the log and left out."""
    records = {}
    for path in sorted((log_dir / FOLDER).glob("*.json")):
        try:
            record = read_failure(log_dir, path.stem)
        except DatasetError as error:
            log.warning("%s", error)
            continue
        if record is not None:
            records[path.stem] = record
    return records


def overcome(log_dir: Path, episode: str) -> None:
    """The episode is recorded after all: its failures become one line, and its record goes."""
    try:
        record = read_failure(log_dir, episode)
    except DatasetError as error:
        log.warning("%s; it is removed, as the episode is recorded now", error)
        failure_path(log_dir, episode).unlink(missing_ok=True)
        return
    if record is None:
        return
    short = replace(record, quarantined=False, attempts=tuple(
        replace(one, log_tail=one.log_tail[-OVERCOME_TAIL_LINES:]) for one in record.attempts))
    lines = log_dir / FOLDER / OVERCOME
    if lines.exists() and lines.stat().st_size > OVERCOME_BYTES:
        lines.replace(lines.with_name(f"{OVERCOME}.1"))
    with lines.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(short), ensure_ascii=False) + "\n")
    failure_path(log_dir, episode).unlink(missing_ok=True)


def release(log_dir: Path, episode: str) -> bool:
    """Take an episode out of quarantine; what was known of it stays. Returns whether it was in there."""
    record = read_failure(log_dir, episode)
    if record is None or not record.quarantined:
        return False
    write_failure(log_dir, replace(record, quarantined=False))
    return True


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _cut(text: str) -> str:
    return text if len(text) <= LINE_CHARACTERS else text[: LINE_CHARACTERS - 1] + "…"
