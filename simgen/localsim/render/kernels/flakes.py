# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""Falling flakes: where they are, how they are lit, and their smears on the film.

Flakes of one size fall together: their lattice of cells moves through the world, and a cell's flakes are hashed from
its number. So a flake keeps its identity from tick to tick, and only the cells before a camera are ever looked at.
"""

from simgen.localsim.render.kernels.gbuffer import GBuffer
from simgen.localsim.render.kernels.lighting import Lamp, lamp_beam
from simgen.localsim.render.kernels.noise import hash01, lerp3
from simgen.localsim.render.kernels.pinhole import PinholeData
from simgen.localsim.render.kernels.sky import Environment, fog_light, fog_share
from simgen.localsim.render.warp_runtime import wp

BAND = wp.constant(8)               # rows of a picture that one thread draws
NEAREST_M = wp.constant(0.35)       # nearer ones melt on the windscreen
_SHARPEST_PX = wp.constant(0.42)    # blur of lens and pixel
_APERTURE_M = wp.constant(0.0028)   # what is near is out of focus
_LAMPS = wp.constant(8)             # as many of the nearest lamps light flakes
_ALBEDO = wp.constant(0.9)
_SPILL = wp.constant(0.035)
_SHINE_THROUGH = wp.constant(1.35)  # crystals pass light on forwards: a flake is brighter than a white ball


@wp.struct
class Flakes:
    """A row a flake. A smear is a segment in the picture, as wide as a bell; ``blur`` 0 means there is none."""

    middle: wp.array(dtype=wp.vec2)     # px
    half: wp.array(dtype=wp.vec2)       # from the middle to the segment's end, px
    depth: wp.array(dtype=float)        # along the optical axis, m
    blur: wp.array(dtype=float)         # the bell's deviation, px
    cover: wp.array(dtype=float)        # share of the background that it hides in its middle
    light: wp.array(dtype=wp.vec3)      # its radiance at the camera


@wp.struct
class Lattice:
    """Flakes of about one size."""

    number: int
    cell_m: float
    moved: wp.vec3          # how far the lattice has moved, less whole cells
    velocity: wp.vec3       # m/s, world
    smallest_m: float       # diameters fall off exponentially from here on
    mean_more_m: float
    per_cell: float
    sway_m: float
    time_s: float


@wp.func
def _project(camera: PinholeData, point: wp.vec3) -> wp.vec3:
    """(u, v, depth) of a point; depth is kept off 0."""
    to = point - camera.position
    depth = wp.max(wp.dot(to, camera.forward), 0.1)
    return wp.vec3(camera.centre_u - camera.focal_px * wp.dot(to, camera.left) / depth,
                   camera.centre_v - camera.focal_px * wp.dot(to, camera.up) / depth, depth)


@wp.func
def _lit_by_lamps(lamps: wp.array(dtype=Lamp), point: wp.vec3, view: wp.vec3) -> wp.vec3:
    """Radiance of a flake towards the eye by the lamps near it: a rough ball, brightest if lit from the eye's side."""
    total = wp.vec3(0.0, 0.0, 0.0)
    for k in range(wp.min(lamps.shape[0], _LAMPS)):
        lamp = lamps[k]
        to = lamp.position - point
        d2 = wp.dot(to, to)
        if d2 < lamp.reach * lamp.reach and lamp.reach > 0.0:
            away = -to / (wp.sqrt(d2) + 1.0e-6)
            window = 1.0 - d2 / (lamp.reach * lamp.reach)
            phase = 0.22 + 0.45 * wp.max(wp.dot(away, view), 0.0)
            # the snow between throws light out of the beam: some of it goes wherever the lamp faces
            spill = _SPILL * wp.max(wp.dot(away, lamp.direction), 0.0)
            irradiance = (lamp_beam(lamp, away) + spill) * window * window / (d2 + 0.8)
            total += lamp.colour * (irradiance * phase * _ALBEDO / wp.pi)
    return total


@wp.kernel
def place_flakes(
    first: int, lattice: Lattice, cells: wp.array(dtype=wp.vec3i), shift: wp.vec3i, each: int, reach_m: float,
    shutter_s: float, camera_velocity: wp.vec3, camera: PinholeData, env: Environment, lamps: wp.array(dtype=Lamp),
    has_lamps: int, flakes: Flakes,
):
    """``each`` rows a cell; ``shift``: whole cells that the lattice has moved since time 0."""
    row = first + wp.tid()
    cell = cells[row // each]
    k = row % each
    flakes.blur[row] = 0.0
    a = (cell[0] - shift[0]) * 131 + lattice.number * 7919
    b = (cell[1] - shift[1]) * 137 + k * 104729
    c = cell[2] - shift[2]
    if float(k) + hash01(a, b, c * 11 + 3) < lattice.per_cell:
        at = wp.vec3(float(cell[0]) + hash01(a, b, c * 11 + 5), float(cell[1]) + hash01(a, b, c * 11 + 6),
                     float(cell[2]) + hash01(a, b, c * 11 + 7))
        turn = (2.0 + 3.0 * hash01(a, b, c * 11 + 8)) * lattice.time_s + 6.2832 * hash01(a, b, c * 11 + 9)
        point = at * lattice.cell_m + lattice.moved + wp.vec3(wp.cos(turn), wp.sin(turn), 0.0) * lattice.sway_m
        to = point - camera.position
        depth = wp.dot(to, camera.forward)
        size = lattice.smallest_m - lattice.mean_more_m * wp.log(1.0 - 0.985 * hash01(a, b, c * 11 + 10))
        if depth > NEAREST_M and wp.dot(to, to) < reach_m * reach_m:
            smear = (lattice.velocity - camera_velocity) * (0.5 * shutter_s)
            start = _project(camera, point - smear)
            end = _project(camera, point + smear)
            half = wp.vec2(end[0] - start[0], end[1] - start[1]) * 0.5
            radius = 0.5 * size * camera.focal_px / depth
            unsharp = 0.5 * _APERTURE_M * camera.focal_px * wp.abs(1.0 / depth - 1.0 / 12.0)
            blur = wp.sqrt(0.5 * radius * radius + _SHARPEST_PX * _SHARPEST_PX + 0.25 * unsharp * unsharp)
            length = 2.0 * wp.length(half)
            # the disc's area, spread over what it sweeps
            cover = wp.pi * radius * radius / (2.5066 * blur * length + 6.2832 * blur * blur)
            middle = wp.vec2(start[0] + half[0], start[1] + half[1])
            room = 3.0 * blur + 0.5 * length
            if (cover > 0.004 and middle[0] > -room and middle[0] < float(camera.width) + room
                    and middle[1] > -room and middle[1] < float(camera.height) + room):
                distance = wp.length(to)
                view = to / distance
                sunny = env.sun_light * (0.10 * _ALBEDO)
                light = (env.ambient + env.bounce) * (0.5 * _ALBEDO * _SHINE_THROUGH) + sunny
                if has_lamps > 0:
                    light += _lit_by_lamps(lamps, point, view)
                share = fog_share(env, camera.position[2], view[2], distance)
                flakes.light[row] = lerp3(light, fog_light(env, view), share)
                flakes.middle[row] = middle
                flakes.half[row] = half
                flakes.depth[row] = depth
                flakes.cover[row] = wp.min(cover, 0.92) * wp.clamp((reach_m - distance) / (0.25 * reach_m), 0.0, 1.0)
                flakes.blur[row] = blur


@wp.kernel
def draw_flakes(
    first: int, flakes: Flakes, starts: wp.array(dtype=wp.int32), members: wp.array(dtype=wp.int32), g: GBuffer,
    width: int, height: int, picture: wp.array(dtype=wp.vec3),
):
    """Lay the smears over the picture, far ones first. A thread owns a band of rows, so that none waits or races."""
    band = first + wp.tid()
    top = band * BAND
    bottom = wp.min(top + BAND, height)
    for m in range(starts[band], starts[band + 1]):
        f = members[m]
        middle = flakes.middle[f]
        half = flakes.half[f]
        blur = flakes.blur[f]
        depth = flakes.depth[f]
        light = flakes.light[f]
        cover = flakes.cover[f]
        room = 2.4 * blur
        along = wp.dot(half, half)
        left = wp.max(int(wp.floor(middle[0] - wp.abs(half[0]) - room + 0.5)), 0)
        right = wp.min(int(wp.floor(middle[0] + wp.abs(half[0]) + room + 0.5)), width - 1)
        low = wp.max(int(wp.floor(middle[1] - wp.abs(half[1]) - room + 0.5)), top)
        high = wp.min(int(wp.floor(middle[1] + wp.abs(half[1]) + room + 0.5)), bottom - 1)
        narrow = 0.5 / (blur * blur)
        for y in range(low, high + 1):
            for x in range(left, right + 1):
                i = y * width + x
                if g.ids[i][0] < 0 or g.depth[i] > depth:
                    dx = float(x) - middle[0]
                    dy = float(y) - middle[1]
                    t = wp.clamp((dx * half[0] + dy * half[1]) / wp.max(along, 1.0e-6), -1.0, 1.0)
                    dx -= t * half[0]
                    dy -= t * half[1]
                    fall = (dx * dx + dy * dy) * narrow
                    if fall < 3.0:
                        # a bell that ends: 1 - (fall / 3)², cubed, is within 0.03 of exp(-fall)
                        u = 1.0 - fall / 3.0
                        picture[i] = lerp3(picture[i], light, cover * u * u * u)
