# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a loop or a branch changes starts as float(...)
"""What the land is covered with: verges, meadows, fields, forest floor, earth, water; what lanes are to patterns.

A lane's triangles say by their parameter how wide it is, where in uv it lies and what is beside it:
width in metres (below 16, to the centimetre) + 16 · (64 · the lane's right edge in widths, its whole part dropped)
+ 1024 · a kind (``URBAN``, ``STANDING``, ``BESIDE_KERB_LEFT``, ``BESIDE_KERB_RIGHT``). ``places/pavement.py`` has it.
"""

from simgen.localsim.render.kernels.noise import cell_hash, clouds, fract, grain, lerp3, level_of, noise2, smooth
from simgen.localsim.render.kernels.surface import Spot, Surface, matt, stripe, tilted
from simgen.localsim.render.warp_runtime import wp

URBAN = wp.constant(1)
STANDING = wp.constant(2)               # a parking lane or a shoulder: no wheel tracks
BESIDE_KERB_LEFT = wp.constant(4)
BESIDE_KERB_RIGHT = wp.constant(8)

# What terrain says of itself by its parameter; uv is then the distance to the road's edge and the forest's density.
LAND_TOWN = wp.constant(1)
LAND_COUNTRY = wp.constant(2)
FIELDS_FROM_M = wp.constant(11.0)
FIELD_M = wp.constant(96.0)             # across a field; it is 2.6 times as long
TRAMLINES_M = wp.constant(18.0)


@wp.func
def lane_kind(parameter: float) -> int:
    """The bits of a lane's kind."""
    return int(parameter / 1024.0)


@wp.func
def lane_place(across: float, parameter: float) -> wp.vec3:
    """A lane's width, m; how far ``across`` lies to the left of its middle, m; and a number of this lane's own."""
    rest = parameter - 1024.0 * wp.floor(parameter / 1024.0)
    phase = wp.floor(rest / 16.0)
    width = rest - 16.0 * phase
    u = across / wp.max(width, 0.1) - phase / 64.0
    return wp.vec3(width, (fract(u) - 0.5) * width, wp.floor(u))


@wp.func
def wheel_tracks(across: float, parameter: float) -> float:
    """1 in the two tracks of a lane, 0 between and where nobody drives; ``across`` counts from the line between the
    directions. parameter: the lane's."""
    if (lane_kind(parameter) & STANDING) != 0:
        return 0.0
    t = (wp.abs(lane_place(across, parameter)[1]) - 0.75) / 0.28
    return wp.exp(-t * t)


@wp.func
def pixel_on_ground(s: Spot) -> float:
    """What a pixel covers of the ground, m: between its width and its length, since textures blur evenly."""
    return wp.sqrt(s.footprint * s.stretch) * 0.6


@wp.func
def grain_slope(
    texture: wp.array(dtype=wp.vec2), x: float, y: float, scale: float, footprint: float, here: float
) -> wp.vec3:
    """Slope of a rough ground's grain, which is ``here`` at x, y; fades out where a pixel covers many grains."""
    reach = 0.012
    return wp.vec3(grain(texture, x + reach, y, scale, footprint) - here,
                   grain(texture, x, y + reach, scale, footprint) - here, 0.0)


@wp.func
def between(x: float, half: float, footprint: float) -> float:
    """Coverage of |x| < half, with an edge as soft as a pixel."""
    return wp.clamp((half - wp.abs(x)) / (footprint + 1.0e-4) + 0.5, 0.0, 1.0)


@wp.func
def _field(x: float, y: float, k: float, far: float, stretch: float) -> wp.vec4:
    """Colour of the field at a place, and how much of a field it is: grain, maize, rape, stubble, ploughed, or meadow.

    k: how light the spot is by noise; fields lie in a grid of their own, turned against the world's axes.
    """
    u = (x * 0.906 + y * 0.423) / FIELD_M
    column = wp.floor(u)
    v = (y * 0.906 - x * 0.423) / (2.6 * FIELD_M) + 0.61 * column
    kind = cell_hash(u, v, 51)
    inside = (wp.min(fract(u), 1.0 - fract(u))) * FIELD_M
    inside = wp.min(inside, wp.min(fract(v), 1.0 - fract(v)) * 2.6 * FIELD_M)
    share = smooth(1.2, 2.0, inside + 1.2 * (k - 0.8))
    across = u * FIELD_M
    colour = wp.vec3(0.24, 0.19, 0.078)          # wheat
    rows = float(0.0)
    if kind > 0.84:
        colour = wp.vec3(0.115, 0.082, 0.055)     # ploughed
        rows = 0.42
    elif kind > 0.66:
        colour = wp.vec3(0.060, 0.082, 0.024)     # maize
        rows = 0.34
    elif kind > 0.57:
        colour = wp.vec3(0.31, 0.27, 0.028)       # rape
    elif kind > 0.42:
        colour = wp.vec3(0.135, 0.155, 0.052)     # barley, still green
    elif kind < 0.22:
        share = 0.0                               # pasture
    lines = 0.5 - 0.5 * wp.cos(across * (6.2831853 / 0.75))
    shade = 1.0 + rows * (lines - 0.5) * 2.0 * wp.min(1.0, 0.10 / (stretch + 0.02))
    if rows == 0.0:
        # the sprayer's two wheels, every 18 m
        lane = (fract(across / TRAMLINES_M) - 0.5) * TRAMLINES_M
        shade *= 1.0 - 0.42 * wp.max(stripe(lane - 0.9, 0.22, far * 1.6), stripe(lane + 0.9, 0.22, far * 1.6))
    colour = colour * (shade * (0.55 + 0.56 * k))
    return wp.vec4(colour[0], colour[1], colour[2], share)


@wp.func
def grass(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    """A meadow: greener and drier parts, blades up close. Terrain (parameter ``LAND_…``) also has a gravel shoulder
    and a mown strip at a country road's edge, fields beyond the verge and brown leaves under trees."""
    p = s.position
    far = pixel_on_ground(s)
    fine = noise2(texture, p[0] * 0.9, p[1] * 0.9, level_of(far, 0.9))
    broad = clouds(texture, p[0], p[1], 0.04, far)
    tuft = clouds(texture, p[0], p[1], 0.6, far)
    tall = clouds(texture, p[0], p[1], 3.1, far) - 0.5
    k = 0.72 + 0.9 * (tuft - 0.5) + 0.75 * (fine[1] - 0.5) + 0.7 * tall + 0.25 * (fine[0] - 0.5)
    dry = smooth(0.36, 0.68, broad)
    colour = lerp3(wp.vec3(0.058, 0.094, 0.020), wp.vec3(0.118, 0.128, 0.044), dry)
    bare = smooth(0.64, 0.74, clouds(texture, p[0] + 24.0, p[1], 0.021, far)) * 0.6
    colour = lerp3(colour, wp.vec3(0.12, 0.095, 0.06), bare)
    # clover, daisies, dandelions up close
    if far < 0.04:
        flower = smooth(0.972, 0.985, fine[1]) * smooth(0.5, 0.62, broad) * (1.0 - smooth(0.015, 0.04, far))
        colour = lerp3(colour, wp.where(tuft > 0.5, wp.vec3(0.55, 0.55, 0.50), wp.vec3(0.55, 0.42, 0.03)), flower)
    colour = colour * wp.max(k, 0.2)
    land = int(s.parameter)
    if land > 0:
        edge = s.uv[0]
        if land == LAND_COUNTRY:
            if edge > FIELDS_FROM_M and s.uv[1] < -0.10:
                field = _field(p[0], p[1], k + 0.6 * (broad - 0.5), far, s.stretch)
                share = field[3] * smooth(FIELDS_FROM_M, FIELDS_FROM_M + 1.2, edge + 2.0 * (broad - 0.5))
                share *= smooth(-0.10, -0.16, s.uv[1])
                colour = lerp3(colour, wp.vec3(field[0], field[1], field[2]), share)
            if edge < 3.0:
                mown = smooth(2.7, 2.2, edge + 0.5 * (tuft - 0.5))
                colour = lerp3(colour, wp.vec3(0.105, 0.122, 0.040) * wp.max(0.25 + 0.75 * k, 0.3), 0.55 * mown)
                stones = 0.62 + 0.9 * (fine[1] - 0.5) + 0.5 * (tuft - 0.5)
                gravel = smooth(0.62, 0.28, edge + 0.55 * (tuft - 0.5) + 0.3 * (broad - 0.5))
                colour = lerp3(colour, wp.vec3(0.185, 0.170, 0.148) * wp.max(stones, 0.2), 0.85 * gravel)
        # far away crowns hide the ground, and what shows between them is green
        shade = smooth(-0.06, 0.12, s.uv[1]) * smooth(3.0, 7.0, edge) * (1.0 - smooth(60.0, 160.0, edge))
        if shade > 0.0:
            litter = wp.vec3(0.088, 0.060, 0.034) * wp.max(0.75 + 0.9 * (fine[1] - 0.5) + 0.6 * (tuft - 0.5), 0.2)
            moss = smooth(0.55, 0.66, clouds(texture, p[0] + 3.0, p[1], 0.11, far))
            colour = lerp3(colour, lerp3(litter, colour, 0.75 * moss), 0.85 * shade)
    r = matt(colour, s.normal, 0.95)
    r.shine = 0.02
    if s.footprint < 0.05:
        strength = 0.6 * (1.0 - smooth(0.02, 0.05, s.footprint))
        r.normal = tilted(s.normal, grain_slope(texture, p[0], p[1], 0.9, far, fine[1]) * strength)
    return r


@wp.func
def earth(s: Spot, texture: wp.array(dtype=wp.vec2)) -> Surface:
    p = s.position
    far = pixel_on_ground(s)
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
