"""What a body looks like from above: its rectangle, with a nose that says where its front is."""

from __future__ import annotations

import numpy as np

from simgen.report.preview import looks
from simgen.report.preview.marks import Shape
from simgen.report.preview.scene import Player


def body_color(player: Player) -> str:
    """By its sort; paler for the background."""
    return (looks.SORTS if player.kept else looks.PALE)[player.sort]


def body_shapes(player: Player, scale: float, fill: str | None, opacity: float = 1.0) -> tuple[Shape, ...]:
    """A body at the origin, heading along +x, in pixels: its rectangle, with a nose that says where its front is."""
    body = player.body
    rear, front, half = body.rear_m * scale, body.front_m * scale, body.width_m / 2 * scale
    outline = np.array([(front, -half), (front, half), (rear, half), (rear, -half)])
    color = body_color(player)
    shapes = [Shape(outline, fill, looks.PAPER if fill else color, 1.0 if fill else 1.6, opacity=opacity)]
    if player.sort != "thing":
        tip = min(0.3 * (front - rear), 0.75 * half)
        nose = np.array([(front - 1.5, 0.0), (front - 1.5 - tip, -0.6 * half), (front - 1.5 - tip, 0.6 * half)])
        shapes.append(Shape(nose, looks.PAPER if fill else color, opacity=0.9 * opacity if fill else 0.7))
    return tuple(shapes)
