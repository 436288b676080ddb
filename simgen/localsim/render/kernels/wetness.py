# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""What rain and puddles make of a surface."""

from simgen.localsim.mesh import Material
from simgen.localsim.render.kernels import ground
from simgen.localsim.render.kernels.noise import clouds, hash01, smooth
from simgen.localsim.render.kernels.surface import Conditions, Spot, Surface, tilted
from simgen.localsim.render.warp_runtime import wp


@wp.func
def _rain_ripples(s: Spot, rain: float, time_s: float) -> wp.vec3:
    """Slopes of rings that drops make on a puddle: one ring now and then in each cell of 12 cm."""
    slope = wp.vec3(0.0, 0.0, 0.0)
    for layer in range(2):
        size = 0.12 + 0.07 * float(layer)
        x = s.position[0] / size + 17.3 * float(layer)
        y = s.position[1] / size
        cx = wp.floor(x)
        cy = wp.floor(y)
        start = hash01(int(cx), int(cy), 21 + layer)
        turn = time_s * 1.8 + start
        age = turn - wp.floor(turn)
        drop = int(wp.floor(turn))
        if hash01(int(cx) + drop * 7, int(cy), 23 + layer) < rain:
            ox = x - cx - (0.3 + 0.4 * hash01(int(cx), int(cy) + drop, 25))
            oy = y - cy - (0.3 + 0.4 * hash01(int(cx), int(cy) + drop, 26))
            away = wp.sqrt(ox * ox + oy * oy) + 1.0e-4
            t = (away - age * 0.5) / 0.05
            height = wp.exp(-t * t) * wp.sin(t * 3.0) * (1.0 - age) * 0.22
            slope += wp.vec3(ox / away, oy / away, 0.0) * height
    return slope


@wp.func
def _is_paved(m: int) -> bool:
    road = m == Material.ASPHALT or m == Material.ROAD_MARKING
    side = m == Material.SIDEWALK or m == Material.CURB or m == Material.CONCRETE
    return road or side or m == Material.DIRT


@wp.func
def _soaks(m: int) -> bool:
    wall = m == Material.PLASTER or m == Material.BRICK or m == Material.ROOF
    wood = m == Material.GRASS or m == Material.BARK or m == Material.WOOD or m == Material.FENCE
    return wall or wood or m == Material.CLOTH_UPPER or m == Material.CLOTH_LOWER


@wp.func
def _is_foliage(m: int) -> bool:
    return m == Material.LEAF or m == Material.HEDGE or m == Material.NEEDLE


@wp.func
def wetted(s: Spot, r: Surface, c: Conditions) -> Surface:
    """Water fills pores (darker, after Lekner and Dorf 1988) and lies as a film or, in hollows, as puddles."""
    m = s.material
    if _is_paved(m):
        p = s.position
        porous = 0.45
        if m == Material.ROAD_MARKING:
            porous = 0.15
        elif m != Material.ASPHALT:
            porous = 0.32
        r.albedo = r.albedo * (1.0 - porous * c.wetness)
        flat = smooth(0.90, 0.99, s.normal[2])
        hollow = clouds(c.texture, p[0] + 5.0, p[1] + 11.0, 0.045, s.footprint)
        if m == Material.ASPHALT and s.parameter > 0.0:
            # water stands in the wheel tracks and towards the edges
            hollow = (clouds(c.texture, s.uv[0] * 0.6 + 5.0, s.uv[1] + 11.0, 0.05, s.footprint)
                      + 0.05 * ground.wheel_tracks(s.uv[1], s.parameter))
        level = 0.74 - 0.22 * c.puddles
        puddle = smooth(level, level + 0.05, hollow) * flat * wp.min(1.0, 3.0 * c.puddles)
        if m == Material.ROAD_MARKING:
            puddle = puddle * 0.8
        elif m != Material.ASPHALT:
            puddle = puddle * 0.5
        film = c.wetness * flat
        r.albedo = r.albedo * (1.0 - 0.5 * puddle)
        r.roughness = r.roughness + (0.24 - r.roughness) * (0.45 + 0.55 * flat) * c.wetness
        r.roughness = r.roughness + (0.02 - r.roughness) * puddle
        r.shine = 0.035 - 0.012 * puddle
        r.mirror = wp.max(film * 0.85, puddle)
        # grain drowns
        r.normal = wp.normalize(r.normal + (s.normal - r.normal) * wp.max(puddle, 0.75 * c.wetness))
        if c.rain > 0.0 and s.footprint < 0.02 and r.mirror > 0.1:
            strength = (0.25 + 0.75 * puddle) * (1.0 - smooth(0.006, 0.02, s.footprint))
            r.normal = tilted(r.normal, _rain_ripples(s, c.rain, c.time_s) * strength)
    elif _soaks(m):
        up = 0.35 + 0.65 * wp.max(s.normal[2], 0.0)
        r.albedo = r.albedo * (1.0 - 0.35 * c.wetness * up)
        r.roughness = r.roughness + (0.5 - r.roughness) * c.wetness * up
    elif _is_foliage(m):
        # a film that hangs in drops; water mirrors less than wax does
        r.albedo = r.albedo * (1.0 - 0.12 * c.wetness)
        r.roughness = r.roughness + (0.42 - r.roughness) * c.wetness
        r.shine = r.shine + (0.018 - r.shine) * c.wetness
    return r
