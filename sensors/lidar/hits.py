"""What a simulator's fans report of a turn, taken apart and put into a device's order.

A turn is a hundred thousand hits ten times a second, and each step of numpy's over them reads and writes them all:
these are the steps in one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled


@compiled
def take_apart(
    numbers: NDArray[np.float32], words: NDArray[np.uint32], points_m: NDArray[np.float32],
    cos_incidence: NDArray[np.float32], tag: NDArray[np.uint8], actor_id: NDArray[np.uint32],
) -> None:
    """CARLA's points as columns, from its left-handed axes to right-handed ones.

    Args:
        numbers, words: (N, 6) the same memory: x, y, z, cosine of incidence, actor and tag.
        points_m, cos_incidence, tag, actor_id: (N, 3) and (N,), to write to.
    """
    for k in range(len(numbers)):
        points_m[k, 0], points_m[k, 1], points_m[k, 2] = numbers[k, 0], -numbers[k, 1], numbers[k, 2]
        cos_incidence[k], actor_id[k], tag[k] = numbers[k, 3], words[k, 4], np.uint8(words[k, 5])


@compiled
def of_the_device(
    row: NDArray[np.integer], beam_of_row: NDArray[np.integer], is_ego: NDArray[np.bool_],
    points_m: NDArray[np.float32], index: NDArray[np.int32], ring: NDArray[np.uint8], ahead_m: NDArray[np.float64],
    left_m: NDArray[np.float64],
) -> int:
    """Hits that the device has a beam for, without those on the ego. Returns how many there are.

    Args:
        row, is_ego, points_m: (N,), (N,) and (N, 3) all hits.
        beam_of_row: beam of each row of the fans, negative where the device has none.
        index, ring, ahead_m, left_m: (N,) to write to: which hit it is, its beam, and where it is seen from above.
    """
    count = 0
    for k in range(len(row)):
        beam = beam_of_row[row[k]]
        if beam < 0 or is_ego[k]:
            continue
        index[count], ring[count] = k, beam
        ahead_m[count], left_m[count] = points_m[k, 0], points_m[k, 1]
        count += 1
    return count


@compiled
def put_in_order(
    order: NDArray[np.intp], index: NDArray[np.int32], ring: NDArray[np.uint8], points_m: NDArray[np.float32],
    cos_incidence: NDArray[np.float32], tag: NDArray[np.uint8], actor_id: NDArray[np.uint32],
    new_points_m: NDArray[np.float32], new_cos_incidence: NDArray[np.float32], new_tag: NDArray[np.uint8],
    new_actor_id: NDArray[np.uint32], new_ring: NDArray[np.uint8],
) -> None:
    """Write (M,) hits in another order.

    Args:
        order: (M,) into ``index`` and ``ring``, which are as ``of_the_device`` has them.
    """
    for k in range(len(order)):
        one = order[k]
        hit = index[one]
        for axis in range(3):
            new_points_m[k, axis] = points_m[hit, axis]
        new_cos_incidence[k], new_tag[k], new_actor_id[k] = cos_incidence[hit], tag[hit], actor_id[hit]
        new_ring[k] = ring[one]
