# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def"
from simgen.localsim.render.kernels.scene_data import SceneData, triangle_of, world_normal
from simgen.localsim.render.warp_runtime import wp


@wp.kernel
def aim_sun(first: int, scene: SceneData, direction: wp.array(dtype=wp.vec3), distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i), normal: wp.array(dtype=wp.vec3), origin: wp.array(dtype=wp.vec3), sun: wp.vec3,
            o: wp.array(dtype=wp.vec3), d: wp.array(dtype=wp.vec3), e: wp.array(dtype=wp.vec2)):
    i = first + wp.tid()
    e[i] = wp.vec2(0.0, 0.0)
    if ids[i][0] >= 0:
        n = world_normal(scene, ids[i][0], normal[i])
        if wp.dot(n, direction[i]) > 0.0:
            n = -n
        o[i] = origin[i] + direction[i] * distance[i] + n * (0.002 + 0.0001 * distance[i])
        d[i] = sun
        if wp.dot(n, sun) > 0.0:
            e[i] = wp.vec2(0.0, 1000.0)


@wp.func
def grey(m: int) -> wp.vec3:
    h = wp.rand_init(7, m)
    c = wp.vec3(0.25 + 0.4 * wp.randf(h), 0.25 + 0.4 * wp.randf(h), 0.25 + 0.4 * wp.randf(h))
    if m == 0:
        c = wp.vec3(0.1, 0.1, 0.1)
    if m == 4 or m == 15 or m == 16 or m == 17:
        c = wp.vec3(0.1, 0.17, 0.05)
    return c


@wp.kernel
def shade(first: int, scene: SceneData, direction: wp.array(dtype=wp.vec3), distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i), normal: wp.array(dtype=wp.vec3), sun: wp.vec3, visible: wp.array(dtype=float), rgb: wp.array(dtype=wp.uint8)):
    i = first + wp.tid()
    c = wp.vec3(0.45, 0.6, 0.8)
    if ids[i][0] >= 0:
        n = world_normal(scene, ids[i][0], normal[i])
        if wp.dot(n, direction[i]) > 0.0:
            n = -n
        m = scene.material[triangle_of(scene, ids[i])]
        alb = grey(m)
        if m == 22 or m == 30 or m == 31 or m == 35:
            t = scene.tint[ids[i][0]]
            alb = wp.vec3(t[0, 0], t[0, 1], t[0, 2])
        l = wp.vec3(0.45, 0.55, 0.7) * (0.6 + 0.4 * n[2]) + wp.vec3(1.6, 1.5, 1.3) * wp.max(wp.dot(n, sun), 0.0) * visible[i]
        c = wp.cw_mul(alb, l)
    for k in range(3):
        rgb[3 * i + k] = wp.uint8(255.0 * wp.pow(wp.clamp(c[k], 0.0, 1.0), 0.4545))
