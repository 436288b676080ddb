# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop changes starts as float(...) or int(...)
"""Clear sky: sunlight scattered once by air and haze, tabulated over the upper half of the sky.

Single scattering along the view ray with exponential Rayleigh and Mie layers (Nishita et al. 1993, "Display of the
Earth taking into account atmospheric scattering"); phase functions by Rayleigh and Cornette-Shanks. Ozone takes the
orange out of long paths, which is what makes twilight blue (layer and coefficients after Bruneton and Neyret's 2017
revision). What is scattered more than once is lifted in by an isotropic share.

A row of the table is an elevation (its sine is the square of the row's place, so that rows crowd at the horizon), a
column an azimuth away from the sun's (its half-angle's sine), because the clear sky is the same on both sides.
"""

from simgen.localsim.render.kernels.noise import smooth
from simgen.localsim.render.warp_runtime import wp

ROWS = wp.constant(64)
COLUMNS = wp.constant(64)
SUN_POWER = wp.constant(20.0)       # the scale of all radiances here

_EARTH_M = wp.constant(6360.0)       # kilometres inside this file: float32 holds them better
_TOP = wp.constant(6420.0)
_RAYLEIGH_HEIGHT = wp.constant(7.994)
_MIE_HEIGHT = wp.constant(1.2)
_EYE = wp.constant(0.2)
_OZONE_MIDDLE = wp.constant(25.0)
_OZONE_HALF = wp.constant(15.0)


@wp.func
def _height(origin: wp.vec3) -> float:
    return wp.length(origin) - _EARTH_M


@wp.func
def _to_top(origin: wp.vec3, direction: wp.vec3) -> float:
    """Distance to the top of the atmosphere."""
    b = wp.dot(origin, direction)
    c = wp.dot(origin, origin) - _TOP * _TOP
    return -b + wp.sqrt(wp.max(b * b - c, 0.0))


@wp.func
def _ozone(height: float) -> float:
    """Share of the densest ozone at a height, km: a tent."""
    return wp.max(0.0, 1.0 - wp.abs(height - _OZONE_MIDDLE) / _OZONE_HALF)


@wp.kernel
def fill_atmosphere(sun_sine: float, rayleigh: wp.vec3, mie: float, ozone: wp.vec3, table: wp.array2d(dtype=wp.vec3)):
    """Radiance of the clear sky. 1/km: ``rayleigh``, ``mie`` scatter at sea level, ``ozone`` absorbs in its layer."""
    row, column = wp.tid()
    place = (float(row) + 0.5) / float(ROWS)
    up = place * place
    half = (float(column) + 0.5) / float(COLUMNS)
    across = 1.0 - 2.0 * half * half
    flat = wp.sqrt(wp.max(1.0 - up * up, 0.0))
    view = wp.vec3(flat * across, flat * wp.sqrt(wp.max(1.0 - across * across, 0.0)), up)
    sun = wp.vec3(wp.sqrt(wp.max(1.0 - sun_sine * sun_sine, 0.0)), 0.0, sun_sine)
    eye = wp.vec3(0.0, 0.0, _EARTH_M + _EYE)
    reach = _to_top(eye, view)
    air = float(0.0)
    haze = float(0.0)
    blue = float(0.0)
    from_air = wp.vec3(0.0, 0.0, 0.0)
    from_haze = wp.vec3(0.0, 0.0, 0.0)
    before = float(0.0)
    for k in range(32):
        share = (float(k) + 1.0) / 32.0
        after = reach * share * share
        step = after - before
        point = eye + view * (0.5 * (before + after))
        before = after
        height = wp.max(_height(point), 0.0)
        air_here = wp.exp(-height / _RAYLEIGH_HEIGHT) * step
        haze_here = wp.exp(-height / _MIE_HEIGHT) * step
        air += air_here
        haze += haze_here
        blue += _ozone(height) * step
        to_sun = _to_top(point, sun)
        lit = float(1.0)
        air_sun = float(0.0)
        haze_sun = float(0.0)
        blue_sun = float(0.0)
        for m in range(8):
            h = _height(point + sun * (to_sun * (float(m) + 0.5) / 8.0))
            # the Earth's shadow, with a soft edge: its sharp one would band across few samples
            lit = lit * smooth(-6.0, 0.0, h)
            air_sun += wp.exp(-wp.max(h, 0.0) / _RAYLEIGH_HEIGHT) * to_sun / 8.0
            haze_sun += wp.exp(-wp.max(h, 0.0) / _MIE_HEIGHT) * to_sun / 8.0
            blue_sun += _ozone(h) * to_sun / 8.0
        grey = mie * 1.1 * (haze + haze_sun)
        depth = rayleigh * (air + air_sun) + ozone * (blue + blue_sun) + wp.vec3(grey, grey, grey)
        left = wp.vec3(wp.exp(-depth[0]), wp.exp(-depth[1]), wp.exp(-depth[2])) * lit
        from_air += left * air_here
        from_haze += left * haze_here
    mu = wp.dot(view, sun)
    air_phase = 3.0 / (16.0 * wp.pi) * (1.0 + mu * mu)
    g = 0.76
    haze_phase = (3.0 / (8.0 * wp.pi) * (1.0 - g * g) * (1.0 + mu * mu)
                  / ((2.0 + g * g) * wp.pow(wp.max(1.0 + g * g - 2.0 * g * mu, 1.0e-4), 1.5)))
    table[row, column] = SUN_POWER * (
        wp.cw_mul(from_air, rayleigh) * (air_phase + 0.066) + from_haze * (mie * (haze_phase + 0.02)))


@wp.func
def clear_sky(table: wp.array2d(dtype=wp.vec3), sun: wp.vec3, direction: wp.vec3) -> wp.vec3:
    """Radiance of the clear sky in a direction; below the horizon that of the horizon."""
    up = wp.clamp(direction[2], 0.0, 1.0)
    flat = wp.sqrt(wp.max((direction[0] * direction[0] + direction[1] * direction[1])
                          * (sun[0] * sun[0] + sun[1] * sun[1]), 1.0e-12))
    across = wp.clamp((direction[0] * sun[0] + direction[1] * sun[1]) / flat, -1.0, 1.0)
    y = wp.clamp(wp.sqrt(up) * float(ROWS) - 0.5, 0.0, float(ROWS) - 1.001)
    x = wp.clamp(wp.sqrt(0.5 * (1.0 - across)) * float(COLUMNS) - 0.5, 0.0, float(COLUMNS) - 1.001)
    i = int(x)
    j = int(y)
    a = x - float(i)
    b = y - float(j)
    return ((table[j, i] * (1.0 - a) + table[j, i + 1] * a) * (1.0 - b)
            + (table[j + 1, i] * (1.0 - a) + table[j + 1, i + 1] * a) * b)
