"""How a deciduous tree branches: a trunk, limbs that reach for the crown's outline, boughs, twigs and sprays.

All branches of one order are grown at once, each a path of points with a radius at each. Limbs end on the crown's
outline, so that a tree keeps the shape of its kind; finer orders leave their parent to both sides and a little at
random, and turn up to the light or hang, as the kind does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Material
from simgen.localsim.places.shapes import MeshBuilder, cross, grid_faces

Array = NDArray[np.float64]

TWIG = 2.0                  # parameter of a twig's bark
_UP = np.array([0.0, 0.0, 1.0])
_GOLDEN_RAD = 2.4           # about the angle between one bud and the next
_THINNEST_M = (0.0, 0.022, 0.013, 0.0075, 0.0045)       # radius at the foot of a branch of each order, at least
_TRUNK_NODES = 11


@dataclass(frozen=True, eq=False, slots=True)
class Habit:
    """How a kind of tree grows.

    height_m:  of the whole tree.
    stem:      share of the height below the first limbs.
    leader:    share of the height up to which the trunk can be told from its limbs.
    radius_m:  of the crown where it is widest.
    widest:    where in the crown that is, 0 its foot … 1 its top.
    bow:       how far limbs arch up between foot and tip, in lengths; negative: they sag.
    crook:     how crooked everything is.
    lift:      how much limbs' children turn up on their way; negative: they hang.
    limbs, boughs, twigs, sprays:  how many, each on one branch of the order before.
    girth:     radius of the trunk at breast height, in heights.
    bark:      parameter of the bark: 0 furrowed, 1 a birch's.
    """

    height_m: float
    stem: float
    leader: float
    radius_m: float
    widest: float
    bow: float
    crook: float
    lift: float
    limbs: int = 20
    boughs: int = 7
    twigs: int = 5
    sprays: int = 4
    girth: float = 0.016
    bark: float = 0.0


@dataclass(frozen=True, eq=False, slots=True)
class Order:
    """All branches of one order.

    paths:     (N, K, 3) from foot to tip.
    radii:     (N, K) metres.
    """

    paths: Array
    radii: Array


def grow(habit: Habit, rng: np.random.Generator) -> tuple[Order, ...]:
    """Trunk, limbs, boughs, twigs and sprays of a tree that stands at the origin.

    Each order draws from a generator of its own, so that one can be left out without changing those before it.
    """
    trunk_rng, limb_rng, *finer = rng.spawn(5)
    orders = [_trunk(habit, trunk_rng)]
    orders.append(_limbs(habit, orders[0], limb_rng))
    shapes = (          # children, first and last place on the parent, length, steps, angle, lift
        (habit.boughs, (0.20, 0.99), 0.40, 4, 0.80, 0.5 * habit.lift),
        (habit.twigs, (0.22, 1.0), 0.50, 2, 0.72, habit.lift),
        (habit.sprays, (0.25, 1.0), 0.52, 1, 0.65, habit.lift),
    )
    for number, (children, span, share, steps, angle, lift) in enumerate(shapes, start=2):
        orders.append(_children(orders[-1], children, span, share, steps, angle, lift, habit.crook,
                                _THINNEST_M[number], finer[number - 2]))
    return tuple(orders)


def offshoots(parent: Order, per: int, share: float, thinnest_m: float, rng: np.random.Generator) -> Order:
    """Straight twigs along all branches of ``parent``: ``per`` on each, a ``share`` of its length long."""
    return _children(parent, per, (0.25, 1.0), share, 1, 0.6, 0.1, 1.0, thinnest_m, rng)


def crown_radius(share: Array, widest: float) -> Array:
    """Radius of a crown at a share (N,) of its height, relative to its widest."""
    x = np.where(share < widest, share / widest - 1.0, (share - widest) / (1.0 - widest))
    return np.sqrt(np.maximum(1.0 - x * x, 0.0)) * 0.82 + 0.18 * (1.0 - share)


def _trunk(habit: Habit, rng: np.random.Generator) -> Order:
    height = habit.leader * habit.height_m
    share = np.linspace(0.0, 1.0, _TRUNK_NODES)
    drift = np.cumsum(rng.normal(size=(_TRUNK_NODES, 2)), axis=0)
    drift -= drift[0]
    path = np.column_stack([drift * (0.022 * habit.crook * height), share * height])
    radii = habit.girth * habit.height_m * (1.0 - 0.78 * share**1.15)
    radii[0] *= 1.5                                                 # the root collar
    return Order(path[None], radii[None])


def _limbs(habit: Habit, trunk: Order, rng: np.random.Generator) -> Order:
    count, nodes = habit.limbs, 7
    crown = (np.arange(count) + rng.uniform(0.1, 0.9, count)) / count           # 0 its foot … 1 its top
    foot_share = (habit.stem + (habit.leader - habit.stem) * crown**0.9) / habit.leader
    foot, thick, _ = _at(trunk, np.zeros(count, int), foot_share)
    turn = rng.uniform(0.0, 2.0 * np.pi) + _GOLDEN_RAD * np.arange(count) + rng.normal(size=count) * 0.25
    stem_m, crown_m = habit.stem * habit.height_m, (1.0 - habit.stem) * habit.height_m
    tip_share = 0.10 + 0.90 * crown**1.05
    reach = habit.radius_m * crown_radius(tip_share, habit.widest) * rng.uniform(0.80, 1.08, count)
    tip = np.stack([reach * np.cos(turn), reach * np.sin(turn), stem_m + crown_m * tip_share], axis=1)
    tip[:, :2] += trunk.paths[0, -1, :2]
    tip[:, 2] = np.minimum(tip[:, 2] * rng.uniform(0.95, 1.03, count), habit.height_m)
    way = tip - foot
    length = np.linalg.norm(way, axis=1)
    t = np.linspace(0.0, 1.0, nodes)
    arch = habit.bow * 4.0 * t * (1.0 - t) * rng.uniform(0.5, 1.5, (count, 1)) * length[:, None]
    bend = np.cumsum(rng.normal(size=(count, nodes, 3)), axis=1) * (0.042 * habit.crook * length)[:, None, None]
    bend -= bend[:, :1]
    bend -= t[None, :, None] * bend[:, -1:] * 0.7
    paths = foot[:, None] + t[None, :, None] * way[:, None] + bend
    paths[:, :, 2] += arch
    root = np.maximum(np.minimum(0.62 * thick, 0.015 * length + 0.012), _THINNEST_M[1])
    return Order(paths, root[:, None] * (1.0 - 0.82 * t**0.8))


def _children(
    parent: Order, per: int, span: tuple[float, float], share: float, steps: int, angle: float, lift: float,
    crook: float, thinnest_m: float, rng: np.random.Generator,
) -> Order:
    """The next order: ``per`` branches on each parent, to its left and right in turn, shorter towards its tip."""
    count = len(parent.paths) * per
    owner = np.repeat(np.arange(len(parent.paths)), per)
    rank = np.tile(np.arange(per), len(parent.paths))
    u = span[0] + (span[1] - span[0]) * (rank + rng.uniform(0.15, 0.85, count)) / per
    foot, thick, ahead = _at(parent, owner, u)
    left = cross(np.broadcast_to(_UP, ahead.shape), ahead)
    left = np.where(np.linalg.norm(left, axis=1, keepdims=True) > 0.2, left, [1.0, 0.0, 0.0])
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    above = cross(ahead, left)
    side = np.where((rank + owner) % 2 == 0, 1.0, -1.0)
    tilt = rng.normal(size=count) * 0.65 + 0.25
    out = left * (side * np.cos(tilt))[:, None] + above * np.sin(tilt)[:, None]
    spread = angle * rng.uniform(0.7, 1.3, count) * (1.1 - 0.45 * u)
    heading = ahead * np.cos(spread)[:, None] + out * np.sin(spread)[:, None]
    own_m = np.linalg.norm(np.diff(parent.paths, axis=1), axis=2).sum(axis=1)[owner]
    length = own_m * share * (1.12 - 0.62 * u) * rng.uniform(0.75, 1.25, count)
    points = [foot]
    for _ in range(steps):
        heading = heading + rng.normal(size=heading.shape) * (0.16 * crook) + lift * _UP
        heading /= np.linalg.norm(heading, axis=1, keepdims=True)
        points.append(points[-1] + heading * (length / steps)[:, None])
    root = np.maximum(np.minimum(0.6 * thick, 0.020 * length + 0.004), thinnest_m)
    taper = np.linspace(1.0, 0.30, steps + 1)
    return Order(np.stack(points, axis=1), root[:, None] * taper)


def _at(parent: Order, owner: NDArray[np.int_], u: Array) -> tuple[Array, Array, Array]:
    """Points (N, 3), radii (N,) and directions (N, 3) on the owners' paths at shares ``u`` of their nodes."""
    last = parent.paths.shape[1] - 1
    first = np.minimum((u * last).astype(int), last - 1)
    rest = u * last - first
    a, b = parent.paths[owner, first], parent.paths[owner, first + 1]
    along = (b - a) / (np.linalg.norm(b - a, axis=1, keepdims=True) + 1e-12)
    thick = parent.radii[owner, first] * (1.0 - rest) + parent.radii[owner, first + 1] * rest
    return a + (b - a) * rest[:, None], thick, along


def add_round(builder: MeshBuilder, order: Order, sides: int, bark: float) -> None:
    """Branches as tubes of so many sides, open at their ends."""
    angle = np.linspace(0.0, 2.0 * np.pi, sides + 1)
    _sweep(builder, order, np.cos(angle), np.sin(angle), bark)


def add_ridged(builder: MeshBuilder, order: Order, bark: float) -> None:
    """Twigs as roofs: two faces that meet in a ridge on the upper side, which ends at the tip in a point. Seen from
    anywhere they are about as wide as a tube."""
    angle = np.array([-0.6, 0.5 * np.pi, np.pi + 0.6])
    pointed = Order(order.paths, order.radii * np.append(np.ones(order.radii.shape[1] - 1), 0.0))
    _sweep(builder, pointed, np.cos(angle), np.sin(angle), bark)


def _sweep(builder: MeshBuilder, order: Order, across: Array, up: Array, bark: float) -> None:
    """A profile (P,) drawn along all branches; its ``up`` is the upper side of what lies flat."""
    count, nodes = order.radii.shape
    tangent = np.gradient(order.paths, axis=1)
    tangent /= np.linalg.norm(tangent, axis=2, keepdims=True) + 1e-30
    mean = tangent.mean(axis=1)
    # One reference a branch, so that its rings do not turn against each other.
    reference = np.where(np.abs(mean[:, 2:]) < 0.9, _UP, [1.0, 0.0, 0.0])
    x = cross(tangent, np.broadcast_to(reference[:, None], tangent.shape))
    x /= np.linalg.norm(x, axis=2, keepdims=True) + 1e-30
    y = cross(x, tangent)
    ring = across[:, None] * x[:, :, None] + up[:, None] * y[:, :, None]          # (N, K, P, 3)
    points = order.paths[:, :, None] + ring * order.radii[:, :, None, None]
    step = np.linalg.norm(np.diff(order.paths, axis=1), axis=2)
    along = np.concatenate([np.zeros((count, 1)), np.cumsum(step, axis=1)], axis=1)
    round_m = np.linspace(0.0, 2.0 * np.pi, len(across)) * order.radii.max(axis=1, keepdims=True)
    uv = np.stack(np.broadcast_arrays(round_m[:, None, :], along[:, :, None]), axis=-1)
    pattern = grid_faces(nodes, len(across))
    faces = pattern[None] + (nodes * len(across) * np.arange(count))[:, None, None]
    builder.add(points, ring, uv, faces, Material.BARK, bark)
