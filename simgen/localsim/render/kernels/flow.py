# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""How far each pixel's surface point has moved across the picture since an earlier moment."""

from simgen.localsim.render.kernels.pinhole import PinholeData
from simgen.localsim.render.warp_runtime import wp

# A point that lay behind the earlier picture's plane is taken as just before it: so far out that its motion ends at the
# limit of whatever format it is written in, on the side where it was.
_LEAST_DEPTH_M = wp.constant(1.0e-3)


@wp.kernel
def trace_back(
    first: int, camera: PinholeData, fixed: int, earlier_from_now: wp.array(dtype=wp.mat44),
    distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i), moved_px: wp.array(dtype=wp.vec2),
):
    """Motion of each pixel in pixels, right and down, from where its point was earlier to where it is now.

    earlier_from_now: earlier camera axes from the present ones: row 0 for all that rests (the first ``fixed``
    instances, and the sky, which only turns), then a row for each moving instance as if it rested on the camera's side.
    """
    i = first + wp.tid()
    u = float(i % camera.width)
    v = float(i // camera.width)
    ray = wp.vec3(1.0, (camera.centre_u - u) / camera.focal_px, (camera.centre_v - v) / camera.focal_px)
    instance = ids[i][0]
    p = wp.vec3(0.0, 0.0, 0.0)
    if instance < 0:
        p = wp.transform_vector(earlier_from_now[0], ray)
    else:
        row = wp.max(instance - fixed + 1, 0)
        p = wp.transform_point(earlier_from_now[row], ray * distance[i])
    depth = wp.max(p[0], _LEAST_DEPTH_M)
    was_u = camera.centre_u - camera.focal_px * p[1] / depth
    was_v = camera.centre_v - camera.focal_px * p[2] / depth
    moved_px[i] = wp.vec2(u - was_u, v - was_v)
