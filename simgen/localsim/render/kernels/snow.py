# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018 - in Warp what a branch changes starts as float(...)
"""What lying snow makes of a surface: how much of it is covered, and how the cover looks.

A cover has a thickness at each place: the snow depth, scattered by noise, thinned where wheels press it and where a
surface leans. It hides what is below as soon as it is thicker than that is rough. No geometry changes, so that every
label stays what it is without snow.
"""

from simgen.localsim.mesh import Material
from simgen.localsim.render.kernels import ground
from simgen.localsim.render.kernels.noise import clouds, fract, grain, lerp3, smooth
from simgen.localsim.render.kernels.surface import Conditions, Spot, Surface, tilted
from simgen.localsim.render.warp_runtime import wp

# Diffuse reflectance of fresh snow and of snow that wheels and feet have pressed (Wiscombe and Warren 1980: 0.8 to 0.9
# in the visible, nearly white; pressed and wet 0.4 to 0.6).
FRESH = wp.constant(wp.vec3(0.82, 0.835, 0.85))
PRESSED = wp.constant(wp.vec3(0.47, 0.485, 0.505))
_ROAD_KEEPS = wp.constant(0.6)          # of the snow depth, between the tracks of traffic that blows and packs it
_LEAVES_FALL_M = wp.constant(0.03)      # with so much snow no summer is left in a crown
_NARROWEST_LANE_M = wp.constant(2.4)    # narrower strips are shoulders: nobody drives there


@wp.func
def covered(depth_m: float, roughness_m: float) -> float:
    """Share of a surface that a cover of this depth hides; ``roughness_m``: how far it stands out of a thin one."""
    return smooth(0.15 * roughness_m, 1.1 * roughness_m, depth_m)


@wp.func
def _lumps(s: Spot, c: Conditions, far: float) -> wp.vec3:
    """Slope of a snow surface: wind has smoothed it over half metres and metres."""
    p = s.position
    reach = 0.12
    here = clouds(c.texture, p[0], p[1], 0.11, far)
    return wp.vec3(clouds(c.texture, p[0] + reach, p[1], 0.11, far) - here,
                   clouds(c.texture, p[0], p[1] + reach, 0.11, far) - here, 0.0)


@wp.func
def _blanket(r: Surface, share: float, albedo: wp.vec3, normal: wp.vec3) -> Surface:
    """A surface of which ``share`` lies under snow."""
    r.albedo = lerp3(r.albedo, albedo, share)
    r.normal = wp.normalize(lerp3(r.normal, normal, share))
    r.roughness = r.roughness + (0.95 - r.roughness) * share
    r.shine = r.shine + (0.02 - r.shine) * share
    r.metal = r.metal * (1.0 - share)
    r.mirror = r.mirror * wp.max(1.0 - 1.6 * share, 0.0)
    r.through = r.through * (1.0 - 0.8 * share)
    r.clear = r.clear * (1.0 - share)
    r.glow = r.glow * (1.0 - share)
    return r


@wp.func
def _open_ground(s: Spot, r: Surface, c: Conditions, roughness_m: float) -> Surface:
    """Meadow, earth, pavement: hollows fill first, tufts and stones stand out longest."""
    p = s.position
    far = wp.sqrt(s.footprint * s.stretch) * 0.6
    tuft = clouds(c.texture, p[0] + 3.0, p[1], 0.6, far)
    broad = clouds(c.texture, p[0], p[1] + 7.0, 0.05, far)
    depth = c.snow_depth * wp.max(1.0 + 1.4 * (tuft - 0.5) + 1.2 * (broad - 0.5), 0.05)
    share = covered(depth, roughness_m) * smooth(0.30, 0.75, s.normal[2])
    shade = 0.95 + 0.16 * (broad - 0.5) + 0.14 * (tuft - 0.5) * (1.0 - smooth(0.05, 0.3, far))
    slope = _lumps(s, c, far) * (2.2 * smooth(0.0, 0.15, c.snow_depth) * (1.0 - smooth(0.05, 0.4, far)))
    return _blanket(r, share, FRESH * shade, tilted(s.normal, slope))


@wp.func
def _road(s: Spot, r: Surface, c: Conditions) -> Surface:
    """Two tracks a lane, pressed to ice-grey or down to the wet asphalt, and white ridges between them."""
    p = s.position
    far = wp.sqrt(s.footprint * s.stretch) * 0.6
    fine = clouds(c.texture, p[0], p[1], 0.45, far) - 0.5
    broad = clouds(c.texture, p[0], p[1] + 7.0, 0.05, far) - 0.5
    crumbs = grain(c.texture, p[0], p[1], 0.5, far) - 0.5
    track = float(0.0)
    if s.material == Material.ASPHALT and s.parameter > _NARROWEST_LANE_M:
        along = s.uv[0]
        # drivers wander a little, and the edges of a track are ragged
        wander = 0.34 * (clouds(c.texture, along * 0.06, 5.0, 0.1, far) - 0.5)
        ragged = 0.22 * (clouds(c.texture, along * 0.5, s.uv[1] * 2.0, 0.35, far) - 0.5)
        track = ground.wheel_tracks(s.uv[1] + wander + ragged, s.parameter)
        streak = clouds(c.texture, along * 0.22, s.uv[1] * 2.0 + 3.0, 0.4, far) - 0.5
        track = wp.clamp(1.15 * track * (1.0 + 0.9 * streak), 0.0, 1.0)
    lying = c.snow_depth * _ROAD_KEEPS * (1.0 + 0.9 * fine + 0.7 * broad)
    # wheels leave a tenth; what has fallen since the last car, some ten minutes of it, lies on top
    lying = lying * (1.0 - 0.93 * track) + 0.0020 * c.snowing * (1.0 + 1.6 * fine)
    share = covered(wp.max(lying * (1.0 + 0.5 * crumbs), 0.0), 0.011)
    fresh = lerp3(PRESSED, FRESH * (0.93 + 0.20 * broad), smooth(0.004, 0.028, lying))
    # however deep, a track stays greyer than what nobody drove over, until it has snowed in
    fresh = lerp3(fresh, PRESSED * 1.2, 0.8 * track * (1.0 - 0.45 * smooth(1.0, 6.0, c.snowing)))
    # between snow and road lies slush: dark, wet, a little shiny
    wet = (1.0 - share) * smooth(0.0, 0.01, c.snow_depth)
    r.albedo = r.albedo * (1.0 - 0.42 * wet)
    r.roughness = r.roughness + (0.38 - r.roughness) * wet
    r.mirror = wp.max(r.mirror, 0.35 * smooth(0.45, 0.9, wet))
    edge = wp.clamp(track * (1.0 - track) * 4.0, 0.0, 1.0)
    slope = _lumps(s, c, far) * (0.5 * (1.0 - smooth(0.05, 0.3, far)))
    return _blanket(r, share, fresh * (1.0 - 0.10 * edge), tilted(s.normal, slope))


@wp.func
def _leaf(s: Spot, r: Surface, c: Conditions) -> Surface:
    """Winter in a crown: what leaves are left are withered, twigs dark below and loaded above. Blades of grass, which
    are leaves near the ground, turn to straw and go under."""
    winter = smooth(0.0, _LEAVES_FALL_M, c.snow_depth)
    luck = fract(s.uv[0] * 7.3 + s.uv[1] * 3.1)
    if s.local[2] < 0.75 and wp.abs(s.normal[2]) > 0.6 and s.footprint < 0.3:
        straw = wp.vec3(0.27, 0.215, 0.125) * (0.55 + 0.8 * luck)
        r.albedo = lerp3(r.albedo, straw, winter)
        r.through = r.through * (1.0 - 0.5 * winter)
        rooted = 1.0 - smooth(0.0, 0.30, s.local[2] + 0.1)
        share = smooth(0.15, 0.95, c.snow_depth * 6.0 * (0.6 + 0.8 * luck) + 0.35 * rooted * winter)
        return _blanket(r, share * 0.96, FRESH * 0.95, s.normal)
    twig = lerp3(wp.vec3(0.085, 0.072, 0.062), wp.vec3(0.155, 0.112, 0.075), luck)
    r.albedo = lerp3(r.albedo, twig, winter)
    r.through = r.through * (1.0 - 0.85 * winter)
    loaded = smooth(0.0, 0.10, c.snow_depth)
    fine = clouds(c.texture, s.position[0] + s.position[2], s.position[1] - s.position[2], 2.2, s.footprint) - 0.5
    up = s.normal[2] + 0.9 * (luck - 0.5) + 0.8 * fine
    # far crowns are lumps without leaves: their clumps come from noise
    p = s.position
    far = smooth(0.04, 0.15, s.footprint)
    up = up + far * 1.6 * (clouds(c.texture, p[0] + 0.7 * p[2], p[1] + 1.3 * p[2], 0.21, s.footprint) - 0.5)
    share = winter * (0.10 + (0.35 + 0.5 * loaded) * smooth(-0.25 - 0.2 * loaded, 0.85, up))
    return _blanket(r, share, FRESH * 0.93, s.normal)


@wp.func
def _needle(s: Spot, r: Surface, c: Conditions) -> Surface:
    """Boughs carry their load on top; below they stay dark."""
    luck = fract(s.uv[0] * 5.7 + s.uv[1] * 2.3)
    loaded = smooth(0.0, 0.10, c.snow_depth)
    p = s.position
    clump = clouds(c.texture, p[0] + 0.7 * p[2], p[1] + 1.3 * p[2], 0.30, s.footprint) - 0.5
    fine = clouds(c.texture, p[0] + p[2], p[1] - p[2], 1.4, s.footprint) - 0.5
    up = s.normal[2] + 0.45 * (luck - 0.5) + 1.1 * clump + 0.9 * fine
    share = loaded * (0.06 + 0.86 * smooth(0.55 - 0.45 * loaded, 1.0 - 0.25 * loaded, up))
    r.albedo = r.albedo * (1.0 - 0.25 * loaded)
    return _blanket(r, share, FRESH * 0.95, s.normal)


@wp.func
def _plastered(s: Spot, c: Conditions) -> float:
    """Share of an upright surface that drifting snow sticks to: patches on the windward side."""
    windward = wp.max(wp.dot(s.normal, c.windward), 0.0)
    patch = clouds(c.texture, s.position[0] + s.position[1], 1.4 * s.position[2], 0.9, s.footprint)
    return smooth(0.2, 0.9, windward) * smooth(0.42, 0.62, patch) * smooth(0.2, 3.0, c.snowing) * 0.75


@wp.func
def _wood(s: Spot, r: Surface, c: Conditions) -> Surface:
    """Stems and branches: a ridge on top of what lies flat, patches to windward on what stands; twigs are white but
    for their undersides."""
    loaded = smooth(0.0, 0.05, c.snow_depth)
    if s.material == Material.BARK and s.parameter > 1.5:
        return _blanket(r, loaded * (0.10 + 0.82 * smooth(-0.30, 0.75, s.normal[2])), FRESH * 0.95, s.normal)
    patch = clouds(c.texture, s.position[0] * 2.0, s.position[1] * 2.0 + s.position[2], 0.8, s.footprint) - 0.5
    ridge = loaded * smooth(0.12, 0.48, s.normal[2] + 0.5 * patch)
    return _blanket(r, wp.max(ridge, _plastered(s, c) * loaded), FRESH, s.normal)


@wp.func
def _vehicle(s: Spot, r: Surface, c: Conditions) -> Surface:
    """On a parked car snow lies on roof, bonnet and panes; one that was driven has lost it but for the roof, wiped its
    panes and is grey with salt below."""
    q = s.local
    driven = 1.0 - smooth(0.4, 0.9, s.snow)
    patch = clouds(c.texture, q[0] + 0.3 * q[2], q[1], 0.55, s.footprint) - 0.5
    fine = grain(c.texture, q[0] + q[2], q[1], 0.7, s.footprint) - 0.5
    lean = s.normal[2] + 0.22 * patch + 0.10 * fine
    depth = c.snow_depth * s.snow * wp.max(1.0 + 1.8 * patch, 0.0)
    share = covered(depth, 0.02) * smooth(0.52, 0.80, lean)
    # the engine's warmth melts it on the bonnet: what lies high stays
    share = share * (1.0 - driven * smooth(1.35, 1.15, q[2]))
    if s.material == Material.CAR_GLASS:
        # it slides off panes in sheets
        slid = smooth(0.36, 0.52, 0.5 + patch + 0.35 * (s.normal[2] - 0.5))
        share = covered(depth, 0.03) * smooth(0.30, 0.62, lean) * (1.0 - driven) * (0.25 + 0.75 * slid)
    elif s.material == Material.TYRE:
        share = wp.max(share, 0.25 * smooth(-0.1, 0.35, patch + fine) * smooth(0.0, 0.03, c.snow_depth))
    dusted = 0.35 * smooth(0.4, 2.5, c.snowing) * smooth(0.05, 0.7, s.normal[2] + 0.5 * fine) * smooth(
        0.46, 0.60, 0.5 + 0.6 * patch + 0.5 * fine) * wp.where(s.material == Material.CAR_GLASS, 0.2, 1.0)
    share = wp.max(share, dusted)
    if s.material == Material.CAR_PAINT or s.material == Material.RIM or s.material == Material.BLACK_TRIM:
        salt = driven * smooth(0.0, 0.03, c.snow_depth) * smooth(0.85, 0.25, q[2] + 0.25 * patch) * 0.6
        r.albedo = lerp3(r.albedo, wp.vec3(0.27, 0.265, 0.26), salt)
        r.mirror = r.mirror * (1.0 - 0.8 * salt)
        r.roughness = r.roughness + (0.7 - r.roughness) * salt
    # what lies on a body is rounded, and its rims are in their own shade
    rounded = 0.80 + 0.20 * smooth(0.5, 0.95, s.normal[2])
    return _blanket(r, 0.96 * share, FRESH * (rounded + 0.10 * patch), s.normal)


@wp.func
def _coat(s: Spot, r: Surface, c: Conditions) -> Surface:
    """Single flakes and small patches on backs, heads and shoulders."""
    q = s.local
    loaded = smooth(0.0, 0.06, c.snow_depth * s.snow) * smooth(0.0, 1.0, c.snowing)
    patch = clouds(c.texture, q[0] * 1.4, q[1] * 1.4 + q[2], 0.9, s.footprint) - 0.5
    fine = grain(c.texture, q[0], q[1] + q[2], 0.35, s.footprint) - 0.5
    up = s.normal[2] + 0.9 * patch + 0.55 * fine
    share = loaded * smooth(0.55, 1.15, up) * 0.85
    return _blanket(r, share, FRESH, s.normal)


@wp.func
def _is_vehicle(m: int) -> bool:
    body = m == Material.CAR_PAINT or m == Material.CAR_GLASS or m == Material.BLACK_TRIM or m == Material.PLATE
    return body or m == Material.TYRE or m == Material.RIM or m == Material.HEADLAMP or m == Material.TAILLAMP


@wp.func
def _is_coat(m: int) -> bool:
    fur = m == Material.FUR or m == Material.FUR_LIGHT or m == Material.HORN or m == Material.EYE
    cloth = m == Material.CLOTH_UPPER or m == Material.CLOTH_LOWER or m == Material.SHOE
    return fur or cloth or m == Material.HAIR or m == Material.SKIN


@wp.func
def snowed(s: Spot, r: Surface, c: Conditions) -> Surface:
    """A surface in snow."""
    m = s.material
    if m == Material.ASPHALT or m == Material.ROAD_MARKING:
        r = _road(s, r, c)
    elif m == Material.GRASS:
        r = _open_ground(s, r, c, 0.05)
    elif m == Material.LEAF:
        r = _leaf(s, r, c)
    elif m == Material.NEEDLE:
        r = _needle(s, r, c)
    elif m == Material.SIDEWALK or m == Material.CURB or m == Material.DIRT:
        r = _open_ground(s, r, c, 0.012)
    elif m == Material.BARK or m == Material.WOOD or m == Material.FENCE or m == Material.HEDGE:
        if m == Material.HEDGE:
            r.albedo = lerp3(r.albedo, wp.vec3(0.075, 0.065, 0.052), 0.85 * smooth(0.0, _LEAVES_FALL_M, c.snow_depth))
        r = _wood(s, r, c)
    elif _is_vehicle(m):
        r = _vehicle(s, r, c)
    elif _is_coat(m):
        if m != Material.EYE and m != Material.SKIN:
            r = _coat(s, r, c)
    elif m != Material.WINDOW and m != Material.WATER and m != Material.SIGNAL_LAMP:
        # roofs, ledges, the tops of signs and posts
        patch = clouds(c.texture, s.position[0], s.position[1], 0.35, s.footprint) - 0.5
        lies = covered(c.snow_depth * wp.max(1.0 + 1.4 * patch, 0.0), 0.012) * smooth(0.28, 0.52, s.facet[2])
        share = wp.max(lies, 0.6 * _plastered(s, c) * smooth(0.0, 0.05, c.snow_depth))
        r = _blanket(r, share, FRESH * (1.0 + 0.12 * patch), s.normal)
    return r
