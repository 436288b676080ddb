# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""Which way each pixel's surface faces."""

from simgen.localsim.render.kernels.scene_data import SceneData, triangle_of, world_normal
from simgen.localsim.render.warp_runtime import wp


@wp.kernel
def surface_normals(
    first: int, scene: SceneData, direction: wp.array(dtype=wp.vec3), ids: wp.array(dtype=wp.vec2i),
    uv: wp.array(dtype=wp.vec2), facet: wp.array(dtype=wp.vec3), normal: wp.array(dtype=wp.vec3),
):
    """The smoothed normal of each hit in world axes, unit length, on the side of its triangle that the ray came from;
    zero for the sky. It is the shape's alone: no texture, snow or water bends it."""
    i = first + wp.tid()
    hit = ids[i]
    n = wp.vec3(0.0, 0.0, 0.0)
    if hit[0] >= 0:
        corners = scene.corners[triangle_of(scene, hit)]
        b = uv[i]
        true = world_normal(scene, hit[0], facet[i])
        n = world_normal(scene, hit[0], scene.normal[corners[0]] * (1.0 - b[0] - b[1])
                         + scene.normal[corners[1]] * b[0] + scene.normal[corners[2]] * b[1])
        if wp.dot(true, n) < 0.0:
            n = -n
        if wp.dot(true, direction[i]) > 0.0:
            n = -n
    normal[i] = n
