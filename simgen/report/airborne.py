"""Points that no surface gave: their colours, and the words that say how many there are of which kind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.report.palette import CAUSES, Color
from simgen.report.scene import Scene


def in_the_air(scene: Scene) -> NDArray[np.bool_]:
    """(N,) what fog, drops, flakes, spray, dust and noise gave, as far as the dataset says."""
    if scene.cause is None:
        return np.zeros(len(scene.points), np.bool_)
    return np.asarray(np.isin(scene.cause, list(CAUSES)))


def paint_causes(colors: NDArray[np.uint8], scene: Scene) -> None:
    """Give such points the colours of their causes, in (N, 3) colours of all."""
    if scene.cause is not None:
        for number, (_, color) in CAUSES.items():
            colors[scene.cause == number] = color


def told(scene: Scene) -> list[tuple[str, Color]]:
    """"375 snowflakes" and the colour they have, of each kind that occurs."""
    if scene.cause is None:
        return []
    counts = np.bincount(scene.cause, minlength=max(CAUSES) + 1)
    return [(f"{counts[number]:,} {name}".replace(",", " "), color)
            for number, (name, color) in CAUSES.items() if counts[number]]
