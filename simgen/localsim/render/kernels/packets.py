# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""Ray casts on the CPU: packets of 8 or 16 rays (``lanes``) handed to Embree from inside a kernel.

The rays of a packet should start and point alike. Those of a picture (``tiled`` 1) are taken as tiles of 4 x 2 or 4 x 4
pixels, those of a list (``tiled`` 0, ``height`` 1) in a row. A ray whose extent is empty (far <= near) is not cast.
"""

from simgen.localsim.render.warp_runtime import wp

# A packet in Embree's layout: ray (origin, tnear, direction, time, tfar, mask, id, flags), hit (normal, u, v,
# primitive, geometry, instance, instance primitive), each times the number of lanes. Arguments: flags, feature mask,
# then pointers. The number of lanes is known when the body is compiled: once for each width.
_PACKET = """
#if !defined(__CUDA_ARCH__)
    struct Eight { enum { lanes = 8, shift = 3 }; };
    struct Sixteen { enum { lanes = 16, shift = 4 }; };
    // One ray that runs along an axis but for 1e-16 of its length spoils the bounds of a whole coherent packet: all of
    // its rays then pass through what they should meet. A nanoradian is nothing to any of them.
    auto aside = [](float d) { return d > -1e-9f && d < 1e-9f ? (d < 0.0f ? -1e-9f : 1e-9f) : d; };
    auto cast = [&](auto kind) {
        constexpr int n = decltype(kind)::lanes;
        alignas(64) float ray[24 * n];
        unsigned* bits = (unsigned*)ray;
        alignas(64) int valid[n];
        int row_of[n];
        alignas(16) unsigned arguments[16] = {0};
        arguments[0] = coherent ? 1u << 16 : 0u;
        arguments[1] = 0xffffffffu;
        const int shift = tiled ? 2 : (int)decltype(kind)::shift, columns = 1 << shift, rows = n >> shift;
        const int tiles = (width + columns - 1) >> shift;
        // Down a strip of 16 tiles before the next one across: what packets read of the tree stays in the cache.
        const int strip = packet / (tiles * 16), within = packet - strip * tiles * 16;
        const int down = (height + rows - 1) / rows - strip * 16, tall = down < 16 ? down : 16;
        const int left = (within / tall) << shift, top = (strip * 16 + within % tall) * rows;
        int active = 0;
        if (tiled && left + 4 <= width && top + rows <= height) {       // all of it lies in the picture: rows of four
            for (int row = 0; row < n / 4; row++) {
                const int i = (top + row) * width + left;
                const float* const o = (const float*)(origin.data + i);
                const float* const d = (const float*)(direction.data + i);
                const float* const e = (const float*)(extent.data + i);
                for (int c = 0; c < 4; c++) {
                    const int lane = 4 * row + c;
                    row_of[lane] = i + c;
                    ray[lane] = o[3 * c]; ray[n + lane] = o[3 * c + 1]; ray[2 * n + lane] = o[3 * c + 2];
                    ray[4 * n + lane] = aside(d[3 * c]); ray[5 * n + lane] = aside(d[3 * c + 1]);
                    ray[6 * n + lane] = aside(d[3 * c + 2]);
                    ray[3 * n + lane] = e[2 * c]; ray[8 * n + lane] = e[2 * c + 1];
                    valid[lane] = e[2 * c + 1] > e[2 * c] ? -1 : 0;
                }
            }
        } else for (int lane = 0; lane < n; lane++) {
            const int x = left + (lane & (columns - 1)), y = top + (lane >> shift);
            const bool inside = x < width && y < height;
            const int i = inside ? y * width + x : top * width + left;
            const auto o = origin.data[i];
            const auto d = direction.data[i];
            const auto e = extent.data[i];
            row_of[lane] = inside ? i : -1;
            valid[lane] = inside && e[1] > e[0] ? -1 : 0;
            ray[lane] = o[0]; ray[n + lane] = o[1]; ray[2 * n + lane] = o[2]; ray[3 * n + lane] = e[0];
            ray[4 * n + lane] = aside(d[0]); ray[5 * n + lane] = aside(d[1]); ray[6 * n + lane] = aside(d[2]);
            ray[8 * n + lane] = e[1];
        }
        for (int lane = 0; lane < n; lane++) {
            active |= valid[lane];
            ray[7 * n + lane] = 0.0f;
            bits[9 * n + lane] = 0xffffffffu; bits[10 * n + lane] = 0; bits[11 * n + lane] = 0;
            bits[18 * n + lane] = 0xffffffffu; bits[19 * n + lane] = 0xffffffffu;
        }
        if (active) ((void (*)(void*, void*, void*, void*))caster)(valid, (void*)scene, ray, arguments);
        for (int lane = 0; lane < n; lane++) {
            const int i = row_of[lane];
            if (i < 0) continue;
"""

_END = """
        }
    };
    if (lanes == 16) cast(Sixteen()); else cast(Eight());
#endif
"""

_INTERSECT = _PACKET + """
            const bool hit = valid[lane] && bits[19 * n + lane] != 0xffffffffu;
            distance.data[i] = ray[8 * n + lane];
            ids.data[i] = wp::vec_t<2, int>(hit ? (int)bits[19 * n + lane] : -1, hit ? (int)bits[17 * n + lane] : -1);
            uv.data[i] = wp::vec_t<2, float>(ray[15 * n + lane], ray[16 * n + lane]);
            normal.data[i] = wp::vec_t<3, float>(ray[12 * n + lane], ray[13 * n + lane], ray[14 * n + lane]);
""" + _END

_OCCLUDE = _PACKET + """
            visible.data[i] = valid[lane] && ray[8 * n + lane] < 0.0f ? 0.0f : 1.0f;
""" + _END


@wp.func_native(_INTERSECT)
def _intersect_packet(
    caster: wp.uint64, scene: wp.uint64, lanes: int, packet: int, width: int, height: int, tiled: int, coherent: int,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i), uv: wp.array(dtype=wp.vec2),
    normal: wp.array(dtype=wp.vec3),
): ...


@wp.func_native(_OCCLUDE)
def occlude_packet(
    caster: wp.uint64, scene: wp.uint64, lanes: int, packet: int, width: int, height: int, tiled: int, coherent: int,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    visible: wp.array(dtype=float),
): ...


@wp.kernel
def intersect(
    caster: wp.uint64, scene: wp.uint64, lanes: int, first: int, width: int, height: int, tiled: int, coherent: int,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i), uv: wp.array(dtype=wp.vec2),
    normal: wp.array(dtype=wp.vec3),
):
    """Nearest hit of each ray: distance in lengths of its direction, (instance, triangle) or (-1, -1), the hit's
    place in the triangle, and the triangle's normal in mesh axes, not normalised."""
    _intersect_packet(caster, scene, lanes, first + wp.tid(), width, height, tiled, coherent,
                      origin, direction, extent, distance, ids, uv, normal)


@wp.kernel
def occlude(
    caster: wp.uint64, scene: wp.uint64, lanes: int, first: int, width: int, height: int, tiled: int, coherent: int,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    visible: wp.array(dtype=float),
):
    """1 where nothing lies on the ray between near and far, else 0; 1 for rays that are not cast."""
    occlude_packet(caster, scene, lanes, first + wp.tid(), width, height, tiled, coherent,
                    origin, direction, extent, visible)
