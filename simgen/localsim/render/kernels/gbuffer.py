# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""What each pixel shows, before light: place, normal and surface, one array a property."""

from simgen.localsim.render.kernels.materials import spot_of, surface_of
from simgen.localsim.render.kernels.pinhole import PinholeData
from simgen.localsim.render.kernels.scene_data import SceneData, fetch_ahead
from simgen.localsim.render.kernels.surface import Conditions, Surface
from simgen.localsim.render.warp_runtime import wp


@wp.struct
class GBuffer:
    """A row a pixel. Where ``ids`` has no instance there is sky: its normal is zero, the other rows mean nothing."""

    ids: wp.array(dtype=wp.vec2i)           # instance, triangle
    depth: wp.array(dtype=float)            # along the optical axis, m
    ray: wp.array(dtype=wp.vec3)            # through the pixel, its length a metre of depth
    position: wp.array(dtype=wp.vec3)
    facet: wp.array(dtype=wp.vec3)
    normal: wp.array(dtype=wp.vec3)
    albedo: wp.array(dtype=wp.vec3)
    glow: wp.array(dtype=wp.vec3)
    gloss: wp.array(dtype=wp.vec4)          # roughness, shine, metal, mirror
    through: wp.array(dtype=float)
    pane: wp.array(dtype=wp.uint8)          # share of what is behind that one sees through it, of 255


@wp.func
def surface_at(g: GBuffer, i: int) -> Surface:
    gloss = g.gloss[i]
    s = Surface()
    s.albedo = g.albedo[i]
    s.glow = g.glow[i]
    s.normal = g.normal[i]
    s.roughness = gloss[0]
    s.shine = gloss[1]
    s.metal = gloss[2]
    s.mirror = gloss[3]
    s.through = g.through[i]
    return s


@wp.func
def lift(depth: float) -> float:
    """How far a ray starts off its surface: more than float32 and a triangle's flatness lose."""
    return 0.002 + 0.0001 * depth


@wp.kernel
def fill_gbuffer(
    first: int, scene: SceneData, conditions: Conditions, camera: PinholeData, uv: wp.array(dtype=wp.vec2),
    facet: wp.array(dtype=wp.vec3), g: GBuffer,
):
    i = first + wp.tid()
    fetch_ahead(scene, g.ids, i)
    ids = g.ids[i]
    if ids[0] >= 0:
        spot = spot_of(scene, camera.position, g.ray[i], g.depth[i], ids, uv[i], facet[i], 1.0 / camera.focal_px)
        s = surface_of(spot, conditions, ids[0])
        g.position[i] = spot.position
        g.facet[i] = spot.facet
        g.normal[i] = s.normal
        g.albedo[i] = s.albedo
        g.glow[i] = s.glow
        g.gloss[i] = wp.vec4(s.roughness, s.shine, s.metal, s.mirror)
        g.through[i] = s.through
        g.pane[i] = wp.uint8(255.0 * wp.clamp(s.clear, 0.0, 1.0) + 0.5)
    else:
        g.position[i] = camera.position
        g.normal[i] = wp.vec3(0.0, 0.0, 0.0)
        g.gloss[i] = wp.vec4(1.0, 0.0, 0.0, 0.0)
        g.pane[i] = wp.uint8(0)
