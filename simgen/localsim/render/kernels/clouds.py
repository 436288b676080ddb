# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop changes starts as float(...) or int(...)
"""Broken clouds: heaps on a common base, met by a ray that climbs through them, and veils of ice high above.

A cloud stands at one place of the world (less what the wind has carried it on), so the cloud that a place on the
ground sees before the sun is the one whose shadow lies there. ``clouds.py`` makes the map.
"""

from simgen.localsim.render.kernels.noise import noise2, smooth
from simgen.localsim.render.warp_runtime import wp

MAP_SIZE = wp.constant(256)
MAP_M = wp.constant(14000.0)             # after this far the map repeats
BASE_M = wp.constant(1100.0)
_FINE_PER_M = wp.constant(1.0 / 2600.0)
_VEIL_M = wp.constant(7000.0)
_STEPS = wp.constant(6)
_BENT = wp.constant(0.07)               # a layer bends down at the horizon: added to a ray's climb


@wp.struct
class Clouds:
    """The clouds of one moment. ``cover`` 0: there are none."""

    map: wp.array2d(dtype=wp.vec2)      # height over the base, sun's share; see clouds.py
    cover: float
    heap_m: float                       # how high the highest is
    veil: float                         # how much cirrus there is, 0 … 1
    drift: wp.vec2                      # how far the wind has carried them, m
    eye: wp.vec2                        # where they are seen from, m


@wp.struct
class Seen:
    """What a ray meets of the broken clouds."""

    cover: float        # share of what is behind that they hide
    belly: float        # 1: seen from below … 0: seen from the side
    sunny: float        # the sun's share there
    thick: float        # 0 … 1


@wp.func
def _map_at(cloud_map: wp.array2d(dtype=wp.vec2), x_m: float, y_m: float) -> wp.vec2:
    """Bilinear; the map repeats."""
    x = x_m * (float(MAP_SIZE) / MAP_M) - 0.5
    y = y_m * (float(MAP_SIZE) / MAP_M) - 0.5
    fx = wp.floor(x)
    fy = wp.floor(y)
    a = x - fx
    b = y - fy
    mask = MAP_SIZE - 1
    i = int(fx) & mask
    j = int(fy) & mask
    i1 = (i + 1) & mask
    j1 = (j + 1) & mask
    return ((cloud_map[j, i] * (1.0 - a) + cloud_map[j, i1] * a) * (1.0 - b)
            + (cloud_map[j1, i] * (1.0 - a) + cloud_map[j1, i1] * a) * b)


@wp.func
def clouds_toward(c: Clouds, texture: wp.array(dtype=wp.vec2), start: wp.vec2, d: wp.vec3) -> Seen:
    """The broken clouds that one sees from ``start`` on the ground in a direction of the upper half.

    A ray looks at the height field at some heights above the base; where it is deepest inside tells how much it hides,
    where it is first inside what it looks at.
    """
    slope = 1.0 / (wp.max(d[2], 0.0) + _BENT)
    x = start[0] - c.drift[0] + d[0] * BASE_M * slope
    y = start[1] - c.drift[1] + d[1] * BASE_M * slope
    along = c.heap_m * slope / float(_STEPS)
    fine = noise2(texture, x * _FINE_PER_M, y * _FINE_PER_M, 0)[0] - 0.5
    ragged = 0.45 * fine
    seen = Seen()
    deepest = float(-1.0)
    met = float(-1.0)
    sunny = float(0.5)
    thick = float(0.0)
    for k in range(_STEPS):
        height = float(k) / float(_STEPS)
        here = _map_at(c.map, x + d[0] * along * float(k), y + d[1] * along * float(k))
        inside = here[0] + ragged - height
        thick = wp.max(thick, here[0] + 0.5 * fine)
        if inside > deepest:
            deepest = inside
            if met < 0.0:
                sunny = here[1]
        if met < 0.0 and inside > 0.0:
            # between this height and the one before
            met = wp.max(height - wp.min(inside, 1.0 / float(_STEPS)), 0.0) + 0.001
            sunny = here[1]
    seen.cover = smooth(-0.03, 0.16, deepest)
    seen.belly = 1.0 - smooth(0.0, 0.35, wp.max(met, 0.0))
    seen.sunny = wp.clamp(sunny + 0.5 * fine, 0.0, 1.0)
    seen.thick = wp.clamp(thick, 0.0, 1.0)
    return seen


@wp.func
def veil_toward(c: Clouds, texture: wp.array(dtype=wp.vec2), start: wp.vec2, d: wp.vec3) -> float:
    """Cirrus: how much of the sky its streaks hide. They are drawn out along the wind."""
    slope = 1.0 / (wp.max(d[2], 0.0) + _BENT)
    x = (start[0] - 1.6 * c.drift[0] + d[0] * _VEIL_M * slope) / 30000.0
    y = (start[1] - 1.6 * c.drift[1] + d[1] * _VEIL_M * slope) / 30000.0
    u = 0.48 * x + 0.877 * y
    v = 0.877 * x - 0.48 * y
    bend = noise2(texture, u * 0.6, v * 0.6, 3)[0] - 0.5
    streaks = (0.6 * noise2(texture, u * 0.5 + 0.3, v * 2.6 + bend * 0.5, 1)[0]
               + 0.4 * noise2(texture, u * 1.7, v * 7.0 + bend * 1.1, 0)[0])
    where = smooth(0.40, 0.78, noise2(texture, u * 0.3 + 0.7, v * 0.4 + 0.2, 3)[0] + 0.12 * c.veil)
    return c.veil * where * smooth(0.38, 0.80, streaks)


@wp.func
def folds_toward(c: Clouds, texture: wp.array(dtype=wp.vec2), start: wp.vec2, d: wp.vec3) -> float:
    """How much thicker (to 1) or thinner (to -1) than usual a closed layer is in a direction."""
    slope = BASE_M / (wp.max(d[2], 0.0) + _BENT)
    x = start[0] - c.drift[0] + d[0] * slope
    y = start[1] - c.drift[1] + d[1] * slope
    broad = noise2(texture, x / 21000.0 + 0.4, y / 14000.0, 1)[0]
    fine = noise2(texture, x / 5200.0, y / 3700.0 + 0.6 * broad, 0)[0]
    return wp.clamp((0.65 * broad + 0.35 * fine - 0.5) * 4.5, -1.0, 1.0)


@wp.func
def sun_through(c: Clouds, texture: wp.array(dtype=wp.vec2), start: wp.vec2, sun: wp.vec3) -> float:
    """The share of the sun that broken clouds let through to a place on the ground."""
    seen = clouds_toward(c, texture, start, sun)
    overhead = smooth(0.0, 0.10, sun[2])            # as the sky draws them: they fade into the haze of the horizon
    return 1.0 - seen.cover * overhead * (0.60 + 0.32 * seen.thick)
