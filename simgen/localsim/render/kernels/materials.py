# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: SIM109 - in Warp what a loop changes starts as float(...) or int(...), and there is no "in"
"""From a hit to a surface: which material is there, how it looks, and what rain makes of it."""

from simgen.localsim.mesh import Material
from simgen.localsim.render.kernels import buildings, ground, movers, plants
from simgen.localsim.render.kernels.noise import clouds, hash01, smooth
from simgen.localsim.render.kernels.scene_data import SceneData, triangle_of, world_normal
from simgen.localsim.render.kernels.sky import Environment
from simgen.localsim.render.kernels.surface import Spot, Surface, matt, tilted
from simgen.localsim.render.warp_runtime import wp

ASPHALT = wp.constant(int(Material.ASPHALT))
ROAD_MARKING = wp.constant(int(Material.ROAD_MARKING))
SIDEWALK = wp.constant(int(Material.SIDEWALK))
CURB = wp.constant(int(Material.CURB))
GRASS = wp.constant(int(Material.GRASS))
DIRT = wp.constant(int(Material.DIRT))
PLASTER = wp.constant(int(Material.PLASTER))
BRICK = wp.constant(int(Material.BRICK))
CONCRETE = wp.constant(int(Material.CONCRETE))
ROOF = wp.constant(int(Material.ROOF))
WINDOW = wp.constant(int(Material.WINDOW))
FRAME = wp.constant(int(Material.FRAME))
DOOR = wp.constant(int(Material.DOOR))
SHOP = wp.constant(int(Material.SHOP))
BARK = wp.constant(int(Material.BARK))
LEAF = wp.constant(int(Material.LEAF))
NEEDLE = wp.constant(int(Material.NEEDLE))
HEDGE = wp.constant(int(Material.HEDGE))
METAL = wp.constant(int(Material.METAL))
WOOD = wp.constant(int(Material.WOOD))
SIGN = wp.constant(int(Material.SIGN))
LAMP_HEAD = wp.constant(int(Material.LAMP_HEAD))
CAR_PAINT = wp.constant(int(Material.CAR_PAINT))
CAR_GLASS = wp.constant(int(Material.CAR_GLASS))
TYRE = wp.constant(int(Material.TYRE))
RIM = wp.constant(int(Material.RIM))
HEADLAMP = wp.constant(int(Material.HEADLAMP))
TAILLAMP = wp.constant(int(Material.TAILLAMP))
PLATE = wp.constant(int(Material.PLATE))
BLACK_TRIM = wp.constant(int(Material.BLACK_TRIM))
SKIN = wp.constant(int(Material.SKIN))
CLOTH_UPPER = wp.constant(int(Material.CLOTH_UPPER))
CLOTH_LOWER = wp.constant(int(Material.CLOTH_LOWER))
HAIR = wp.constant(int(Material.HAIR))
SHOE = wp.constant(int(Material.SHOE))
FUR = wp.constant(int(Material.FUR))
FUR_LIGHT = wp.constant(int(Material.FUR_LIGHT))
HORN = wp.constant(int(Material.HORN))
EYE = wp.constant(int(Material.EYE))
WATER = wp.constant(int(Material.WATER))
FENCE = wp.constant(int(Material.FENCE))
POLE = wp.constant(int(Material.POLE))

LAMP_GLOW = wp.constant(9.0)


@wp.func
def spot_of(
    scene: SceneData, origin: wp.vec3, direction: wp.vec3, distance: float, ids: wp.vec2i, uv: wp.vec2,
    facet: wp.vec3, pixel: float,
) -> Spot:
    """Describe the place a ray met. ``pixel``: width of the ray's pixel a metre of depth."""
    triangle = triangle_of(scene, ids)
    corners = scene.corners[triangle]
    w = 1.0 - uv[0] - uv[1]
    s = Spot()
    s.material = scene.material[triangle]
    s.parameter = scene.parameter[triangle]
    s.position = origin + direction * distance
    s.local = wp.transform_point(scene.mesh_from_world[ids[0]], s.position)
    s.view = wp.normalize(direction)
    true = world_normal(scene, ids[0], facet)
    smoothed = world_normal(scene, ids[0], scene.normal[corners[0]] * w + scene.normal[corners[1]] * uv[0]
                            + scene.normal[corners[2]] * uv[1])
    if wp.dot(true, s.view) > 0.0:
        true = -true
    if wp.dot(smoothed, true) < 0.0:
        smoothed = -smoothed
    # A smoothed normal may lean away from the viewer at an outline; bend it back just far enough.
    away = wp.dot(smoothed, s.view) + 0.02
    if away > 0.0:
        smoothed = wp.normalize(smoothed - s.view * away)
    s.normal = smoothed
    s.facet = true
    s.uv = scene.uv[corners[0]] * w + scene.uv[corners[1]] * uv[0] + scene.uv[corners[2]] * uv[1]
    s.tint = scene.tint[ids[0]]
    s.lamps = scene.lamps[ids[0]]
    s.footprint = distance * pixel
    s.stretch = s.footprint / wp.max(wp.abs(wp.dot(true, s.view)), 0.02)
    return s


@wp.func
def _dry(s: Spot, env: Environment, instance_chance: float) -> Surface:
    m = s.material
    texture = env.texture
    r = Surface()
    if m == ASPHALT:
        r = ground.asphalt(s, texture)
    elif m == ROAD_MARKING:
        r = ground.marking(s, texture)
    elif m == LEAF:
        r = plants.leaf(s, texture, instance_chance)
    elif m == GRASS:
        r = ground.grass(s, texture)
    elif m == SIDEWALK:
        r = ground.slabs(s, texture)
    elif m == CURB:
        r = ground.kerb(s, texture)
    elif m == PLASTER:
        r = buildings.plaster(s, texture)
    elif m == BRICK:
        r = buildings.brick(s, texture)
    elif m == WINDOW:
        r = buildings.window(s, texture, env.windows_lit, env.ambient * 0.16)
    elif m == ROOF:
        r = buildings.roof(s, texture)
    elif m == CAR_PAINT:
        r = movers.car_paint(s, texture)
    elif m == CAR_GLASS:
        r = movers.car_glass(s)
    elif m == BARK:
        r = plants.bark(s, texture)
    elif m == NEEDLE:
        r = plants.needle(s, texture, instance_chance)
    elif m == HEDGE:
        r = plants.hedge(s, texture)
    elif m == DIRT:
        r = ground.earth(s, texture)
    elif m == CONCRETE:
        r = buildings.concrete(s, texture)
    elif m == FUR:
        r = movers.fur(s, texture, 0)
    elif m == FUR_LIGHT:
        r = movers.fur(s, texture, 1)
    elif m == CLOTH_UPPER:
        r = movers.cloth(s, texture, 0)
    elif m == CLOTH_LOWER:
        r = movers.cloth(s, texture, 1)
    elif m == SKIN:
        r = movers.skin(s, texture)
    elif m == HAIR:
        r = movers.hair(s, texture)
    elif m == TYRE:
        r = movers.tyre(s, texture)
    elif m == RIM:
        r = movers.rim(s)
    elif m == HEADLAMP:
        r = movers.headlamp(s)
    elif m == TAILLAMP:
        r = movers.taillamp(s)
    elif m == PLATE:
        r = movers.plate(s)
    elif m == HORN:
        r = movers.horn(s, texture)
    elif m == EYE:
        r = movers.eye(s)
    elif m == SHOP:
        r = buildings.shop_front(s, texture, env.night)
    elif m == DOOR:
        r = buildings.door(s, texture)
    elif m == SIGN:
        r = buildings.sign(s, env.night)
    elif m == WOOD:
        r = buildings.wood(s, texture, wp.vec3(0.20, 0.13, 0.08))
    elif m == FENCE:
        r = buildings.wood(s, texture, wp.vec3(0.30, 0.24, 0.17))
    elif m == METAL:
        r = buildings.metal(s, texture, wp.vec3(0.16, 0.17, 0.18))
    elif m == POLE:
        r = buildings.metal(s, texture, wp.vec3(0.24, 0.25, 0.26))
    elif m == WATER:
        r = ground.water(s, texture, env.time_s)
    elif m == LAMP_HEAD:
        r = matt(wp.vec3(0.70, 0.70, 0.68), s.normal, 0.3)
        r.glow = wp.vec3(1.0, 0.80, 0.54) * (LAMP_GLOW * env.lamps_lit)
    elif m == FRAME:
        r = matt(wp.vec3(0.68, 0.67, 0.64), s.normal, 0.5)
    elif m == SHOE:
        r = matt(wp.vec3(0.045, 0.038, 0.034), s.normal, 0.5)
    else:
        r = matt(wp.vec3(0.020, 0.020, 0.021), s.normal, 0.55)
    return r


@wp.func
def _rain_ripples(s: Spot, env: Environment) -> wp.vec3:
    """Slopes of rings that drops make on a puddle: one ring now and then in each cell of 12 cm."""
    slope = wp.vec3(0.0, 0.0, 0.0)
    for layer in range(2):
        size = 0.12 + 0.07 * float(layer)
        x = s.position[0] / size + 17.3 * float(layer)
        y = s.position[1] / size
        cx = wp.floor(x)
        cy = wp.floor(y)
        start = hash01(int(cx), int(cy), 21 + layer)
        turn = env.time_s * 1.8 + start
        age = turn - wp.floor(turn)
        drop = int(wp.floor(turn))
        if hash01(int(cx) + drop * 7, int(cy), 23 + layer) < env.rain:
            ox = x - cx - (0.3 + 0.4 * hash01(int(cx), int(cy) + drop, 25))
            oy = y - cy - (0.3 + 0.4 * hash01(int(cx), int(cy) + drop, 26))
            away = wp.sqrt(ox * ox + oy * oy) + 1.0e-4
            t = (away - age * 0.5) / 0.05
            height = wp.exp(-t * t) * wp.sin(t * 3.0) * (1.0 - age) * 0.22
            slope += wp.vec3(ox / away, oy / away, 0.0) * height
    return slope


@wp.func
def _is_paved(m: int) -> bool:
    return m == ASPHALT or m == ROAD_MARKING or m == SIDEWALK or m == CURB or m == CONCRETE or m == DIRT


@wp.func
def _soaks(m: int) -> bool:
    wall = m == PLASTER or m == BRICK or m == ROOF
    wood = m == GRASS or m == BARK or m == WOOD or m == FENCE
    return wall or wood or m == CLOTH_UPPER or m == CLOTH_LOWER


@wp.func
def _is_foliage(m: int) -> bool:
    return m == LEAF or m == HEDGE or m == NEEDLE


@wp.func
def _wetted(s: Spot, r: Surface, env: Environment) -> Surface:
    """Water fills pores (darker, after Lekner and Dorf 1988) and lies as a film or, in hollows, as puddles."""
    m = s.material
    if _is_paved(m):
        p = s.position
        porous = 0.45
        if m == ROAD_MARKING:
            porous = 0.15
        elif m != ASPHALT:
            porous = 0.32
        r.albedo = r.albedo * (1.0 - porous * env.wetness)
        flat = smooth(0.90, 0.99, s.normal[2])
        hollow = clouds(env.texture, p[0] + 5.0, p[1] + 11.0, 0.045, s.footprint)
        if m == ASPHALT and s.parameter > 0.0:
            # water stands in the wheel tracks and towards the edges
            hollow = (clouds(env.texture, s.uv[0] * 0.6 + 5.0, s.uv[1] + 11.0, 0.05, s.footprint)
                      + 0.05 * ground.wheel_tracks(s.uv[1], s.parameter))
        level = 0.74 - 0.22 * env.puddles
        puddle = smooth(level, level + 0.05, hollow) * flat * wp.min(1.0, 3.0 * env.puddles)
        if m == ROAD_MARKING:
            puddle = puddle * 0.8
        elif m != ASPHALT:
            puddle = puddle * 0.5
        film = env.wetness * flat
        r.albedo = r.albedo * (1.0 - 0.5 * puddle)
        r.roughness = r.roughness + (0.24 - r.roughness) * (0.45 + 0.55 * flat) * env.wetness
        r.roughness = r.roughness + (0.02 - r.roughness) * puddle
        r.shine = 0.035 - 0.012 * puddle
        r.mirror = wp.max(film * 0.85, puddle)
        # grain drowns
        r.normal = wp.normalize(r.normal + (s.normal - r.normal) * wp.max(puddle, 0.75 * env.wetness))
        if env.rain > 0.0 and s.footprint < 0.02 and r.mirror > 0.1:
            strength = (0.25 + 0.75 * puddle) * (1.0 - smooth(0.006, 0.02, s.footprint))
            r.normal = tilted(r.normal, _rain_ripples(s, env) * strength)
    elif _soaks(m):
        up = 0.35 + 0.65 * wp.max(s.normal[2], 0.0)
        r.albedo = r.albedo * (1.0 - 0.35 * env.wetness * up)
        r.roughness = r.roughness + (0.5 - r.roughness) * env.wetness * up
    elif _is_foliage(m):
        r.roughness = r.roughness + (0.3 - r.roughness) * env.wetness
    return r


@wp.func
def surface_of(s: Spot, env: Environment, instance: int) -> Surface:
    """How the material at a spot reflects in this weather."""
    r = _dry(s, env, hash01(instance, 3, 5))
    if env.wetness > 0.0:
        r = _wetted(s, r, env)
    return r
