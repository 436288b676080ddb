# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop changes starts as float(...) or int(...)
"""Beams of lamps in thick air: light that fog, rain or snow throws out of a headlamp's or street lamp's cone.

Single scattering along a view ray, in samples that lie evenly in the angle seen from the lamp, where the inverse square
law and the step cancel (Kulla and Fajardo 2012, "Importance sampling techniques for path tracing in participating
media"). Air has no fine detail, so one ray for a cell of pixels is enough; between cells it is bilinear.
"""

from simgen.localsim.render.kernels.gbuffer import GBuffer
from simgen.localsim.render.kernels.lighting import HIGH_BEAM, LOW_BEAM, STREET_LAMP, Lamp, lamp_beam
from simgen.localsim.render.kernels.noise import smooth
from simgen.localsim.render.kernels.pinhole import PinholeData, pixel_direction
from simgen.localsim.render.kernels.sky import Environment
from simgen.localsim.render.warp_runtime import wp

CELL = wp.constant(16)                  # px
_SAMPLES = wp.constant(5)
_FARTHEST_M = wp.constant(90.0)
_REACH_M = wp.constant(32.0)            # of a headlamp's beam that shows
_NEAREST_M = wp.constant(0.25)          # a lamp is no point


@wp.func
def _phase(cosine: float) -> float:
    """Of drops, roughly: a strong lobe forwards, little to the sides, some backwards. cosine: of the angle by which
    light is turned."""
    ahead = wp.max(cosine, 0.0)
    back = wp.max(-cosine, 0.0)
    return 0.022 + 0.06 * ahead * ahead * ahead * ahead + 0.018 * back * back


@wp.func
def _beam_along(lamp: Lamp, eye: wp.vec3, view: wp.vec3, distance: float, extinction: float, reach: float) -> float:
    """Light that a lamp's beam throws into a view ray, over the scattering coefficient and the lamp's colour."""
    to = lamp.position - eye
    middle = wp.dot(to, view)
    aside = wp.max(wp.sqrt(wp.max(wp.dot(to, to) - middle * middle, 0.0)), _NEAREST_M)
    total = float(0.0)
    if aside < reach and distance - middle > -reach and middle > -reach:
        start = wp.atan2(wp.max(-middle, -reach), aside)
        end = wp.atan2(wp.min(distance - middle, reach), aside)
        step = (end - start) / float(_SAMPLES)
        for k in range(_SAMPLES):
            offset = aside * wp.tan(start + (float(k) + 0.5) * step)
            t = middle + offset
            from_lamp = view * t - to
            d = wp.length(from_lamp) + 1.0e-4
            away = from_lamp / d
            gone = wp.exp(-extinction * (wp.max(t, 0.0) + d))
            fade = 1.0 - smooth(0.45 * reach, reach, d)
            total += lamp_beam(lamp, away) * _phase(-wp.dot(away, view)) * gone * fade
        total = total * step / aside
    return total


@wp.kernel
def trace_beams(
    first: int, env: Environment, camera: PinholeData, g: GBuffer, lamps: wp.array(dtype=Lamp), cells_across: int,
    beams: wp.array(dtype=wp.vec3),
):
    """What beams add to the ray through each cell's middle."""
    cell = first + wp.tid()
    x = wp.min((cell % cells_across) * CELL + CELL // 2, camera.width - 1)
    y = wp.min((cell // cells_across) * CELL + CELL // 2, camera.height - 1)
    i = y * camera.width + x
    ray = pixel_direction(camera, float(x), float(y))
    stretch = wp.length(ray)
    view = ray / stretch
    distance = _FARTHEST_M
    if g.ids[i][0] >= 0:
        distance = wp.min(g.depth[i] * stretch, _FARTHEST_M)
    light = wp.vec3(0.0, 0.0, 0.0)
    for k in range(lamps.shape[0]):
        lamp = lamps[k]
        is_head = lamp.kind == LOW_BEAM or lamp.kind == HIGH_BEAM
        if is_head or lamp.kind == STREET_LAMP:
            reach = wp.where(is_head, _REACH_M, 9.0)
            to = lamp.position - camera.position
            if wp.dot(to, to) < (_FARTHEST_M + reach) * (_FARTHEST_M + reach):
                light += lamp.colour * _beam_along(lamp, camera.position, view, distance, env.fog_density, reach)
    beams[cell] = light * env.beam_glow


@wp.kernel
def add_beams(
    first: int, beams: wp.array(dtype=wp.vec3), cells_across: int, cells_down: int, width: int,
    picture: wp.array(dtype=wp.vec3),
):
    i = first + wp.tid()
    x = (float(i % width) - 0.5 * float(CELL)) / float(CELL)
    y = (float(i // width) - 0.5 * float(CELL)) / float(CELL)
    u = wp.clamp(x, 0.0, float(cells_across - 1))
    v = wp.clamp(y, 0.0, float(cells_down - 1))
    a = wp.min(int(u), wp.max(cells_across - 2, 0))
    b = wp.min(int(v), wp.max(cells_down - 2, 0))
    a1 = wp.min(a + 1, cells_across - 1)
    b1 = wp.min(b + 1, cells_down - 1)
    s = u - float(a)
    t = v - float(b)
    picture[i] += ((beams[b * cells_across + a] * (1.0 - s) + beams[b * cells_across + a1] * s) * (1.0 - t)
                   + (beams[b1 * cells_across + a] * (1.0 - s) + beams[b1 * cells_across + a1] * s) * t)
