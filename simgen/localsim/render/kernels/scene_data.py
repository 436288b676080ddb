# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""The scene's attributes as kernels read them, and what a hit says about the surface it met."""

from simgen.localsim.render.warp_runtime import wp

SKY_TAG = wp.constant(11)           # carla.CityObjectLabel.Sky
FAR_M = wp.constant(1000.0)         # CARLA's depth cameras end here


@wp.struct
class SceneData:
    """One pool for the triangles of all meshes, and one row for each instance."""

    # a row a vertex of the pool
    normal: wp.array(dtype=wp.vec3)
    uv: wp.array(dtype=wp.vec2)
    # a row a triangle of the pool
    corners: wp.array(dtype=wp.vec3i)
    material: wp.array(dtype=wp.int32)
    parameter: wp.array(dtype=float)
    # a row a material
    material_tag: wp.array(dtype=wp.uint8)
    # a row an instance
    first_triangle: wp.array(dtype=wp.int32)
    mesh_from_world: wp.array(dtype=wp.mat44)
    tint: wp.array(dtype=wp.mat33)
    actor_id: wp.array(dtype=wp.uint32)
    instance_tag: wp.array(dtype=wp.uint8)
    lamps: wp.array(dtype=wp.vec4i)     # headlamps 0, 1, 2; tail; brake; flags of mesh.Signal
    snow: wp.array(dtype=float)         # share of the lying snow that it carries


@wp.func_native("""
#if !defined(__CUDA_ARCH__)
    const int soon = item + 8, later = item + 16;
    if (later >= (int)ids.shape[0]) return;
    const auto far_hit = ids.data[later], near_hit = ids.data[soon];
    if (far_hit[0] >= 0)
        __builtin_prefetch((const char*)corners.data
                           + (first_triangle.data[far_hit[0]] + (long long)far_hit[1]) * corners.strides[0]);
    if (near_hit[0] >= 0) {
        const auto three = *(const wp::vec_t<3, int>*)((const char*)corners.data
            + (first_triangle.data[near_hit[0]] + (long long)near_hit[1]) * corners.strides[0]);
        for (int k = 0; k < 3; k++)
            __builtin_prefetch((const char*)normal.data + (long long)three[k] * normal.strides[0]);
    }
#endif
""")
def _fetch_ahead(
    item: int, ids: wp.array(dtype=wp.vec2i), first_triangle: wp.array(dtype=wp.int32),
    corners: wp.array(dtype=wp.vec3i), normal: wp.array(dtype=wp.vec3),
): ...


@wp.func
def fetch_ahead(scene: SceneData, ids: wp.array(dtype=wp.vec2i), item: int):
    """Bid the processor load what the items after this one will read of the pool: hits are scattered in hundreds of
    megabytes, and without this each waits for memory twice (its triangle, then the corners' vertices)."""
    _fetch_ahead(item, ids, scene.first_triangle, scene.corners, scene.normal)


@wp.func
def triangle_of(scene: SceneData, ids: wp.vec2i) -> int:
    """The hit triangle's row in the pool."""
    return scene.first_triangle[ids[0]] + ids[1]


@wp.func
def tag_of(scene: SceneData, ids: wp.vec2i) -> wp.uint8:
    """CARLA's semantic tag: the instance's, or that of the triangle's material."""
    tag = scene.instance_tag[ids[0]]
    if tag == wp.uint8(0):
        tag = scene.material_tag[scene.material[triangle_of(scene, ids)]]
    return tag


@wp.func
def world_normal(scene: SceneData, instance: int, normal: wp.vec3) -> wp.vec3:
    """A mesh normal in world axes, unit length. Normals go by the inverse transpose."""
    m = scene.mesh_from_world[instance]
    return wp.normalize(wp.vec3(
        m[0, 0] * normal[0] + m[1, 0] * normal[1] + m[2, 0] * normal[2],
        m[0, 1] * normal[0] + m[1, 1] * normal[1] + m[2, 1] * normal[2],
        m[0, 2] * normal[0] + m[1, 2] * normal[1] + m[2, 2] * normal[2]))


@wp.kernel
def label_pixels(
    first: int, scene: SceneData, distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i),
    depth_m: wp.array(dtype=float), tag: wp.array(dtype=wp.uint8), actor_id: wp.array(dtype=wp.uint32),
):
    """Depth, tag and actor of each pixel. Like CARLA's, depth ends at 1000 m; the sky has it everywhere."""
    i = first + wp.tid()
    hit = ids[i]
    if hit[0] < 0:
        depth_m[i] = FAR_M
        tag[i] = wp.uint8(SKY_TAG)
        actor_id[i] = wp.uint32(0)
    else:
        depth_m[i] = wp.min(distance[i], FAR_M)
        tag[i] = tag_of(scene, hit)
        actor_id[i] = scene.actor_id[hit[0]]


@wp.kernel
def aim_sweep(
    first: int, world_from_lidar: wp.mat44, range_m: float, beams: wp.array(dtype=wp.vec3),
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
):
    """LiDAR directions (any length) become rays of unit direction in the world."""
    i = first + wp.tid()
    origin[i] = wp.transform_point(world_from_lidar, wp.vec3(0.0, 0.0, 0.0))
    direction[i] = wp.normalize(wp.transform_vector(world_from_lidar, beams[i]))
    extent[i] = wp.vec2(0.0, range_m)


@wp.kernel
def label_returns(
    first: int, scene: SceneData, direction: wp.array(dtype=wp.vec3), distance: wp.array(dtype=float),
    ids: wp.array(dtype=wp.vec2i), normal: wp.array(dtype=wp.vec3),
    range_m: wp.array(dtype=float), cos_incidence: wp.array(dtype=float), actor_id: wp.array(dtype=wp.uint32),
    tag: wp.array(dtype=wp.uint8),
):
    """Range, cosine of incidence against the true surface, actor and tag of each LiDAR ray."""
    i = first + wp.tid()
    hit = ids[i]
    if hit[0] < 0:
        range_m[i] = wp.inf
        cos_incidence[i] = 0.0
        actor_id[i] = wp.uint32(0)
        tag[i] = wp.uint8(0)
    else:
        range_m[i] = distance[i]
        cos_incidence[i] = wp.min(wp.abs(wp.dot(world_normal(scene, hit[0], normal[i]), direction[i])), 1.0)
        actor_id[i] = scene.actor_id[hit[0]]
        tag[i] = tag_of(scene, hit)
