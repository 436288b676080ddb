# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""Ray casts on the CPU: packets of 8 rays handed to Embree from inside a kernel.

Eight rays of a packet should start and point alike. Those of a picture are taken as tiles of 4 x 2 pixels
(``columns=4``), those of a list eight in a row (``columns=8``, ``height=1``). A ray whose extent is empty
(far <= near) is not cast.
"""

from simgen.localsim.render.warp_runtime import wp

# A packet in Embree's layout: ray (origin, tnear, direction, time, tfar, mask, id, flags), hit (normal, u, v,
# primitive, geometry, instance, instance primitive), each times 8. Arguments: flags, feature mask, then pointers.
_PACKET = """
#if !defined(__CUDA_ARCH__)
    alignas(64) float ray[24 * 8];
    unsigned* bits = (unsigned*)ray;
    alignas(64) int valid[8];
    alignas(16) unsigned arguments[16] = {0};
    arguments[0] = coherent ? 1u << 16 : 0u;
    arguments[1] = 0xffffffffu;
    const int rows = 8 / columns, tiles = (width + columns - 1) / columns;
    // Down a strip of 8 tiles before the next one across: what packets read of the tree stays in the cache.
    const int strip = packet / (tiles * 8), within = packet - strip * tiles * 8;
    const int down = (height + rows - 1) / rows - strip * 8, tall = down < 8 ? down : 8;
    const int left = (within / tall) * columns, top = (strip * 8 + within % tall) * rows;
    int active = 0;
    for (int lane = 0; lane < 8; lane++) {
        const int x = left + lane % columns, y = top + lane / columns;
        const bool inside = x < width && y < height;
        const int i = inside ? y * width + x : top * width + left;
        const auto o = origin.data[i];
        const auto d = direction.data[i];
        const auto e = extent.data[i];
        valid[lane] = inside && e[1] > e[0] ? -1 : 0;
        active |= valid[lane];
        ray[lane] = o[0]; ray[8 + lane] = o[1]; ray[16 + lane] = o[2]; ray[24 + lane] = e[0];
        ray[32 + lane] = d[0]; ray[40 + lane] = d[1]; ray[48 + lane] = d[2]; ray[56 + lane] = 0.0f;
        ray[64 + lane] = e[1]; bits[72 + lane] = 0xffffffffu; bits[80 + lane] = 0; bits[88 + lane] = 0;
        bits[144 + lane] = 0xffffffffu; bits[152 + lane] = 0xffffffffu;
    }
    if (active) ((void (*)(void*, void*, void*, void*))caster)(valid, (void*)scene, ray, arguments);
    for (int lane = 0; lane < 8; lane++) {
        const int x = left + lane % columns, y = top + lane / columns, i = y * width + x;
        if (x >= width || y >= height) continue;
"""

_INTERSECT = _PACKET + """
        const bool hit = valid[lane] && bits[152 + lane] != 0xffffffffu;
        distance.data[i] = ray[64 + lane];
        ids.data[i] = wp::vec_t<2, int>(hit ? (int)bits[152 + lane] : -1, hit ? (int)bits[136 + lane] : -1);
        uv.data[i] = wp::vec_t<2, float>(ray[120 + lane], ray[128 + lane]);
        normal.data[i] = wp::vec_t<3, float>(ray[96 + lane], ray[104 + lane], ray[112 + lane]);
    }
#endif
"""

_OCCLUDE = _PACKET + """
        visible.data[i] = valid[lane] && ray[64 + lane] < 0.0f ? 0.0f : 1.0f;
    }
#endif
"""


@wp.func_native(_INTERSECT)
def _intersect_packet(
    caster: wp.uint64, scene: wp.uint64, packet: int, width: int, height: int, columns: int, coherent: int,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i), uv: wp.array(dtype=wp.vec2),
    normal: wp.array(dtype=wp.vec3),
): ...


@wp.func_native(_OCCLUDE)
def occlude_packet(
    caster: wp.uint64, scene: wp.uint64, packet: int, width: int, height: int, columns: int, coherent: int,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    visible: wp.array(dtype=float),
): ...


@wp.kernel
def intersect(
    caster: wp.uint64, scene: wp.uint64, first: int, width: int, height: int, columns: int, coherent: int,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i), uv: wp.array(dtype=wp.vec2),
    normal: wp.array(dtype=wp.vec3),
):
    """Nearest hit of each ray: distance in lengths of its direction, (instance, triangle) or (-1, -1), the hit's
    place in the triangle, and the triangle's normal in mesh axes, not normalised."""
    _intersect_packet(caster, scene, first + wp.tid(), width, height, columns, coherent,
                      origin, direction, extent, distance, ids, uv, normal)


@wp.kernel
def occlude(
    caster: wp.uint64, scene: wp.uint64, first: int, width: int, height: int, columns: int, coherent: int,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    visible: wp.array(dtype=float),
):
    """1 where nothing lies on the ray between near and far, else 0; 1 for rays that are not cast."""
    occlude_packet(caster, scene, first + wp.tid(), width, height, columns, coherent,
                    origin, direction, extent, visible)
