# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""What vehicles, people and animals are made of. Patterns stick to the mesh, so they move with the body."""

from simgen.localsim.mesh import Signal
from simgen.localsim.render.kernels.lighting import EYE_ROUGHNESS
from simgen.localsim.render.kernels.noise import clouds, fract, grain, hash01, lerp3, smooth
from simgen.localsim.render.kernels.surface import Spot, Surface, matt, tilted, tint_row
from simgen.localsim.render.warp_runtime import wp

HEADLAMP_GLOW = wp.constant(14.0)
TAIL_GLOW = wp.constant(0.6)
BRAKE_GLOW = wp.constant(2.4)
POSITION_GLOW = wp.constant(0.15)
FOG_LAMP_GLOW = wp.constant(7.0)
REVERSE_GLOW = wp.constant(4.0)
SIGNAL_GLOW = wp.constant(2.4)
BEACON_GLOW = wp.constant(7.0)
MARKER_GLOW = wp.constant(0.8)
LEFT = wp.constant(int(Signal.LEFT))
RIGHT = wp.constant(int(Signal.RIGHT))
REVERSE = wp.constant(int(Signal.REVERSE))
FOG = wp.constant(int(Signal.FOG))
BEACON_LEFT = wp.constant(int(Signal.BEACON_LEFT))
BEACON_RIGHT = wp.constant(int(Signal.BEACON_RIGHT))
POSITION = wp.constant(int(Signal.POSITION))


@wp.func
def car_paint(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """A base colour under clear coat, dusty towards the sills; parameter 1 is a second colour: stripes, box bodies."""
    q = s.local
    dust = smooth(0.75, 0.15, q[2]) * (0.25 + 0.5 * clouds(texture, q[0] + q[1], q[2], 0.4, s.footprint))
    r = matt(lerp3(tint_row(s.tint, int(s.parameter + 0.5)), wp.vec3(0.20, 0.18, 0.155), dust * 0.5), s.normal, 0.045)
    r.shine = 0.045
    r.mirror = 1.0 - 0.8 * dust
    return r


@wp.func
def car_glass(s: Spot) -> Surface:
    """A pane: a mirror, a film of dust, and behind it as much of what is there as parameter says (0: all black)."""
    r = matt(wp.vec3(0.006, 0.007, 0.007), s.normal, 0.03)
    r.shine = 0.06
    r.mirror = 1.0
    r.clear = s.parameter
    return r


@wp.func
def tyre(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    q = s.local
    k = 0.9 + 0.6 * (clouds(texture, q[0] + q[1], q[2], 0.9, s.footprint) - 0.5)
    return matt(wp.vec3(0.022, 0.022, 0.023) * k, s.normal, 0.85)


@wp.func
def rim(s: Spot) -> Surface:
    r = matt(wp.vec3(0.55, 0.56, 0.58), s.normal, 0.25)
    r.shine = 0.5
    r.metal = 0.8
    r.mirror = 0.7
    return r


@wp.func
def headlamp(s: Spot) -> Surface:
    """Clear lens over a reflector; glows when lit."""
    r = matt(wp.vec3(0.46, 0.48, 0.51), s.normal, 0.06)
    r.shine = 0.08
    r.mirror = 1.0
    glow = wp.where((s.lamps[3] & POSITION) != 0, POSITION_GLOW, 0.0)
    if s.parameter > 0.5:
        glow = wp.where((s.lamps[3] & FOG) != 0, FOG_LAMP_GLOW, 0.0)
    elif s.lamps[0] > 0:
        glow = HEADLAMP_GLOW
    if glow > 0.0:
        r.glow = wp.vec3(1.0, 0.95, 0.85) * glow
        r.albedo = r.albedo * 0.3
    return r


@wp.func
def taillamp(s: Spot) -> Surface:
    r = matt(wp.vec3(0.30, 0.010, 0.010), s.normal, 0.08)
    r.shine = 0.06
    r.mirror = 1.0
    # the lens is ribbed, and brighter in front of each bulb
    q = s.local
    rib = wp.abs(fract(q[1] / 0.018) - 0.5) * 2.0
    bulb = wp.abs(fract(q[2] / 0.085) - 0.5) * 2.0
    detail = 1.0 - smooth(0.004, 0.02, s.footprint)
    k = 1.0 + detail * (0.35 * (rib - 0.5) + 0.7 * (0.5 - bulb))
    r.albedo = r.albedo * k
    if s.parameter > 0.5:                  # the reversing lamp's clear lens
        r.albedo = wp.vec3(0.42, 0.42, 0.43) * k
        if (s.lamps[3] & REVERSE) != 0:
            r.glow = wp.vec3(1.0, 0.96, 0.90) * (REVERSE_GLOW * k)
    elif s.lamps[2] > 0:
        r.glow = wp.vec3(1.0, 0.030, 0.020) * (BRAKE_GLOW * k)
    elif s.lamps[1] > 0:
        r.glow = wp.vec3(1.0, 0.022, 0.015) * (TAIL_GLOW * k)
    return r


@wp.func
def plate(s: Spot) -> Surface:
    """A number plate: seven dark signs on a light ground, other ones for each car. uv in [-1, 1]."""
    r = matt(wp.vec3(0.62, 0.62, 0.58), s.normal, 0.4)
    u = s.uv[0] * 4.0 + 3.5
    v = s.uv[1] * 1.55
    sign = wp.floor(u)
    if sign >= 0.0 and sign < 7.0 and sign != 2.0 and wp.abs(v) < 1.0:
        # strokes of a sign: a grid of 3 x 5 with its outline mostly drawn
        column = int(wp.floor((u - sign - 0.14) / 0.24))
        row = int(wp.floor((v + 1.0) * 2.5))
        if column >= 0 and column < 3:
            car = int(s.tint[0, 0] * 977.0 + s.tint[0, 1] * 3571.0 + s.tint[0, 2] * 7919.0)
            rim = wp.where(column != 1 or row == 0 or row == 4, 0.72, 0.40)
            if hash01(int(sign) * 8 + column, row, car) < rim:
                r.albedo = lerp3(wp.vec3(0.04, 0.04, 0.05), r.albedo, smooth(0.015, 0.06, s.footprint) * 0.5)
    return r


@wp.func
def signal_lamp(s: Spot) -> Surface:
    """An indicator (parameter 1), a beacon in the vehicle's third colour (2), or a marker or display (3)."""
    colour = wp.vec3(0.66, 0.19, 0.006)
    burning = wp.vec3(1.0, 0.21, 0.002)
    lit = wp.where(s.local[1] > 0.0, LEFT, RIGHT)
    strength = SIGNAL_GLOW
    if s.parameter > 2.5:
        colour = tint_row(s.tint, 2)
    elif s.parameter > 1.5:
        colour = tint_row(s.tint, 2)
        lit = wp.where(s.local[1] > 0.0, BEACON_LEFT, BEACON_RIGHT)
        burning = colour + wp.vec3(0.01, 0.03, 0.06)
        strength = BEACON_GLOW
    r = matt(colour, s.normal, 0.10)
    r.shine = 0.06
    r.mirror = 1.0
    if s.parameter > 2.5:
        if s.lamps[1] > 0:
            r.glow = colour * MARKER_GLOW
    elif (s.lamps[3] & lit) != 0:
        r.glow = burning * strength
    return r


@wp.func
def skin(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Light scatters under skin: the shadow side stays warm."""
    q = s.local
    k = 0.95 + 0.25 * (clouds(texture, q[0] + q[1], q[2], 2.0, s.footprint) - 0.5)
    r = matt(wp.cw_mul(tint_row(s.tint, 2) * k, wp.vec3(1.05, 0.97, 0.95)), s.normal, 0.5)
    r.shine = 0.03
    r.through = 0.08
    return r


@wp.func
def cloth(s: Spot, texture: wp.array(dtype=wp.vec2), row: int) -> Surface:
    """Woven and folded: the folds are slopes of a noise stretched along the body.

    Parameter 1 is closed by a zip, 2 by buttons; of what is knitted (3) every third is striped.
    """
    q = s.local
    x = q[0] + 0.8 * q[1]
    weave = grain(texture, x, q[2], 2.5, s.footprint) - 0.5
    fold = clouds(texture, x * 2.4, q[2] * 0.8, 0.9, s.footprint)
    k = 0.97 + 0.14 * weave + 0.10 * (fold - 0.5)
    r = matt(tint_row(s.tint, row) * wp.max(k, 0.3), s.normal, 0.95)
    if s.parameter > 2.5:
        if fract((s.tint[0, 0] + 3.0 * s.tint[0, 1] + 7.0 * s.tint[0, 2]) * 31.0) < 0.34:
            stripe = smooth(0.40, 0.45, wp.abs(fract(q[2] / 0.075) - 0.5)) * (1.0 - smooth(0.02, 0.06, s.footprint))
            r.albedo = lerp3(r.albedo, wp.vec3(0.46, 0.45, 0.42), 0.85 * stripe)
    elif s.parameter > 0.5 and s.normal[2] < 0.8:
        # the closing runs down the middle of the front; the mesh faces +x
        near = 1.0 - smooth(0.004, 0.008 + s.footprint, wp.abs(q[1] + 0.012 * (s.parameter - 1.0)))
        if q[0] > 0.0:
            r.albedo = r.albedo * (1.0 - 0.55 * near)
            if s.parameter > 1.5:
                dot = wp.vec2(q[1] - 0.014, (fract(q[2] / 0.11) - 0.5) * 0.11)
                button = 1.0 - smooth(0.007, 0.009 + 0.5 * s.footprint, wp.length(dot))
                r.albedo = lerp3(r.albedo, wp.vec3(0.05, 0.045, 0.04), button)
    reach = 0.02
    side = clouds(texture, (x + reach) * 2.4, q[2] * 0.8, 0.9, s.footprint) - fold
    up = clouds(texture, x * 2.4, (q[2] + reach) * 0.8, 0.9, s.footprint) - fold
    r.normal = tilted(s.normal, wp.vec3(side, 0.8 * side, up) * 0.6)
    r.shine = 0.02
    return r


@wp.func
def hair(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Strands; parameter 0 is dark brown, 1 fair, 2 grey, 3 red, 4 black. On dark skin fair and red are black too."""
    q = s.local
    k = 0.7 + 0.9 * grain(texture, (q[0] + q[1]) * 4.0, q[2] * 0.6, 1.0, s.footprint)
    colour = wp.vec3(0.040, 0.028, 0.020)
    grey = s.parameter > 1.5 and s.parameter < 2.5
    if s.parameter > 3.5 or (s.parameter > 0.5 and not grey and s.tint[2, 0] < 0.5):
        colour = wp.vec3(0.012, 0.010, 0.010)
    elif s.parameter > 2.5:
        colour = wp.vec3(0.155, 0.052, 0.018)
    elif s.parameter > 1.5:
        colour = wp.vec3(0.230, 0.225, 0.220)
    elif s.parameter > 0.5:
        colour = wp.vec3(0.260, 0.165, 0.075)
    r = matt(colour * k, s.normal, 0.62)
    r.shine = 0.04
    if s.footprint < 0.006:
        reach = 0.002
        lock = clouds(texture, (q[0] + q[1]) * 9.0, q[2] * 1.6, 0.9, s.footprint)
        slope = clouds(texture, (q[0] + q[1] + reach) * 9.0, q[2] * 1.6, 0.9, s.footprint) - lock
        r.normal = tilted(s.normal, wp.vec3(slope, slope, 0.15 * slope) * 1.2)
    return r


@wp.func
def fur(s: Spot, texture: wp.array(dtype=wp.vec2), row: int) -> Surface:
    """Short strands that run back and down along the body; the back is darker than the flanks."""
    q = s.local
    along = q[0] * 0.9 + q[2] * 0.5
    across = q[2] * 2.2 - q[0] * 0.4 + q[1] * 1.6
    strand = clouds(texture, along * 6.0, across * 15.0, 0.9, s.footprint)
    fine = grain(texture, along * 1.6, across * 5.0, 1.6, s.footprint) - 0.5
    patch = clouds(texture, q[0], q[2] + q[1], 0.7, s.footprint) - 0.5
    k = 0.90 + 0.55 * (strand - 0.5) + 0.22 * fine + 0.35 * patch
    back = smooth(0.5, 0.95, s.normal[2])
    r = matt(tint_row(s.tint, row) * (wp.max(k, 0.3) * (1.0 - 0.22 * back)), s.normal, 0.9)
    r.shine = 0.02
    r.through = 0.10                       # the fringe of a coat lights up against the sun
    if s.footprint < 0.02:
        reach = 0.003
        slope = clouds(texture, along * 6.0, (across + reach) * 15.0, 0.9, s.footprint) - strand
        r.normal = tilted(s.normal, wp.vec3(0.2 * slope, 0.5 * slope, slope) * 0.6)
    return r


@wp.func
def horn(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    q = s.local
    k = 0.8 + 0.6 * (clouds(texture, q[0] + q[1], q[2], 1.6, s.footprint) - 0.4)
    return matt(wp.vec3(0.30, 0.235, 0.16) * k, s.normal, 0.6)


@wp.func
def eye(s: Spot) -> Surface:
    """Dark and wet; so smooth that the light of lamps finds it shines back (see ``lighting.eye_shine``)."""
    r = matt(wp.vec3(0.012, 0.009, 0.007), s.normal, 0.5 * EYE_ROUGHNESS)
    r.shine = 0.05
    r.mirror = 1.0
    return r
