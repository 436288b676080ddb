"""Logs for machines and people: one JSON object a line, ``logs/worker-<slot>.jsonl`` and ``logs/driver.jsonl``.

    {"time": "2026-03-01T09:30:05.123Z", "level": "INFO", "host": "gpu4", "pid": 4711, "slot": 3,
     "episode": "deer-0007", "event": "recorded", "seconds": 61.2, …, "logger": "simgen.fleet.worker",
     "message": "deer-0007: 100 frames, 240 labels in 61.2 s"}

``time``, ``level``, ``host``, ``pid``, ``logger`` and ``message`` are on every line, the rest where it is known;
``traceback`` where there was one. ``simgen status DIR --log`` prints them for people. A file that has grown to
``LOG_BYTES`` is set aside as ``….1``, and so on up to ``LOGS_KEPT``.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

LOG_BYTES = 8 * 2**20
LOGS_KEPT = 3                   # set aside, besides the one that is written
DRIVER = "driver"
_KNOWN = ("time", "level", "host", "pid", "slot", "episode", "event", "logger", "message", "traceback")


def fields(**known: object) -> dict[str, Any]:
    """What a log line says besides its sentence: ``log.info("…", extra=fields(event="recorded", seconds=61.2))``."""
    return {"simgen_fields": known}


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON. everywhere: fields that all lines have; may be changed between lines."""

    def __init__(self, **everywhere: object) -> None:
        super().__init__()
        self.everywhere: dict[str, object] = everywhere
        self._host = platform.node()

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": utc(record.created), "level": record.levelname, "host": self._host, "pid": os.getpid(),
            **{key: value for key, value in self.everywhere.items() if value is not None},
            **getattr(record, "simgen_fields", {}), "logger": record.name, "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class WorkerLog:
    """Everything that this process logs goes to its slot's file from now on."""

    def __init__(self, log_dir: Path, slot: int) -> None:
        self._formatter = JsonFormatter(slot=slot)
        logging.basicConfig(handlers=[_handler(log_dir, f"worker-{slot}", self._formatter)], level=logging.INFO,
                            force=True)

    def about(self, episode: str | None) -> None:
        """All lines from now on are about this episode."""
        self._formatter.everywhere["episode"] = episode


@contextmanager
def driver_log(log_dir: Path) -> Iterator[logging.Logger]:
    """What the driver's process logs goes to its file too while the block lasts, also what is too small for a terminal.

    Gives a logger for that file alone. Raises OSError if the file cannot be written.
    """
    everything, terminal = logging.getLogger("simgen"), logging.getLogger()
    handler = _handler(log_dir, DRIVER, JsonFormatter())
    alone = logging.Logger("simgen.fleet.driver", logging.INFO)
    alone.addHandler(handler)
    before, silenced = everything.level, [one for one in terminal.handlers if one.level == logging.NOTSET]
    for one in silenced:
        one.setLevel(terminal.getEffectiveLevel())
    everything.addHandler(handler)
    everything.setLevel(min(logging.INFO, everything.getEffectiveLevel()))
    try:
        yield alone
    finally:
        everything.setLevel(before)
        everything.removeHandler(handler)
        handler.close()
        for one in silenced:
            one.setLevel(logging.NOTSET)


def log_files(log_dir: Path, name: str) -> list[Path]:
    """The files of a log, "worker-3" or "driver", oldest first."""
    aside = [log_dir / f"{name}.jsonl.{number}" for number in range(LOGS_KEPT, 0, -1)]
    return [path for path in (*aside, log_dir / f"{name}.jsonl") if path.is_file()]


def log_names(log_dir: Path) -> list[str]:
    """The logs that there are, the driver's first, workers by number."""
    workers = [path.stem for path in log_dir.glob("worker-*.jsonl")]
    return [DRIVER] * bool(log_files(log_dir, DRIVER)) + sorted(workers, key=lambda name: (len(name), name))


def read_log(log_dir: Path, name: str) -> Iterator[dict[str, Any]]:
    """The lines of a log, oldest first. A line that a crash cut off is given as its text alone, under "message"."""
    for path in log_files(log_dir, name):
        with path.open(encoding="utf-8", errors="replace") as stream:
            for text in stream:
                try:
                    value = json.loads(text)
                except json.JSONDecodeError:
                    value = None
                yield value if isinstance(value, dict) else {"message": text.rstrip("\n")}


def human(line: Mapping[str, Any]) -> str:
    """A line for people: ``2026-03-01 09:30:05 gpu4 worker 3 INFO deer-0007: 100 frames … (event=recorded …)``."""
    where = " ".join([str(line.get("host", "")), *([f"slot {line['slot']}"] if "slot" in line else [])])
    rest = " ".join(f"{key}={value}" for key, value in line.items() if key not in _KNOWN)
    head = " ".join(part for part in (
        str(line.get("time", "")).replace("T", " ").split(".")[0].removesuffix("Z"), where,
        str(line.get("level", "")), str(line.get("message", ""))) if part)
    text = head + (f"  [{rest}]" if rest else "")
    return text + ("\n    " + str(line["traceback"]).replace("\n", "\n    ") if line.get("traceback") else "")


def utc(unix_s: float) -> str:
    """A moment as ISO 8601, to the millisecond, in UTC."""
    moment = datetime.fromtimestamp(unix_s, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _LogFile(RotatingFileHandler):
    """Says once, in a sentence, that it cannot be written: a full disk is no reason for a traceback with every line."""

    _said = False

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._say(error)
        else:
            super().handleError(record)

    def close(self) -> None:
        try:
            super().close()
        except OSError as error:
            self._say(error)

    def _say(self, error: OSError) -> None:
        if not self._said:
            self._said = True
            sys.stderr.write(
                f"{self.baseFilename}: cannot be written: {error.strerror or error}; lines may be missing\n")


def _handler(log_dir: Path, name: str, formatter: JsonFormatter) -> RotatingFileHandler:
    log_dir.mkdir(parents=True, exist_ok=True)
    handler = _LogFile(
        log_dir / f"{name}.jsonl", maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8")
    handler.setFormatter(formatter)
    return handler
