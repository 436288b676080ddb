"""What stands in streets, as meshes that are placed many times: x towards the street, y to the left seen from it, feet
at the origin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.lettering import SHOPS, word
from simgen.localsim.mesh import Material, Mesh
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.shopfronts import NAMED
from simgen.localsim.places.signs import Face, face, sign
from simgen.localsim.places.styles import Paint

Array = NDArray[np.float64]

YELLOW, BLUE, GREY = face(Face.TOWN), face(Face.BLUE), float(Paint.GREEN)
SHELTER_M = (3.6, 1.35, 2.4)          # width, depth, height of a bus shelter
COLUMN_M = (0.62, 3.0)                # radius and height of an advertising column


def furnishings() -> dict[str, Mesh]:
    """All of them by name."""
    return {
        "post_box": _post_box(), "cabinet": _cabinet(), "planter": _planter(), "bollard": _bollard(),
        "hydrant": _hydrant(), "bicycle_stand": _bicycle_stand(), "advertising_column": _advertising_column(),
        "bus_shelter": _bus_shelter(), "recycling_bins": _recycling_bins(),
    }


def _front(builder: MeshBuilder, x: float, y: float, z: float, half_y: float, half_z: float, material: Material,
           parameter: float, uv_scale: tuple[float, float]) -> None:
    """A sheet that faces the street, with uv from its middle: ±uv_scale at its edges."""
    u, v = np.array([-1.0, 1.0, 1.0, -1.0]), np.array([-1.0, -1.0, 1.0, 1.0])
    # Seen from the street, right is towards −y … so y grows with u, since x points at the viewer.
    corners = np.column_stack([np.full(4, x), y + half_y * u, z + half_z * v])
    builder.quads([corners], material, parameter, [np.column_stack([uv_scale[0] * u, uv_scale[1] * v])])


def _post_box() -> Mesh:
    builder = MeshBuilder()
    builder.boxes([[0.0, 0.0, 0.42]], [0.04, 0.04, 0.45], Material.METAL)
    builder.boxes([[0.0, 0.0, 1.15]], [0.17, 0.26, 0.33], Material.SIGN, parameter=YELLOW)
    builder.boxes([[0.175, 0.0, 1.32]], [0.008, 0.20, 0.025], Material.METAL)
    builder.boxes([[0.175, 0.0, 1.02]], [0.004, 0.10, 0.07], Material.FRAME)
    return builder.mesh()


def _cabinet() -> Mesh:
    builder = MeshBuilder()
    builder.boxes([[0.0, 0.0, 0.06]], [0.17, 0.60, 0.10], Material.CONCRETE)
    builder.boxes([[0.0, 0.0, 0.65]], [0.15, 0.58, 0.50], Material.FRAME, parameter=GREY)
    builder.boxes([[0.0, 0.0, 1.17]], [0.17, 0.60, 0.03], Material.FRAME, parameter=GREY)
    builder.boxes([[0.152, 0.0, 0.65]], [0.004, 0.008, 0.48], Material.FRAME, parameter=float(Paint.IRON))
    builder.boxes([[0.155, 0.08, 0.70]], [0.01, 0.012, 0.08], Material.FRAME, parameter=float(Paint.IRON))
    return builder.mesh()


def _planter() -> Mesh:
    builder = MeshBuilder()
    builder.boxes([[0.0, 0.0, 0.22]], [0.19, 0.55, 0.24], Material.CONCRETE)
    builder.boxes([[0.0, 0.0, 0.50]], [0.15, 0.50, 0.09], Material.HEDGE)
    rng = np.random.default_rng(5)
    for x, y in rng.uniform([-0.13, -0.47], [0.13, 0.47], (16, 2)):
        colour = float(rng.choice([0.18, 0.55, 0.70]))
        builder.boxes([[x, y, 0.62]], [0.025, 0.025, 0.03], Material.SHOP, parameter=colour)
    return builder.mesh()


def _bollard() -> Mesh:
    builder = MeshBuilder()
    builder.tube([[0.0, 0.0, -0.2], [0.0, 0.0, 0.86], [0.0, 0.0, 0.93]], [0.055, 0.055, 0.03], Material.FRAME, sides=10,
                 parameter=float(Paint.ANTHRACITE))
    builder.tube([[0.0, 0.0, 0.70], [0.0, 0.0, 0.78]], 0.057, Material.FRAME, sides=10, caps=False)
    return builder.mesh()


def _hydrant() -> Mesh:
    builder = MeshBuilder()
    path = [[0.0, 0.0, z] for z in (-0.1, 0.06, 0.07, 0.75, 0.80, 0.92, 1.0)]
    builder.tube(path, [0.15, 0.15, 0.09, 0.09, 0.12, 0.11, 0.03], Material.SHOP, sides=12, parameter=0.18)
    builder.tube([[0.0, -0.2, 0.62], [0.0, 0.2, 0.62]], 0.05, Material.METAL, sides=8)
    builder.tube([[0.0, 0.0, 0.55], [0.17, 0.0, 0.55]], 0.06, Material.METAL, sides=8)
    return builder.mesh()


def _bicycle_stand() -> Mesh:
    """Three hoops and a bicycle that leans against one."""
    builder = MeshBuilder()
    bend = np.linspace(0.0, np.pi, 9)
    for y in (-0.8, 0.0, 0.8):
        arch = np.column_stack([0.32 * np.cos(bend), np.full(9, y), 0.55 + 0.25 * np.sin(bend)])
        path = np.vstack([[0.32, y, -0.1], arch, [-0.32, y, -0.1]])
        builder.tube(path, 0.022, Material.POLE, sides=6)
    _bicycle(builder, 0.09)
    return builder.mesh()


def _bicycle(builder: MeshBuilder, y: float) -> None:
    """Along x, 1.7 m long."""
    turn = np.linspace(0.0, 2.0 * np.pi, 19)
    for x in (-0.52, 0.52):
        rim = np.column_stack([x + 0.33 * np.cos(turn), np.full(19, y), 0.34 + 0.33 * np.sin(turn)])
        builder.tube(rim, 0.016, Material.FRAME, sides=5, parameter=float(Paint.IRON), caps=False)
        for a in turn[:-1:3]:
            spoke = np.array([[x, y, 0.34], [x + 0.33 * np.cos(a), y, 0.34 + 0.33 * np.sin(a)]])
            builder.tube(spoke, 0.003, Material.METAL, sides=3, caps=False)
    crank, seat, head = [-0.08, y, 0.32], [-0.20, y, 0.80], [0.34, y, 0.78]
    for a, b in (([-0.52, y, 0.34], crank), (crank, seat), (seat, head), (crank, head), ([-0.52, y, 0.34], seat),
                 (head, [0.52, y, 0.34]), (head, [0.31, y, 1.0])):
        builder.tube([a, b], 0.016, Material.SHOP, sides=6, parameter=0.30, caps=False)
    builder.boxes([[-0.22, y, 0.88]], [0.13, 0.06, 0.03], Material.FRAME, parameter=float(Paint.IRON))
    builder.tube([[0.25, y - 0.26, 1.02], [0.33, y - 0.1, 1.0], [0.33, y + 0.1, 1.0], [0.25, y + 0.26, 1.02]], 0.014,
                 Material.FRAME, sides=5, parameter=float(Paint.IRON))


def _advertising_column() -> Mesh:
    """A round column with posters all round and a hood."""
    radius, height = COLUMN_M
    builder = MeshBuilder()
    builder.tube([[0.0, 0.0, z] for z in (-0.2, 0.35, 0.36, height - 0.35, height - 0.34, height - 0.1, height + 0.25)],
                 [radius + 0.06, radius + 0.06, radius, radius, radius + 0.12, radius + 0.12, 0.1], Material.CONCRETE,
                 sides=24)
    for k, name in enumerate(("CAFE", "MODE", "HOTEL", "FOTO", "REISEN")):
        for low, high in ((0.5, 1.45), (1.55, 2.5)):
            number = word(name if low < 1.0 else SHOPS[k])
            first = 2.0 * np.pi * (k + (0.0 if low < 1.0 else 0.4)) / 5.0
            angle = np.linspace(first + 0.05, first + 1.15, 6)
            r = radius + 0.008
            ring = np.column_stack([r * np.cos(angle), r * np.sin(angle)])
            points = np.stack([np.column_stack([ring, np.full(6, z)]) for z in (low, high)], axis=1)
            uv = np.stack(np.broadcast_arrays(np.linspace(-1.7, 1.7, 6)[:, None], np.array([[-1.3, 1.3]])), axis=-1)
            builder.grid(points, uv, Material.SHOP, NAMED + number + (0.13 + 0.37 * k + 0.2 * low) % 0.99)
    return builder.mesh()


def _bus_shelter() -> Mesh:
    """Three walls of glass, a roof, a bench, a lit poster at one end and the stop's sign beside it."""
    width, depth, height = SHELTER_M
    builder = MeshBuilder()
    iron = float(Paint.ANTHRACITE)
    for x in (-0.5 * depth, 0.5 * depth - 0.25):
        for y in (-0.5 * width, 0.0, 0.5 * width) if x < 0 else (-0.5 * width, 0.5 * width):
            builder.boxes([[x, y, 0.5 * height]], [0.035, 0.035, 0.5 * height], Material.FRAME, parameter=iron)
    builder.boxes([[0.05, 0.0, height + 0.05]], [0.5 * depth + 0.1, 0.5 * width + 0.12, 0.06], Material.FRAME,
                  parameter=iron)
    for y in (-0.25 * width, 0.25 * width):
        builder.boxes([[-0.5 * depth, y, 1.22]], [0.008, 0.25 * width - 0.06, 0.92], Material.CAR_GLASS)
    builder.boxes([[-0.12, 0.5 * width, 1.22]], [0.5 * depth - 0.2, 0.008, 0.92], Material.CAR_GLASS)
    builder.boxes([[-0.12, -0.5 * width, 1.2]], [0.5 * depth - 0.16, 0.07, 0.95], Material.FRAME, parameter=iron)
    for side in (-1.0, 1.0):
        u, v = np.array([-1.0, 1.0, 1.0, -1.0]) * side, np.array([-1.0, -1.0, 1.0, 1.0])
        poster = np.column_stack([-0.12 - 0.44 * u, np.full(4, -0.5 * width + 0.075 * side), 1.2 + 0.85 * v])
        builder.quads([poster[::1]], Material.SHOP, NAMED + word("REISEN") + 0.35,
                      [np.column_stack([1.9 * u * side, 3.0 * v])])
    builder.boxes([[-0.42, 0.25, 0.46]], [0.17, 1.1, 0.025], Material.WOOD)
    for y in (-0.6, 0.25, 1.1):
        builder.boxes([[-0.42, y, 0.22]], [0.03, 0.03, 0.22], Material.METAL)
    _front(builder, -0.5 * depth + 0.02, 0.9, 1.45, 0.3, 0.42, Material.FRAME, 0.0, (1.0, 1.0))
    pole = np.array([0.45, 0.5 * width + 0.55, 0.0])
    for side in (-1.0, 1.0):
        sign(builder, pole, np.array([0.0, side, 0.0]), face(Face.BUS_STOP, word("H")), 2.5)
    return builder.mesh()


def _recycling_bins() -> Mesh:
    """Two wheeled bins side by side."""
    builder = MeshBuilder()
    for y, lid in ((-0.34, BLUE), (0.34, YELLOW)):
        builder.boxes([[0.0, y, 0.52]], [0.27, 0.28, 0.46], Material.FRAME, parameter=float(Paint.ANTHRACITE))
        builder.boxes([[0.02, y, 1.01]], [0.31, 0.30, 0.035], Material.SIGN, parameter=lid)
        builder.tube([[-0.24, y - 0.3, 0.09], [-0.24, y + 0.3, 0.09]], 0.09, Material.FRAME, sides=10,
                     parameter=float(Paint.IRON))
    return builder.mesh()


