"""Take actors out of a world, whatever their age.

Not by ``carla.Actor.destroy``: it first looks up the actor's state in the last snapshot and does nothing if that says
"invalid". An actor that has not lived through a tick is in no snapshot; client 0.9.16 then decides by a field that
nobody has set, and now and then the actor stays. The command asks the server and nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import carla

from simgen.capture.session import as_simulator_errors
from simgen.errors import SimulatorError

log = logging.getLogger(__name__)


def destroy(client: carla.Client, actors: Sequence[carla.Actor]) -> None:
    """End actors in the order given, in one call. A refusal does not save those after it.

    Raises SimulatorError that names whom the server would not end, SimulatorLost if it is gone.
    """
    if not actors:
        return
    with as_simulator_errors("cannot take actors out of the world"):
        answers = client.apply_batch_sync([carla.command.DestroyActor(actor.id) for actor in actors], False)
    refusals = [f"{actor.type_id} {actor.id}: {answer.error}"
                for actor, answer in zip(actors, answers, strict=True) if answer.error]
    if refusals:
        raise SimulatorError(f"the server does not take out of the world {'; '.join(refusals)}")


@contextmanager
def destroyed_at_end(client: carla.Client, actors: list[carla.Actor], must: bool = False) -> Iterator[None]:
    """Destroy whatever is in ``actors`` when the block ends, last born first, also after an error.

    must: if the block went well, raise what ``destroy`` raises; otherwise that is only logged, so that it hides no
    error of the block and costs no episode that is complete.
    """
    well = False
    try:
        yield
        well = True
    finally:
        try:
            destroy(client, actors[::-1])
        except SimulatorError as error:
            if must and well:
                raise
            log.warning("%s", error)
