"""Farms in the open country and a village church on the horizon: seen from the road, never near it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.places.facades import Wall, plain
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.relief import Relief
from simgen.localsim.places.roofs import Slopes, pitched_roof
from simgen.localsim.places.scenery import on_ground, stand
from simgen.localsim.places.settlement import Occupied
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.styles import Clad, Paint, Pane, Style
from simgen.localsim.places.woods import Woodland

Array = NDArray[np.float64]

FARM_FROM_ROAD_M = (75.0, 190.0)
CHURCH_FROM_ROAD_M = (300.0, 520.0)
FARM_RADIUS_M, CHURCH_RADIUS_M = 34.0, 45.0
FARMS = 5
TRIES = 400
OPEN = -0.06              # how far outside the forest
LEVEL_M = 5.0             # the ground under one may differ so much in height
SUNK_M = 0.2              # floors lie so far below the ground in the middle
FOUNDATION_M = 6.0        # how deep walls reach
BUILDING_TAG = 3          # CARLA's Building
_UP = np.array([0.0, 0.0, 1.0])


def farm_meshes() -> dict[str, Mesh]:
    """A farm and a village with a church, feet at the origin."""
    return {"farm": _farm(), "village": _village()}


def settle_farms(
    relief: Relief, wood: Woodland, ground: Ground, occupied: Occupied, bounds: tuple[Array, Array],
    rng: np.random.Generator,
) -> list[Instance]:
    """Some farms in sight of the roads and a village farther off, where no forest grows; marks what they take."""
    low, high = bounds
    found: list[Instance] = []
    for key, count, radius, (near, far) in (
        ("farm", FARMS, FARM_RADIUS_M, FARM_FROM_ROAD_M), ("village", 2, CHURCH_RADIUS_M, CHURCH_FROM_ROAD_M),
    ):
        xy = rng.uniform(low - far, high + far, (TRIES, 2))
        yaw = rng.uniform(0.0, 2.0 * np.pi, TRIES)
        around = radius * np.array([(0.0, 0.0), (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])
        probes = (xy[:, None] + around).reshape(-1, 2)
        distance = relief.distance(xy)
        height = ground.height(probes).reshape(TRIES, -1)
        open_land = wood.excess(probes).reshape(TRIES, -1).max(axis=1) < OPEN
        level = np.ptp(height, axis=1) < LEVEL_M
        good = np.flatnonzero((distance > near) & (distance < far) & open_land & level)
        for k in good:
            outline = xy[k] + radius * np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
            apart = all(np.linalg.norm(xy[k] - x.world_from_mesh[:2, 3]) > 8.0 * radius for x in found)
            if count and apart and occupied.is_free(outline):
                occupied.take(outline)
                foot = on_ground(ground, xy[k : k + 1]) - [0.0, 0.0, SUNK_M]
                found += stand([key], foot, yaw[k : k + 1], np.ones(1), tag=BUILDING_TAG)
                count -= 1
    return found


def _hall(
    builder: MeshBuilder, corner: Array, yaw: float, size: tuple[float, float, float], pitch: float, style: Style,
    rng: np.random.Generator,
) -> None:
    """A building without windows to speak of: four walls and a ridge roof. size: length, depth, height of its walls."""
    length, depth, height = size
    along = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    back = np.cross(_UP, along)
    corners = [corner, corner + along * length, corner + along * length + back * depth, corner + back * depth]
    for k, (direction, wide) in enumerate(zip((along, back, -along, -back), (length, depth) * 2, strict=True)):
        plain(builder, Wall(corners[k], direction, wide, style.material, style.colour), -FOUNDATION_M, height)
    slopes = Slopes(corner + height * _UP, along, back, length, depth, pitch, (False, False))
    pitched_roof(builder, slopes, style, height, False, rng)


def _farm() -> Mesh:
    """A house, a barn of boards with a gate, a shed and two silos round a yard."""
    builder, rng = MeshBuilder(), np.random.default_rng(21)
    house = Style(Material.PLASTER, 0.1, None, Pane.CROSS, Paint.WHITE, (1.2, 0.9, 1.4), 3.0)
    barn = Style(Material.PLASTER, Clad.BOARDS + 0.15, None, Pane.CROSS, Paint.WHITE, (1.2, 0.9, 1.4), 3.0)
    shed = Style(Material.PLASTER, Clad.BOARDS + 0.5, None, Pane.CROSS, Paint.WHITE, (1.2, 0.9, 1.4), 3.0)
    _hall(builder, np.array([-20.0, -14.0, 0.0]), 0.0, (14.0, 9.5, 5.6), 0.85, house, rng)
    _hall(builder, np.array([2.0, 4.0, 0.0]), 0.0, (24.0, 13.0, 5.4), 0.75, barn, rng)
    _hall(builder, np.array([-22.0, 6.0, 0.0]), 0.0, (17.0, 8.0, 3.4), 0.5, shed, rng)
    front = Wall(np.array([-20.0, -14.0, 0.0]), np.array([1.0, 0.0, 0.0]), 14.0, Material.PLASTER, 0.1)
    back = Wall(np.array([-6.0, -4.5, 0.0]), np.array([-1.0, 0.0, 0.0]), 14.0, Material.PLASTER, 0.1)
    for wall in (front, back):
        x, z = (g.ravel() for g in np.meshgrid(np.arange(1.5, 13.0, 2.6), (0.9, 3.4)))
        size, tall = 12.0 + 64.0 * 14.0, 1.4
        uv = np.array([[0.0, 0.0], [1.2, 0.0], [1.2, tall], [0.0, tall]])
        uv[:, 0] += 16.0 * int(Pane.CROSS)
        corners = wall.points(np.stack([x, x + 1.2, x + 1.2, x], 1), np.stack([z, z, z + tall, z + tall], 1), 0.02)
        builder.quads(corners, Material.WINDOW, size + np.floor(rng.random(len(x)) * 500.0) / 512.0,
                      np.broadcast_to(uv, (len(x), 4, 2)))
    gate = Wall(np.array([2.0, 4.0, 0.0]), np.array([1.0, 0.0, 0.0]), 24.0, Material.PLASTER, 0.1)
    for left in (4.0, 15.0):
        builder.quads([gate.points(left + np.array([0.0, 4.6, 4.6, 0.0]), np.array([0.0, 0.0, 4.2, 4.2]), 0.03)],
                      Material.DOOR, 3.3)
    for x in (29.0, 34.0):
        path = [[x, -6.0, z] for z in (-FOUNDATION_M, 11.0, 12.1, 12.4)]
        builder.tube(path, [2.1, 2.1, 1.3, 0.2],
                     Material.FRAME, sides=18, parameter=float(Paint.ZINC))
    return builder.mesh()


def _village() -> Mesh:
    """A church with a pointed tower among a few houses."""
    builder, rng = MeshBuilder(), np.random.default_rng(22)
    stone = Style(Material.PLASTER, Clad.RUSTICATED + 0.1, None, Pane.CROSS, Paint.WHITE, (1.2, 0.9, 1.4), 3.0)
    _hall(builder, np.array([-9.0, -5.0, 0.0]), 0.0, (21.0, 10.0, 8.0), 1.1, stone, rng)
    tower = np.array([-16.0, -3.3, 0.0])
    sides = ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0])
    corners = tower + 6.6 * np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 1.0, 0.0)])
    tip = tower + np.array([3.3, 3.3, 38.0])
    for k, side in enumerate(sides):
        wall = Wall(corners[k], np.array(side), 6.6, stone.material, stone.colour)
        plain(builder, wall, -FOUNDATION_M, 21.0)
        builder.quads([wall.points(np.array([2.5, 4.1, 4.1, 2.5]), np.array([16.0, 16.0, 18.8, 18.8]), 0.03)],
                      Material.FRAME, float(Paint.IRON))
        eave = [corners[k] + 21.0 * _UP, corners[(k + 1) % 4] + 21.0 * _UP]
        builder.quads([[eave[0], eave[1], tip, tip]], Material.ROOF, 0.8)
    for _ in range(9):
        x, y = rng.uniform(-40.0, 40.0, 2)
        if abs(y) < 16.0:
            y += 24.0 * np.sign(y)
        style = Style(Material.PLASTER, float(rng.random()), None, Pane.CROSS, Paint.WHITE, (1.2, 0.9, 1.4), 3.0)
        _hall(builder, np.array([x, y, 0.0]), float(rng.uniform(0.0, 6.28)), (12.0, 9.0, 5.4), 0.85, style, rng)
    return builder.mesh()
