"""Which number an instance camera shows for a thing: the three ways of CARLA servers, and what each is good for.

* ``actor`` (0.9.16): the actor's id; here the level has 0.
* ``engine`` (0.9.15 and before): a number of the engine's own, which has nothing to do with the actor's id.
* ``wrapped``: the actor's id on a server that has run for long. Ids begin just below 65536, of which a picture keeps
  the low 16 bits: they start again from 0 and meet the numbers of the level.

In the last two the level has numbers as well, as on a CARLA server, small ones: whoever takes a pixel's number for an
actor's id finds roads and parked cars.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray

_BITS = 0xFFFF                  # what a picture keeps of a number
_WRAPPED_FIRST_ID = 0x10000 - 8
_FIRST_ID = 2                   # 1 is the spectator
_STRIDE, _START = 40_503, 25_173      # odd, so that no two ids below 65536 get one engine number


class InstanceIds(str, Enum):
    """How an instance camera numbers things."""

    ACTOR = "actor"
    ENGINE = "engine"
    WRAPPED = "wrapped"


def first_actor_id(ids: InstanceIds) -> int:
    """The id of an episode's first actor."""
    return _WRAPPED_FIRST_ID if ids is InstanceIds.WRAPPED else _FIRST_ID


def shown_numbers(
    ids: InstanceIds, tag: NDArray[np.uint8], actor_id: NDArray[np.uint32], instance: NDArray[np.int32]
) -> NDArray[np.uint32]:
    """(H, W) numbers below 65536. Of the level, ground and buildings have even ones, one for each semantic tag, and
    single things (parked cars first, then trees and the like) odd ones. The sky has 0.

    tag, actor_id:  (H, W), of each pixel; actor 0 is the level.
    instance:       (H, W) number of the scene's instance: 0 ground and buildings, then the level's single things, which
                    keep theirs as long as the level is loaded; -1 the sky.
    """
    number = actor_id
    if ids is not InstanceIds.ACTOR:
        own = actor_id * np.uint32(_STRIDE) + np.uint32(_START) if ids is InstanceIds.ENGINE else actor_id
        level = np.where(instance > 0, 2 * instance + 1, np.where(instance == 0, 2 * tag.astype(np.int32), 0))
        number = np.where(actor_id > 0, own, level).astype(np.uint32)
    shown: NDArray[np.uint32] = number & np.uint32(_BITS)
    return shown
