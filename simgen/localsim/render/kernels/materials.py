# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""From a hit to a surface: which material is there, how it looks, and what rain, ice and snow make of it."""

from simgen.localsim.mesh import Material
from simgen.localsim.render.kernels import buildings, ground, movers, paving, plants, signs, traffic_lights, windows
from simgen.localsim.render.kernels.ice import iced
from simgen.localsim.render.kernels.noise import fract, hash01
from simgen.localsim.render.kernels.scene_data import SceneData, triangle_of, world_normal
from simgen.localsim.render.kernels.snow import snowed
from simgen.localsim.render.kernels.surface import Conditions, Spot, Surface, matt
from simgen.localsim.render.kernels.wetness import wetted
from simgen.localsim.render.warp_runtime import wp

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
    s.snow = scene.snow[ids[0]]
    s.sheltered = 0
    s.footprint = distance * pixel
    s.stretch = s.footprint / wp.max(wp.abs(wp.dot(true, s.view)), 0.02)
    return s


@wp.func
def _dry(s: Spot, c: Conditions, instance_chance: float) -> Surface:
    m = s.material
    texture = c.texture
    r = Surface()
    if m == Material.ASPHALT:
        r = paving.asphalt(s, texture)
    elif m == Material.ROAD_MARKING:
        r = paving.marking(s, texture)
    elif m == Material.LEAF:
        r = plants.leaf(s, texture, instance_chance)
    elif m == Material.GRASS:
        r = ground.grass(s, texture)
    elif m == Material.SIDEWALK:
        r = paving.slabs(s, texture)
    elif m == Material.CURB:
        r = paving.kerb(s, texture)
    elif m == Material.PLASTER:
        r = buildings.plaster(s, texture)
    elif m == Material.BRICK:
        r = buildings.brick(s, texture)
    elif m == Material.WINDOW:
        r = windows.window(s, texture, c.windows_lit, c.room_light, c.night)
    elif m == Material.ROOF:
        r = buildings.roof(s, texture)
    elif m == Material.CAR_PAINT:
        r = movers.car_paint(s, texture)
    elif m == Material.CAR_GLASS:
        r = movers.car_glass(s)
    elif m == Material.BARK:
        r = plants.bark(s, texture)
    elif m == Material.NEEDLE:
        r = plants.needle(s, texture, instance_chance)
    elif m == Material.HEDGE:
        r = plants.hedge(s, texture)
    elif m == Material.DIRT:
        r = ground.earth(s, texture)
    elif m == Material.CONCRETE:
        r = buildings.concrete(s, texture)
    elif m == Material.FUR:
        r = movers.fur(s, texture, 0)
    elif m == Material.FUR_LIGHT:
        r = movers.fur(s, texture, 1)
    elif m == Material.CLOTH_UPPER:
        r = movers.cloth(s, texture, 0)
    elif m == Material.CLOTH_LOWER:
        r = movers.cloth(s, texture, 1)
    elif m == Material.SKIN and s.parameter > 0.5:
        r = movers.signal_lamp(s)
    elif m == Material.SKIN:
        r = movers.skin(s, texture)
    elif m == Material.HAIR:
        r = movers.hair(s, texture)
    elif m == Material.TYRE:
        r = movers.tyre(s, texture)
    elif m == Material.RIM:
        r = movers.rim(s)
    elif m == Material.HEADLAMP:
        r = movers.headlamp(s)
    elif m == Material.TAILLAMP:
        r = movers.taillamp(s)
    elif m == Material.PLATE:
        r = movers.plate(s)
    elif m == Material.HORN:
        r = movers.horn(s, texture)
    elif m == Material.EYE:
        r = movers.eye(s)
    elif m == Material.SHOP:
        r = signs.shop_board(s, texture, signs.shop_colour(fract(s.parameter)), c.night)
    elif m == Material.DOOR:
        r = windows.door(s, texture, c.room_light)
    elif m == Material.SIGN:
        r = signs.sign(s, texture, c.night)
    elif m == Material.WOOD:
        r = buildings.wood(s, texture, wp.vec3(0.20, 0.13, 0.08))
    elif m == Material.FENCE:
        r = buildings.wood(s, texture, wp.vec3(0.30, 0.24, 0.17))
    elif m == Material.METAL:
        r = buildings.metal(s, texture, wp.vec3(0.16, 0.17, 0.18))
    elif m == Material.POLE:
        r = buildings.metal(s, texture, wp.vec3(0.24, 0.25, 0.26))
    elif m == Material.WATER:
        r = ground.water(s, texture, c.time_s)
    elif m == Material.SIGNAL_LAMP:
        r = traffic_lights.lamp(s, c.night)
    elif m == Material.SIGNAL_HEAD:
        r = traffic_lights.housing(s)
    elif m == Material.LAMP_HEAD:
        r = matt(wp.vec3(0.70, 0.70, 0.68), s.normal, 0.3)
        r.glow = wp.vec3(1.0, 0.80, 0.54) * (LAMP_GLOW * c.lamps_lit)
    elif m == Material.FRAME:
        r = buildings.frame(s)
    elif m == Material.SHOE:
        r = matt(wp.vec3(0.045, 0.038, 0.034), s.normal, 0.5)
    else:
        r = matt(wp.vec3(0.020, 0.020, 0.021) + wp.vec3(0.31, 0.30, 0.28) * s.parameter, s.normal, 0.55)
    return r


@wp.func
def surface_of(s: Spot, c: Conditions, instance: int) -> Surface:
    """How the material at a spot reflects in this weather."""
    r = _dry(s, c, hash01(instance, 3, 5))
    if s.sheltered == 0:
        if c.wetness > 0.0:
            r = wetted(s, r, c)
        if c.ice > 0.0:
            r = iced(s, r, c)
        if c.snow_depth > 0.0:
            r = snowed(s, r, c)
    return r
