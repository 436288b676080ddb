# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""What lies on the ground: asphalt, its markings, slabs, kerbs, grass, earth, water."""

from simgen.localsim.render.kernels.noise import cell_hash, clouds, fract, grain, lerp3, smooth
from simgen.localsim.render.kernels.surface import Spot, Surface, matt, tilted
from simgen.localsim.render.warp_runtime import wp


@wp.func
def _grain_slope(texture: wp.array(dtype=wp.vec2), x: float, y: float, scale: float, footprint: float) -> wp.vec3:
    """Slope of a rough ground's grain; fades out where a pixel covers many grains."""
    reach = 0.012
    here = grain(texture, x, y, scale, footprint)
    return wp.vec3(grain(texture, x + reach, y, scale, footprint) - here,
                   grain(texture, x, y + reach, scale, footprint) - here, 0.0)


@wp.func
def wheel_tracks(across: float, lane_width: float) -> float:
    """1 in the two tracks of a lane, 0 between; ``across`` counts from the line between the directions."""
    inside = wp.abs(fract(across / lane_width) - 0.5) * lane_width
    t = (inside - 0.75) / 0.28
    return wp.exp(-t * t)


@wp.func
def _between(x: float, half: float, footprint: float) -> float:
    """Coverage of |x| < half, with an edge as soft as a pixel."""
    return wp.clamp((half - wp.abs(x)) / (footprint + 1.0e-4) + 0.5, 0.0, 1.0)


@wp.func
def asphalt(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """uv: metres along and across the road; parameter: lane width, 0 where lanes cross (uv is then the world's)."""
    p = s.position
    far = wp.sqrt(s.footprint * s.stretch) * 0.6
    k = (0.74 + 0.60 * (grain(texture, p[0], p[1], 0.9, far) - 0.5)
         + 0.30 * (grain(texture, p[0], p[1], 0.17, far) - 0.5)
         + 0.55 * (clouds(texture, p[0], p[1], 0.045, far) - 0.5)
         + 0.25 * (clouds(texture, p[0], p[1], 0.6, far) - 0.5))
    if s.parameter > 0.0:
        along = s.uv[0]
        across = s.uv[1]
        k += 0.45 * (clouds(texture, along * 0.15 + 3.0, across, 0.07, far) - 0.5)      # streaks along the road
        k *= 1.0 + 0.12 * wheel_tracks(across, s.parameter) * (1.0 - smooth(0.5, 3.0, s.stretch))
        middle = (fract(across / s.parameter) - 0.5) * s.parameter / 0.35
        k *= 1.0 - 0.16 * wp.exp(-middle * middle) * (0.4 + 0.6 * clouds(texture, along, 0.0, 0.02, far))   # oil
        # repairs: some fields of the lane were dug up and closed with darker asphalt
        row = wp.floor(across / s.parameter)
        place = along / 13.0 + 0.37 * row
        if cell_hash(place, row, 5) > 0.84:
            inside = (_between(fract(place) - 0.5, 0.31 * cell_hash(place, row, 6) + 0.06, s.stretch / 13.0)
                      * _between(fract(across / s.parameter) - 0.5, 0.40, s.footprint / s.parameter))
            k *= 1.0 - 0.27 * inside
    # cracks: the zero line of a noise; thinner than a pixel they fade
    line = wp.abs(clouds(texture, p[0], p[1], 0.07, far) - 0.5 + (clouds(texture, p[0], p[1], 0.31, far) - 0.5) * 0.25)
    where = smooth(0.50, 0.62, clouds(texture, p[0] + 31.0, p[1], 0.023, far))
    k *= 1.0 - 0.5 * where * wp.max(0.0, 1.0 - line / (0.006 + far * 0.15)) * wp.min(1.0, 0.012 / (far + 0.004))
    # The loose stones of a road flatten its reflection: a broad sheen towards a low sun.
    r = matt(wp.vec3(0.086, 0.085, 0.083) * wp.max(k, 0.25), s.normal, 0.82)
    if s.footprint < 0.03:
        strength = 0.30 * (1.0 - smooth(0.008, 0.03, s.footprint))
        r.normal = tilted(s.normal, _grain_slope(texture, p[0], p[1], 0.9, far) * strength)
    return r


@wp.func
def marking(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Road paint, worn by wheels: where it is gone the asphalt shows."""
    p = s.position
    far = wp.sqrt(s.footprint * s.stretch) * 0.6
    wear = (clouds(texture, p[0], p[1], 0.5, far) - 0.5) * 1.5 + (grain(texture, p[0], p[1], 0.45, far) - 0.5) * 0.5
    kept = wp.clamp(0.84 + 1.1 * wear, 0.12, 0.95)
    paint = wp.vec3(0.60, 0.60, 0.57) * (0.92 + 0.3 * (clouds(texture, p[0], p[1], 0.2, far) - 0.5))
    road = wp.vec3(0.075, 0.074, 0.072) * (0.8 + 0.5 * grain(texture, p[0], p[1], 0.9, far))
    r = matt(lerp3(road, paint, kept), s.normal, 0.62)
    r.shine = 0.045
    return r


@wp.func
def slabs(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Pavement of 0.5 m slabs, laid along uv, each a little different."""
    far = wp.sqrt(s.footprint * s.stretch) * 0.6
    u = s.uv[0] / 0.5
    v = s.uv[1] / 0.5
    fade = wp.min(1.0, 0.02 / (far + 0.002))
    edge = wp.max(wp.abs(fract(u) - 0.5), wp.abs(fract(v) - 0.5))
    joint = smooth(0.482 - far, 0.494, edge) * fade
    p = s.position
    k = (0.90 + 0.24 * (cell_hash(u, v, 3) - 0.5) * wp.min(1.0, 0.3 / (far + 0.05))
         + 0.42 * (clouds(texture, p[0], p[1], 0.1, far) - 0.5) + 0.22 * (grain(texture, p[0], p[1], 1.3, far) - 0.5)
         + 0.2 * (clouds(texture, p[0], p[1], 0.9, far) - 0.5))
    r = matt(wp.vec3(0.27, 0.262, 0.25) * (k * (1.0 - 0.5 * joint)), s.normal, 0.85)
    if s.footprint < 0.02:
        r.normal = tilted(s.normal, _grain_slope(texture, p[0], p[1], 1.3, far) * 0.12)
    return r


@wp.func
def kerb(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """Kerb stones of 1 m, dirty at the foot."""
    p = s.position
    far = wp.sqrt(s.footprint * s.stretch) * 0.6
    joint = smooth(0.488 - 0.5 * far, 0.496, wp.abs(fract(s.uv[0]) - 0.5)) * wp.min(1.0, 0.02 / (far + 0.01))
    k = (0.86 + 0.5 * (clouds(texture, p[0] + p[2], p[1] + p[2], 0.2, far) - 0.5)
         + 0.25 * (grain(texture, p[0] + p[2], p[1], 1.1, far) - 0.5) + 0.12 * (cell_hash(s.uv[0] + 0.5, 0.0, 8) - 0.5))
    return matt(wp.vec3(0.33, 0.325, 0.31) * (k * (1.0 - 0.45 * joint)), s.normal, 0.85)


@wp.func
def grass(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """A meadow: greener and drier parts, blades up close."""
    p = s.position
    far = wp.sqrt(s.footprint * s.stretch) * 0.6
    broad = clouds(texture, p[0], p[1], 0.04, far)
    tuft = clouds(texture, p[0], p[1], 0.6, far)
    blade = grain(texture, p[0] * 1.4, p[1], 0.9, far) - 0.5
    fine = clouds(texture, p[0], p[1], 3.1, far) - 0.5
    k = 0.72 + 0.9 * (tuft - 0.5) + 0.75 * blade + 0.7 * fine
    dry = smooth(0.36, 0.68, broad)
    colour = lerp3(wp.vec3(0.058, 0.094, 0.020), wp.vec3(0.118, 0.128, 0.044), dry)
    bare = smooth(0.64, 0.74, clouds(texture, p[0] + 24.0, p[1], 0.021, far)) * 0.6
    colour = lerp3(colour, wp.vec3(0.12, 0.095, 0.06), bare)
    r = matt(colour * wp.max(k, 0.2), s.normal, 0.95)
    r.shine = 0.02
    if s.footprint < 0.05:
        r.normal = tilted(s.normal, _grain_slope(texture, p[0], p[1], 0.9, far) * 0.6)
    return r


@wp.func
def earth(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    p = s.position
    far = wp.sqrt(s.footprint * s.stretch) * 0.6
    k = (0.85 + 0.7 * (clouds(texture, p[0], p[1], 0.3, far) - 0.5) + 0.5 * (grain(texture, p[0], p[1], 0.9, far) - 0.5)
         + 0.5 * (clouds(texture, p[0], p[1], 0.05, far) - 0.5))
    r = matt(wp.vec3(0.15, 0.112, 0.075) * wp.max(k, 0.2), s.normal, 0.95)
    r.shine = 0.02
    return r


@wp.func
def water(s: Spot, texture: wp.array(dtype=wp.vec2), time_s: float) -> Surface:
    p = s.position
    r = matt(wp.vec3(0.010, 0.018, 0.018), s.normal, 0.04)
    here = clouds(texture, p[0] + time_s, p[1], 0.11, s.footprint)
    slope = wp.vec3(clouds(texture, p[0] + time_s + 0.1, p[1], 0.11, s.footprint) - here,
                    clouds(texture, p[0] + time_s, p[1] + 0.1, 0.11, s.footprint) - here, 0.0)
    r.normal = tilted(s.normal, slope * 0.6)
    r.shine = 0.02
    r.mirror = 1.0
    return r
