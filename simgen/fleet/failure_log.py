"""What a driver writes down of attempts that came to nothing, and of episodes that were recorded after all."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from simgen.errors import DatasetError
from simgen.fleet.schedule import SIMULATOR
from simgen.fleet.watch.failures import FOLDER, Attempt, note_failure, overcome, release
from simgen.fleet.worker import Outcome

log = logging.getLogger(__name__)

TAIL_LINES, TAIL_BYTES = 200, 64 * 1024      # of the log of a simulator that ended with its worker


class FailureLog:
    """Failure records of a run, among its logs. A disk that does not take them ends no run."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._with_record = {path.stem for path in (log_dir / FOLDER).glob("*.json")}

    def note(self, outcome: Outcome, slot: str, host: str, number: int, quarantined: bool) -> None:
        """An attempt came to nothing."""
        tail = outcome.log_tail or (_tail(self._log_dir / f"simulator-{number}.log") if outcome.cause == SIMULATOR
                                    else ())
        attempt = Attempt.ended_now(
            outcome.cause or "", outcome.message, slot, host, outcome.seconds, tail)
        try:
            note_failure(self._log_dir, outcome.episode, attempt, quarantined)
            self._with_record.add(outcome.episode)
        except OSError as error:
            log.warning("the failure of %s cannot be written down: %s", outcome.episode, error)

    def overcome(self, episode: str) -> None:
        """The episode is recorded after all."""
        if episode not in self._with_record:
            return
        self._with_record.discard(episode)
        try:
            overcome(self._log_dir, episode)
        except OSError as error:
            log.warning("the failure record of %s cannot be removed: %s", episode, error)


def release_all(log_dir: Path, episodes: Iterable[str]) -> None:
    """These episodes are tried again: none of them is in quarantine any more."""
    with_record = {path.stem for path in (log_dir / FOLDER).glob("*.json")}
    for episode in episodes if with_record else ():
        if episode in with_record:
            try:
                release(log_dir, episode)
            except DatasetError as error:
                log.warning("%s; it is begun anew if the episode fails again", error)


def _tail(path: Path) -> tuple[str, ...]:
    """The last lines of a file that may not be there."""
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - TAIL_BYTES))
            return tuple(stream.read().decode(errors="replace").splitlines()[-TAIL_LINES:])
    except OSError:
        return ()
