"""What a driver writes down of attempts that came to nothing, and of episodes that were recorded after all."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from simgen.errors import DatasetError
from simgen.fleet.launch.guarded import TAIL_LINES
from simgen.fleet.launch.logs import tail
from simgen.fleet.schedule import SIMULATOR
from simgen.fleet.slot import Slot
from simgen.fleet.watch.failures import FOLDER, Attempt, note_failure, overcome, release
from simgen.fleet.worker import Outcome

log = logging.getLogger(__name__)


class FailureLog:
    """Failure records of a run, among its logs. A disk that does not take them ends no run."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._with_record = {path.stem for path in (log_dir / FOLDER).glob("*.json")}

    def note(self, outcome: Outcome, slot: Slot, host: str, quarantined: bool) -> None:
        """An attempt came to nothing. What a server of ours said last is looked up if its worker could not tell."""
        told = outcome.log_tail
        if not told and outcome.cause == SIMULATOR and slot.started_here:
            told = tail(self._log_dir / f"simulator-{slot.number}.log", TAIL_LINES)
        attempt = Attempt.ended_now(outcome.cause or "", outcome.message, str(slot), host, outcome.seconds, told)
        if _noted(self._log_dir, outcome.episode, attempt, quarantined):
            self._with_record.add(outcome.episode)

    def overcome(self, episode: str) -> None:
        """The episode is recorded after all."""
        if episode not in self._with_record:
            return
        self._with_record.discard(episode)
        try:
            overcome(self._log_dir, episode)
        except OSError as error:
            log.warning("the failure record of %s cannot be removed: %s", episode, error)


def note_vanished(log_dir: Path, outcome: Outcome) -> None:
    """An episode that was told of as recorded is not there: a failure like others."""
    attempt = Attempt.ended_now(outcome.cause or "", outcome.message, "at the end of the run", "", outcome.seconds)
    _noted(log_dir, outcome.episode, attempt, True)


def _noted(log_dir: Path, episode: str, attempt: Attempt, quarantined: bool) -> bool:
    """Did the disk take it?"""
    try:
        note_failure(log_dir, episode, attempt, quarantined)
    except OSError as error:
        log.warning("the failure of %s cannot be written down: %s", episode, error)
        return False
    return True


def release_all(log_dir: Path, episodes: Iterable[str]) -> None:
    """These episodes are tried again: none of them is in quarantine any more."""
    with_record = {path.stem for path in (log_dir / FOLDER).glob("*.json")}
    for episode in episodes if with_record else ():
        if episode in with_record:
            try:
                release(log_dir, episode)
            except DatasetError as error:
                log.warning("%s; it is begun anew if the episode fails again", error)
