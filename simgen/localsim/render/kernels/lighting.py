# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def"
"""How surfaces answer light, and how lamps shine."""

from simgen.localsim.render.kernels.noise import smooth
from simgen.localsim.render.kernels.surface import Surface
from simgen.localsim.render.warp_runtime import wp

STREET_LAMP = wp.constant(0)
LOW_BEAM = wp.constant(1)
TAIL_LAMP = wp.constant(2)
HIGH_BEAM = wp.constant(3)


@wp.struct
class Lamp:
    position: wp.vec3
    direction: wp.vec3
    colour: wp.vec3
    kind: int
    reach: float


@wp.func
def fresnel(shine: float, cosine: float) -> float:
    """Schlick's approximation of reflectance at an angle of incidence."""
    t = 1.0 - wp.clamp(cosine, 0.0, 1.0)
    t2 = t * t
    return shine + (1.0 - shine) * t2 * t2 * t


@wp.func
def highlight(s: Surface, view: wp.vec3, light: wp.vec3, least_roughness: float) -> float:
    """Specular reflection of light from one direction, times the cosine: GGX microfacets (Walter et al. 2007) with
    Karis' fit of Smith's shadowing. view: from the eye; light: towards the lamp."""
    half = wp.normalize(light - view)
    nl = wp.dot(s.normal, light)
    result = float(0.0)
    if nl > 0.0:
        nv = wp.max(-wp.dot(s.normal, view), 0.02)
        nh = wp.max(wp.dot(s.normal, half), 0.0)
        rough = wp.max(s.roughness, least_roughness)
        a2 = rough * rough * rough * rough
        d = nh * nh * (a2 - 1.0) + 1.0
        k = (rough + 1.0) * (rough + 1.0) / 8.0
        shadow = 1.0 / ((nv * (1.0 - k) + k) * (nl * (1.0 - k) + k))
        result = a2 / (wp.pi * d * d) * fresnel(s.shine, -wp.dot(half, view)) * shadow * 0.25 * nl
    return wp.min(result, 12.0)


@wp.func
def lamp_beam(lamp: Lamp, away: wp.vec3) -> float:
    """Relative intensity of a lamp in a direction away from it (unit).

    Street lamp: wide, pointing down. Low beam (after the shape of UN R112): bright just below the horizon, a sharp
    cut-off above it that rises to the kerb's side, a wide foreground. Tail lamp: wide, backwards.
    """
    result = float(0.0)
    ahead = wp.dot(away, lamp.direction)
    if lamp.kind == STREET_LAMP:
        result = 0.05 + 0.95 * smooth(0.10, 0.60, ahead)
    elif lamp.kind == TAIL_LAMP:
        result = 0.6 * wp.max(ahead, 0.0)
    elif ahead > 0.05:
        side = -away[0] * lamp.direction[1] + away[1] * lamp.direction[0]      # positive to the left
        h = wp.atan2(side, ahead)
        # above the lamp's own axis, and the axis of a low beam dips by 0.7 degrees
        v = wp.atan2(away[2] - lamp.direction[2] * ahead, ahead)
        if lamp.kind == LOW_BEAM:
            cut = v + 0.012 - 0.26 * wp.clamp(-h, 0.0, 0.10)
            below = float(1.0)
            if cut > 0.0:
                below = wp.exp(-(cut / 0.018) * (cut / 0.018)) + 0.012
            core = wp.exp(-((v + 0.022) / 0.05) * ((v + 0.022) / 0.05)) * wp.exp(-(h / 0.20) * (h / 0.20))
            field = 0.30 * wp.exp(-((v + 0.05) / 0.16) * ((v + 0.05) / 0.16)) * wp.exp(-(h / 0.55) * (h / 0.55))
            result = below * (core + field)
        else:
            result = (wp.exp(-(h / 0.16) * (h / 0.16)) * wp.exp(-(v / 0.07) * (v / 0.07)) * 1.6
                      + 0.3 * wp.exp(-(h / 0.5) * (h / 0.5)) * wp.exp(-((v + 0.04) / 0.16) * ((v + 0.04) / 0.16)))
    return result


@wp.func
def lamp_light(lamp: Lamp, point: wp.vec3) -> wp.vec4:
    """Direction to a lamp (xyz) and its irradiance factor at a point before the cosine (w); w is 0 out of reach."""
    to = lamp.position - point
    d2 = wp.dot(to, to)
    result = wp.vec4(0.0, 0.0, 1.0, 0.0)
    if d2 < lamp.reach * lamp.reach:
        d = wp.sqrt(d2) + 1.0e-6
        l = to / d
        window = 1.0 - d2 / (lamp.reach * lamp.reach)
        result = wp.vec4(l[0], l[1], l[2], lamp_beam(lamp, -l) * window * window / (d2 + 0.3))
    return result
