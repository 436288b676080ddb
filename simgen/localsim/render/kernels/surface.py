# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""What a material is asked (``Spot``) and what it answers (``Surface``)."""

from simgen.localsim.render.warp_runtime import wp


@wp.struct
class Spot:
    """One place on a surface, as a ray sees it."""

    material: int
    parameter: float
    position: wp.vec3       # world
    local: wp.vec3          # mesh axes
    view: wp.vec3           # unit direction of the ray that came here
    normal: wp.vec3         # interpolated, towards the viewer, unit
    facet: wp.vec3          # the triangle's own, towards the viewer, unit
    uv: wp.vec2
    tint: wp.mat33
    lamps: wp.vec4i         # headlamps, tail, brake, flags of mesh.Signal
    footprint: float        # width of a pixel here, m, seen face on
    stretch: float          # length of a pixel along the surface, m
    snow: float             # share of the lying snow that this thing carries
    sheltered: int          # 1: inside something, where no weather comes


@wp.struct
class Conditions:
    """What time and weather do to surfaces."""

    texture: wp.array(dtype=wp.vec2)    # noise, see noise.py
    room_light: wp.vec3                 # how bright rooms are by daylight
    night: float                        # 0 day … 1 night
    wetness: float
    puddles: float
    rain: float
    windows_lit: float                  # share of rooms with a light on
    lamps_lit: float                    # 0 or 1: street lamps
    time_s: float
    snow_depth: float                   # on open ground, m
    snowing: float                      # mm/h of melted water
    windward: wp.vec3                   # where the wind comes from, unit
    ice: float                          # share of roads under ice
    ice_level: float                    # the noise above which there is ice


@wp.struct
class Surface:
    """How a place reflects."""

    albedo: wp.vec3
    glow: wp.vec3           # light of its own
    normal: wp.vec3
    roughness: float
    shine: float            # reflectance seen face on
    metal: float            # 1: no diffuse light, reflections take the colour
    mirror: float           # share of reflections worth a ray of their own
    through: float          # share of light that shines through from behind (leaves)
    clear: float            # share of what is behind that one sees through it (a car's panes)


@wp.func
def matt(albedo: wp.vec3, normal: wp.vec3, roughness: float) -> Surface:
    """An ordinary rough surface."""
    s = Surface()
    s.albedo = albedo
    s.glow = wp.vec3(0.0, 0.0, 0.0)
    s.normal = normal
    s.roughness = roughness
    s.shine = 0.04
    s.metal = 0.0
    s.mirror = 0.0
    s.through = 0.0
    s.clear = 0.0
    return s


@wp.func
def tint_row(tint: wp.mat33, row: int) -> wp.vec3:
    return wp.vec3(tint[row, 0], tint[row, 1], tint[row, 2])


@wp.func
def stripe(x: float, half_width: float, footprint: float) -> float:
    """Coverage of |x| < half_width by a pixel of this footprint: antialiased, and thinner when it is below a pixel."""
    soft = footprint * 0.7 + 1.0e-4
    cover = wp.clamp((half_width - wp.abs(x)) / soft + 0.5, 0.0, 1.0)
    return cover * wp.min(1.0, 2.0 * half_width / soft)


@wp.func
def tilted(normal: wp.vec3, slope: wp.vec3) -> wp.vec3:
    """A normal after a bump of this slope (only the part along the surface counts)."""
    along = slope - normal * wp.dot(slope, normal)
    return wp.normalize(normal - along)
