# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop changes starts as float(...) or int(...)
"""How surfaces answer light, and how lamps shine."""

from simgen.localsim.render.kernels.noise import smooth
from simgen.localsim.render.kernels.surface import Surface
from simgen.localsim.render.warp_runtime import wp

STREET_LAMP = wp.constant(0)
LOW_BEAM = wp.constant(1)
TAIL_LAMP = wp.constant(2)
HIGH_BEAM = wp.constant(3)
SIGNAL_LAMP = wp.constant(4)

# Optics gather a lamp's light: so many times brighter in the middle of the beam than its colour says.
LOW_BEAM_GAIN = wp.constant(13.0)
HIGH_BEAM_GAIN = wp.constant(20.0)
STREET_GAIN = wp.constant(3.2)
# An animal's eye sends light back to where it came from, in a cone of some two degrees: no other surface is as smooth.
EYE_ROUGHNESS = wp.constant(0.01)
EYE_SHINE_GAIN = wp.constant(12.0)
EYE_SHINE_SPREAD = wp.constant(0.045)       # rad


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
def eye_shine(s: Surface, view: wp.vec3, light: wp.vec3) -> float:
    """What an eye returns of the light from one direction, times the cosine; 0 for other surfaces."""
    result = float(0.0)
    if s.roughness < EYE_ROUGHNESS:
        aside = wp.length(light + view)         # between the ways to the lamp and to the viewer, rad
        result = EYE_SHINE_GAIN * wp.exp(-aside * aside / (EYE_SHINE_SPREAD * EYE_SHINE_SPREAD))
    return result * wp.max(wp.dot(s.normal, light), 0.0)


@wp.func
def _lobe(x: float) -> float:
    """A bell: 1 in the middle, 1/4 at 1, with a wide foot."""
    y = 1.0 / (1.0 + x * x)
    return y * y


@wp.func
def lamp_beam(lamp: Lamp, away: wp.vec3) -> float:
    """Relative intensity of a lamp in a direction away from it (unit).

    Street lamp: wide, pointing down. Low beam (after the shape of UN R112): bright just below the horizon, a sharp
    cut-off above it that rises to the kerb's side, a wide foreground. Tail lamp: wide, backwards.
    """
    result = float(0.0)
    ahead = wp.dot(away, lamp.direction)
    if lamp.kind == STREET_LAMP:
        result = STREET_GAIN * (0.06 + 0.94 * smooth(0.02, 0.60, ahead))
    elif lamp.kind == TAIL_LAMP or lamp.kind == SIGNAL_LAMP:
        result = 0.6 * wp.max(ahead, 0.0)
    elif ahead > 0.05:
        # Tangents of the angles to the side (positive to the left) and above the lamp's axis, which whoever mounted it
        # has dipped already.
        h = (-away[0] * lamp.direction[1] + away[1] * lamp.direction[0]) / ahead
        v = away[2] / ahead - lamp.direction[2]
        if lamp.kind == LOW_BEAM:
            cut = v - 0.26 * wp.clamp(-h, 0.0, 0.10)
            below = 0.94 * smooth(0.012, -0.004, cut) + 0.06
            result = LOW_BEAM_GAIN * below * (_lobe((v + 0.016) / 0.075) * _lobe(h / 0.30)
                                              + 0.30 * _lobe((v + 0.05) / 0.24) * _lobe(h / 0.80))
        else:
            result = HIGH_BEAM_GAIN * (_lobe(h / 0.24) * _lobe(v / 0.10)
                                       + 0.2 * _lobe(h / 0.75) * _lobe((v + 0.04) / 0.24))
    return result


@wp.func
def lamp_light(lamp: Lamp, point: wp.vec3, normal: wp.vec3, through: float) -> wp.vec4:
    """Direction to a lamp (xyz) and the irradiance factor of a surface at a point (w; 0 where it does not reach).

    ``through``: share of light that counts from behind.
    """
    to = lamp.position - point
    d2 = wp.dot(to, to)
    result = wp.vec4(0.0, 0.0, 1.0, 0.0)
    facing = wp.dot(normal, to)
    if d2 < lamp.reach * lamp.reach and (facing > 0.0 or through > 0.0):
        d = wp.sqrt(d2) + 1.0e-6
        away = -to / d
        window = 1.0 - d2 / (lamp.reach * lamp.reach)
        lit = (wp.max(facing, 0.0) + through * wp.max(-facing, 0.0)) / d
        result = wp.vec4(-away[0], -away[1], -away[2], lit * lamp_beam(lamp, away) * window * window / (d2 + 0.3))
    return result
