"""CARLA's semantic tags as SemanticKITTI's classes, for each point of a sweep."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from simgen.kitti.points import of_surfaces, point_labels, split_point_labels

# CARLA 0.9.14 and later → SemanticKITTI. Animals are Dynamic (21): SemanticKITTI has no class for them.
CLASS_OF_TAG = {
    1: 40, 2: 48, 3: 50, 4: 52, 5: 51, 6: 80, 7: 99, 8: 81, 9: 70, 10: 72,      # road … traffic sign, plants, terrain
    12: 30, 13: 31, 14: 10, 15: 18, 16: 13, 17: 16, 18: 15, 19: 11,             # person, rider, vehicles
    20: 99, 21: 99, 22: 99, 24: 60, 25: 49, 26: 52, 27: 49, 28: 51, 29: 99,     # things, road line, ground, structures
}
RIDER_TAG, MOTORCYCLE_TAG = 13, 18
OUTLIER = 1
BICYCLIST, MOTORCYCLIST = 31, 32

_CLASSES = np.zeros(256, dtype=np.uint32)       # 0, unlabelled, for whatever is not in the table: sky, water
for _tag, _class in CLASS_OF_TAG.items():
    _CLASSES[_tag] = _class


def motorcycles(sweeps: Iterable[NDArray[np.uint32]]) -> frozenset[int]:
    """Instance numbers that have a point on a motorcycle anywhere in an episode: their riders are motorcyclists.

    Args:
        sweeps: (N,) point labels of each frame, as stored.
    """
    found: set[int] = set()
    for labels in sweeps:
        tag, instance = split_point_labels(labels)
        found |= set(np.unique(instance[tag == MOTORCYCLE_TAG]).tolist())
    return frozenset(found - {0})


def semantickitti_labels(
    labels: NDArray[np.uint32], ridden: frozenset[int], causes: NDArray[np.void] | None = None
) -> NDArray[np.uint32]:
    """(N,) SemanticKITTI class in the low 16 bits; the instance in the high ones stays.

    Classes are those of single sweeps: SemanticKITTI's separate numbers for what moves are not used.

    Args:
        labels: (N,) as stored: CARLA's tag and the instance.
        ridden: instances that are motorcycles, from ``motorcycles``.
        causes: (N,) ``CAUSE_ROW`` of a measured sweep: fog, drops, flakes, spray, dust and noise are outliers.
    """
    tag, instance = split_point_labels(labels)
    classes = _CLASSES[tag]
    classes[(tag == RIDER_TAG) & np.isin(instance, sorted(ridden))] = MOTORCYCLIST
    if causes is not None:
        classes[~of_surfaces(causes)] = OUTLIER
    return point_labels(classes.astype(np.uint8), instance)
