# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""Rays through the pixels of a pinhole camera."""

from simgen.localsim.render.warp_runtime import wp

NEAR_M = wp.constant(0.02)
HORIZON_M = wp.constant(20000.0)


@wp.struct
class PinholeData:
    """A pinhole camera: position and body axes in the world, focal length and principal point in pixels."""

    position: wp.vec3
    forward: wp.vec3
    left: wp.vec3
    up: wp.vec3
    focal_px: float
    centre_u: float
    centre_v: float
    width: int
    height: int


@wp.func
def pixel_direction(camera: PinholeData, u: float, v: float) -> wp.vec3:
    """Direction through image point (u, v); its component along the optical axis is 1."""
    right = (u - camera.centre_u) / camera.focal_px
    down = (v - camera.centre_v) / camera.focal_px
    return camera.forward - camera.left * right - camera.up * down


@wp.kernel
def aim_pixels(
    first: int, camera: PinholeData,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
):
    """One ray through the centre of each pixel; distances along it are depths."""
    i = first + wp.tid()
    origin[i] = camera.position
    direction[i] = pixel_direction(camera, float(i % camera.width), float(i // camera.width))
    extent[i] = wp.vec2(NEAR_M, HORIZON_M)
