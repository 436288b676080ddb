"""At the end of a run: servers of somebody else whose worker was killed are put back as they were found."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from simgen.capture import GuestBook
from simgen.errors import SimulatorError
from simgen.fleet.slot import Slot
from simgen.fleet.slots import require_reachable

log = logging.getLogger(__name__)


def leave_as_found(slots: Sequence[Slot], log_dir: Path) -> None:
    """Workers that end in order have done so themselves; what others left is done here. Warns of what cannot be."""
    for slot in slots:
        book = None if slot.endpoint is None else GuestBook(log_dir, slot.endpoint)
        if book is not None and book.open:
            try:
                require_reachable([slot])       # the client library would wait half a minute for a server that is gone
                book.leave()
            except (SimulatorError, OSError) as error:
                log.warning("%s may not be as it was found: %s", slot, error)
