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
def _lamp_head(s: Spot, c: Conditions) -> Surface:
    r = matt(wp.vec3(0.70, 0.70, 0.68), s.normal, 0.3)
    r.glow = wp.vec3(1.0, 0.80, 0.54) * (LAMP_GLOW * c.lamps_lit)
    return r


# Each branch returns at once: where branches of `if … elif …` assign one variable, Warp chooses anew after each of them
# whether to keep it, and so copied a whole Surface forty times a pixel.
@wp.func
def _dry(s: Spot, c: Conditions, instance_chance: float) -> Surface:
    m = s.material
    texture = c.texture
    if m == Material.ASPHALT:
        return paving.asphalt(s, texture)
    if m == Material.ROAD_MARKING:
        return paving.marking(s, texture)
    if m == Material.LEAF:
        return plants.leaf(s, texture, instance_chance)
    if m == Material.GRASS:
        return ground.grass(s, texture)
    if m == Material.SIDEWALK:
        return paving.slabs(s, texture)
    if m == Material.CURB:
        return paving.kerb(s, texture)
    if m == Material.PLASTER:
        return buildings.plaster(s, texture)
    if m == Material.BRICK:
        return buildings.brick(s, texture)
    if m == Material.WINDOW:
        return windows.window(s, texture, c.windows_lit, c.room_light, c.night)
    if m == Material.ROOF:
        return buildings.roof(s, texture)
    if m == Material.CAR_PAINT:
        return movers.car_paint(s, texture)
    if m == Material.CAR_GLASS:
        return movers.car_glass(s)
    if m == Material.BARK:
        return plants.bark(s, texture)
    if m == Material.NEEDLE:
        return plants.needle(s, texture, instance_chance)
    if m == Material.HEDGE:
        return plants.hedge(s, texture)
    if m == Material.DIRT:
        return ground.earth(s, texture)
    if m == Material.CONCRETE:
        return buildings.concrete(s, texture)
    if m == Material.FUR:
        return movers.fur(s, texture, 0)
    if m == Material.FUR_LIGHT:
        return movers.fur(s, texture, 1)
    if m == Material.CLOTH_UPPER:
        return movers.cloth(s, texture, 0)
    if m == Material.CLOTH_LOWER:
        return movers.cloth(s, texture, 1)
    if m == Material.SKIN and s.parameter > 0.5:
        return movers.signal_lamp(s)
    if m == Material.SKIN:
        return movers.skin(s, texture)
    if m == Material.HAIR:
        return movers.hair(s, texture)
    if m == Material.TYRE:
        return movers.tyre(s, texture)
    if m == Material.RIM:
        return movers.rim(s)
    if m == Material.HEADLAMP:
        return movers.headlamp(s)
    if m == Material.TAILLAMP:
        return movers.taillamp(s)
    if m == Material.PLATE:
        return movers.plate(s)
    if m == Material.HORN:
        return movers.horn(s, texture)
    if m == Material.EYE:
        return movers.eye(s)
    if m == Material.SHOP:
        return signs.shop_board(s, texture, signs.shop_colour(fract(s.parameter)), c.night)
    if m == Material.DOOR:
        return windows.door(s, texture, c.room_light)
    if m == Material.SIGN:
        return signs.sign(s, texture, c.night)
    if m == Material.WOOD:
        return buildings.wood(s, texture, wp.vec3(0.20, 0.13, 0.08))
    if m == Material.FENCE:
        return buildings.wood(s, texture, wp.vec3(0.30, 0.24, 0.17))
    if m == Material.METAL:
        return buildings.metal(s, texture, wp.vec3(0.16, 0.17, 0.18))
    if m == Material.POLE:
        return buildings.metal(s, texture, wp.vec3(0.24, 0.25, 0.26))
    if m == Material.WATER:
        return ground.water(s, texture, c.time_s)
    if m == Material.SIGNAL_LAMP:
        return traffic_lights.lamp(s, c.room_light[1])
    if m == Material.SIGNAL_HEAD:
        return traffic_lights.housing(s)
    if m == Material.LAMP_HEAD:
        return _lamp_head(s, c)
    if m == Material.FRAME:
        return buildings.frame(s)
    if m == Material.SHOE:
        return matt(wp.vec3(0.045, 0.038, 0.034), s.normal, 0.5)
    return matt(wp.vec3(0.020, 0.020, 0.021) + wp.vec3(0.31, 0.30, 0.28) * s.parameter, s.normal, 0.55)


@wp.func
def surface_of(s: Spot, c: Conditions, instance: int) -> Surface:
    """How the material at a spot reflects in this weather."""
    r = _dry(s, c, hash01(instance, 3, 5))
    if s.sheltered != 0 or (c.wetness <= 0.0 and c.ice <= 0.0 and c.snow_depth <= 0.0):
        return r
    if c.wetness > 0.0:
        r = wetted(s, r, c)
    if c.ice > 0.0:
        r = iced(s, r, c)
    if c.snow_depth > 0.0:
        r = snowed(s, r, c)
    return r
