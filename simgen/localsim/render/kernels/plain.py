# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018, RUF046 - in Warp what a loop changes starts as float(...) or int(...)
"""A picture without light: each surface in its material's plain colour, shaded by the way it faces."""

from simgen.localsim.mesh import Material
from simgen.localsim.render.kernels.pinhole import PinholeData
from simgen.localsim.render.kernels.scene_data import SceneData, triangle_of, world_normal
from simgen.localsim.render.kernels.surface import tint_row
from simgen.localsim.render.warp_runtime import wp


@wp.func
def plain_colour(scene: SceneData, ids: wp.vec2i, palette: wp.array(dtype=wp.vec3)) -> wp.vec3:
    """Linear. What wears an instance's colours gets them, all else its row of the palette."""
    triangle = triangle_of(scene, ids)
    m = scene.material[triangle]
    colour = palette[m]
    row = int(-1)
    if m == Material.CAR_PAINT:
        row = wp.where(scene.parameter[triangle] > 0.5, 1, 0)
    elif m == Material.CLOTH_UPPER or m == Material.FUR:
        row = 0
    elif m == Material.CLOTH_LOWER or m == Material.FUR_LIGHT:
        row = 1
    elif m == Material.SKIN:
        row = 2
    if row >= 0:
        colour = tint_row(scene.tint[ids[0]], row)
    return colour


@wp.kernel
def paint_plain(
    first: int, scene: SceneData, camera: PinholeData, palette: wp.array(dtype=wp.vec3), sky: wp.vec3,
    ray: wp.array(dtype=wp.vec3), ids: wp.array(dtype=wp.vec2i), normal: wp.array(dtype=wp.vec3),
    rgb: wp.array(dtype=wp.uint8),
):
    """sRGB bytes by a gamma of 2: square roots are what is cheap here."""
    i = first + wp.tid()
    hit = ids[i]
    colour = sky
    if hit[0] >= 0:
        n = world_normal(scene, hit[0], normal[i])
        facing = wp.abs(wp.dot(n, ray[i])) / wp.length(ray[i])
        colour = plain_colour(scene, hit, palette) * (0.45 + 0.35 * facing + 0.2 * wp.abs(n[2]))
    for k in range(3):
        rgb[3 * i + k] = wp.uint8(255.0 * wp.sqrt(wp.clamp(colour[k], 0.0, 1.0)) + 0.5)
