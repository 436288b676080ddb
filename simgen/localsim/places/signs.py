"""Road signs: posts with faces, boards with names and distances, chevrons; where a road's own shape asks for them."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.lettering import LIMITS, symbol, word
from simgen.localsim.mesh import Material
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.roadway import Stretch
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.underpass import clear_of_underpasses

Array = NDArray[np.float64]

_UP = np.array([0.0, 0.0, 1.0])
_DRIVEN = (Material.ASPHALT, Material.CURB)
SIZE_M = 0.34             # from a face's middle to its rim
KERB_M, VERGE_M = 0.55, 1.7       # a post's distance from the carriageway: on a pavement, on a verge
CROSSING_M = 1.4          # a crosswalk's sign stands this far before it
CURVED = 1.0 / 160.0      # per metre: bends that are warned of
TIGHT = 1.0 / 125.0       # … and that have chevrons on their outside
BEFORE_BEND_M = 90.0
CHEVRON_EVERY_M = 22.0
DEER_EVERY_M = 900.0
BEND_KMH = 70


class Face(IntEnum):
    """What Material.SIGN shows: its parameter modulo 16; the word or symbol on it is the parameter over 16."""

    LIMIT = 0
    WARNING = 1
    STOP = 2
    YIELD = 3
    CROSSING = 4
    TOWN = 5
    BLUE = 6
    PRIORITY = 7
    NO_STOPPING = 8
    PARKING = 9
    CHEVRON = 10
    BUS_STOP = 11


def face(kind: Face, shown: int = 0) -> float:
    """The parameter of a face's triangles."""
    return float(int(kind) + 16 * shown)


def limit(kmh: float) -> float:
    """The face of a speed limit: a multiple of 5 up to 130; ValueError for any other."""
    figures = f"{kmh:g}"
    if figures not in LIMITS:
        raise ValueError(f"no sign shows a limit of '{figures}' km/h; there are multiples of 5 up to 130")
    return face(Face.LIMIT, word(figures))


# The rims of faces in [-1, 1].
_CIRCLE = np.linspace(0.0, 2.0 * np.pi, 29)[:-1]
_RIMS = {
    "round": np.column_stack([np.cos(_CIRCLE), np.sin(_CIRCLE)]),
    "octagon": np.column_stack([np.cos(a := np.pi / 8 + np.arange(8) * np.pi / 4), np.sin(a)]),
    "up": np.column_stack([np.cos(b := np.pi / 2 + np.arange(3) * 2 * np.pi / 3), np.sin(b)]),
    "down": np.column_stack([np.cos(b), -np.sin(b)])[::-1],
    "square": np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]),
    "diamond": np.array([(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)]),
}
_SHAPES = {
    Face.WARNING: ("up", 1.4), Face.STOP: ("octagon", 1.15), Face.YIELD: ("down", 1.4), Face.CROSSING: ("square", 0.95),
    Face.PRIORITY: ("diamond", 1.25), Face.PARKING: ("square", 0.9), Face.CHEVRON: ("square", 0.8),
}


def sign(builder: MeshBuilder, foot: Array, facing: Array, what: float, height: float = 2.3) -> None:
    """A sign on a post; ``facing`` (3,) is the horizontal unit vector its face looks along, ``what`` a ``face``."""
    shape, scale = _SHAPES.get(Face(int(what) % 16), ("round", 0.95))
    builder.tube([foot - 0.3 * _UP, foot + (height + 0.25) * _UP], 0.032, Material.POLE, sides=8)
    right = np.cross(_UP, facing)
    rim = _RIMS[shape]
    centre = foot + height * _UP + 0.06 * facing
    front = centre + SIZE_M * scale * (rim[:, :1] * right + rim[:, 1:] * _UP)
    k = np.arange(1, len(rim) - 1)
    triangles = np.stack([np.zeros_like(k), k, k + 1], axis=1)
    builder.add(front, np.broadcast_to(facing, front.shape), rim, triangles, Material.SIGN, what)
    builder.fan((front - 0.02 * facing)[::-1], -facing, Material.METAL)


def board(
    builder: MeshBuilder, foot: Array, facing: Array, lines: tuple[str, ...], kind: Face, letters_m: float,
    low_m: float, posts: bool = True,
) -> None:
    """A board of words, one a line, its lower edge ``low_m`` above ``foot`` in its middle.

    letters_m:  height of a line; capitals are 0.6 of it.
    """
    right = np.cross(_UP, facing)
    half = letters_m * min(3.0, 0.24 * max(map(len, lines)) + 0.45)
    for k, text in enumerate(lines):
        middle = foot + (low_m + (len(lines) - k - 0.5) * letters_m) * _UP + 0.05 * facing
        x, y = half * np.array([-1.0, 1.0, 1.0, -1.0]), 0.5 * letters_m * np.array([-1.0, -1.0, 1.0, 1.0])
        corners = middle + x[:, None] * right + y[:, None] * _UP
        builder.quads([corners], Material.SIGN, face(kind, word(text)), [np.stack([x, y], axis=1) / letters_m])
    high = low_m + len(lines) * letters_m
    centre = foot + 0.5 * (low_m + high) * _UP
    yaw = float(np.arctan2(facing[1], facing[0]))
    builder.boxes([centre], [0.035, half + 0.03, 0.5 * (high - low_m) + 0.03], Material.METAL, yaw)
    if posts:
        for aside in (-0.7 * half, 0.7 * half):
            at = foot + aside * right - 0.06 * facing
            builder.tube([at - 0.4 * _UP, at + high * _UP], 0.04, Material.POLE, sides=8)


def put_up_signs(builder: MeshBuilder, stretches: tuple[Stretch, ...], roads: Ground) -> None:
    """The file's own signs that inform or warn, one at each crosswalk, and those that bends and woods ask for.

    roads:  all roads' surfaces; no sign is put on another road's carriageway.
    """
    for stretch in stretches:
        if not stretch.strips or stretch.in_junction:
            continue
        road = stretch.road
        for signal in road.signals:
            what = _SIGNALS.get(signal.kind)
            if what is not None and stretch.s[0] <= signal.s <= stretch.s[-1]:
                post(builder, stretch, roads, signal.s, signal.faces_forward, what)
        for crossing in (thing for thing in road.objects if thing.kind == "crosswalk"):
            along = [s for s, _ in crossing.outline] or [crossing.s]
            for forward, s in ((True, min(along) - CROSSING_M), (False, max(along) + CROSSING_M)):
                if stretch.s[0] + 1.0 < s < stretch.s[-1] - 1.0:
                    post(builder, stretch, roads, s, forward, face(Face.CROSSING, symbol("pedestrian")))
        if any(x.lane.kind == "parking" for x in stretch.strips):
            for forward, share in ((True, 0.25), (False, 0.75)):
                post(builder, stretch, roads, float(stretch.s[0] + share * (stretch.s[-1] - stretch.s[0])), forward,
                     face(Face.PARKING, word("P")))
        elif road.setting == "rural":
            _warn(builder, stretch, roads)


# OpenDRIVE signal types: German road sign numbers, as RoadRunner and CARLA use them. Signs that rule are
# actors (``signals``).
_SIGNALS = {
    "101": face(Face.WARNING, symbol("exclamation")),
    "142": face(Face.WARNING, symbol("deer")), "103": face(Face.WARNING, symbol("bend")), "306": face(Face.PRIORITY),
    "350": face(Face.CROSSING, symbol("pedestrian")), "314": face(Face.PARKING, word("P")),
    "136": face(Face.WARNING, symbol("children")), "133": face(Face.WARNING, symbol("pedestrian")),
}


def post(
    builder: MeshBuilder, stretch: Stretch, roads: Ground, s: float, forward: bool, what: float,
    below: float | None = None,
) -> None:
    """A sign for traffic along the reference line (or against it), at the edge on that traffic's own side, perhaps
    with a second face below."""
    foot, facing = _place(stretch, s, -1.0 if forward == stretch.road.right_hand else 1.0, forward, VERGE_M)
    if roads.surface(foot[None, :2])[0] in _DRIVEN:
        return
    sign(builder, foot, facing, what, 2.3 if below is None else 2.65)
    if below is not None:
        sign(builder, foot, facing, below, 1.95)


def _place(stretch: Stretch, s: float, side: float, forward: bool, verge_m: float) -> tuple[Array, Array]:
    """(foot, facing) beside the carriageway on a side, to be read by traffic that drives ``forward`` or back."""
    strip = stretch.strips[0] if side > 0 else stretch.strips[-1]
    if strip.material == Material.SIDEWALK:
        t = (strip.t_right if side > 0 else strip.t_left) + side * KERB_M
        lift = strip.lift_right if side > 0 else strip.lift_left
    else:
        t, lift = (strip.t_left if side > 0 else strip.t_right) + side * verge_m, np.full_like(stretch.s, -0.1)
    at = np.array([s])
    foot = stretch.at(at, np.interp(at, stretch.s, t), np.interp(at, stretch.s, lift))[0]
    heading = float(np.interp(s, stretch.s, stretch.heading))
    ahead = np.array([np.cos(heading), np.sin(heading), 0.0])
    return foot, -ahead if forward else ahead


def _warn(builder: MeshBuilder, stretch: Stretch, roads: Ground) -> None:
    """Along a country road: bends with a warning before and chevrons outside, and deer."""
    s = np.arange(stretch.s[0] + 5.0, stretch.s[-1] - 5.0, 2.0)
    if len(s) < 30:
        return
    turn = np.interp(s, stretch.s, np.gradient(stretch.heading, stretch.s))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], np.abs(turn) > CURVED, [False]]).astype(int)))
    for first, last in zip(s[edges[::2]].tolist(), s[edges[1::2] - 1].tolist(), strict=True):
        for forward, before in ((True, first - BEFORE_BEND_M), (False, last + BEFORE_BEND_M)):
            if _free(stretch, before):
                post(builder, stretch, roads, before, forward, face(Face.WARNING, symbol("bend")), limit(BEND_KMH))
        outside = -float(np.sign(np.interp(0.5 * (first + last), s, turn)))
        for at in np.arange(first + 6.0, last - 5.0, CHEVRON_EVERY_M):
            if abs(np.interp(at, s, turn)) > TIGHT and _free(stretch, at):
                for forward in (True, False):
                    foot, facing = _place(stretch, float(at), outside, forward, 1.5)
                    if roads.surface(foot[None, :2])[0] in _DRIVEN:
                        continue
                    to_the_right = (outside > 0.0) == forward
                    sign(builder, foot, facing, face(Face.CHEVRON, int(to_the_right)), 0.95)
    straight = [x for x in np.arange(stretch.s[0] + 160.0, stretch.s[-1] - 60.0, DEER_EVERY_M) if _free(stretch, x)]
    for k, here in enumerate(straight):
        post(builder, stretch, roads, float(here), k % 2 == 0, face(Face.WARNING, symbol("deer")))


def _free(stretch: Stretch, s: float) -> bool:
    inside = stretch.s[0] + 2.0 < s < stretch.s[-1] - 2.0
    return bool(inside and clear_of_underpasses(stretch, np.array([s]))[0])
