# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: UP018, RUF046, SIM102 - in Warp what a loop changes starts as float(...) or int(...), and `and` looks at
# both sides
"""Ray casts by Warp's own trees: one ray a thread, on a GPU or, slowly, on a CPU without Embree.

Two levels, as Embree's: a tree of the instances' boxes in the world, and for each instance the tree of its mesh, which
a ray enters in mesh axes. Distances are counted in lengths of the ray's direction, so they are the same in both.
"""

from simgen.localsim.render.kernels.pinhole import HORIZON_M, NEAR_M, PinholeData, pixel_direction
from simgen.localsim.render.kernels.silhouettes import BARE, HIDDEN, VISIBLE, Patches, cell_centre, extent_behind
from simgen.localsim.render.warp_runtime import wp


@wp.struct
class Tree:
    """The instances of a scene."""

    boxes: wp.uint64                            # wp.Bvh of their boxes
    mesh: wp.array(dtype=wp.uint64)             # wp.Mesh of each; 0 where it has no triangles
    mesh_from_world: wp.array(dtype=wp.mat44)


@wp.func
def _slanted(direction: wp.vec3) -> wp.vec3:
    """The direction without zeros, whose inverse times a zero distance would be no number."""
    return wp.vec3(wp.where(direction[0] == 0.0, 1.0e-20, direction[0]),
                   wp.where(direction[1] == 0.0, 1.0e-20, direction[1]),
                   wp.where(direction[2] == 0.0, 1.0e-20, direction[2]))


@wp.kernel
def intersect(
    first: int, tree: Tree,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    distance: wp.array(dtype=float), ids: wp.array(dtype=wp.vec2i), uv: wp.array(dtype=wp.vec2),
    normal: wp.array(dtype=wp.vec3),
):
    """Nearest hit of each ray, as ``packets.intersect`` tells it."""
    i = first + wp.tid()
    ray = direction[i]
    near = extent[i][0]
    far = extent[i][1]
    reach = float(far - near)       # what lies nearer than all that was met so far
    found = int(-1)
    face = int(-1)
    weights = wp.vec2(0.0, 0.0)
    facet = wp.vec3(0.0, 0.0, 0.0)
    if far > near:
        start = origin[i] + ray * near
        query = wp.bvh_query_ray(tree.boxes, start, _slanted(ray))
        item = int(0)
        while wp.bvh_query_next(query, item, reach):
            mesh = tree.mesh[item]
            if mesh != wp.uint64(0):
                m = tree.mesh_from_world[item]
                hit = wp.mesh_query_ray(mesh, wp.transform_point(m, start), wp.transform_vector(m, ray), reach)
                if hit.result:
                    reach = hit.t
                    found = item
                    face = hit.face
                    # Warp weighs the first and second corner, Embree and the materials the second and third
                    weights = wp.vec2(hit.v, 1.0 - hit.u - hit.v)
                    facet = hit.normal
    distance[i] = wp.where(found < 0, far, near + reach)
    ids[i] = wp.vec2i(found, face)
    uv[i] = weights
    normal[i] = facet


@wp.func
def _meets(mesh: wp.uint64, m: wp.mat44, start: wp.vec3, ray: wp.vec3, reach: float) -> bool:
    """Does one instance lie on a ray?"""
    met = bool(False)
    if mesh != wp.uint64(0):
        met = wp.mesh_query_ray_anyhit(mesh, wp.transform_point(m, start), wp.transform_vector(m, ray), reach)
    return met


@wp.kernel
def occlude(
    first: int, tree: Tree,
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    visible: wp.array(dtype=float),
):
    """1 where nothing lies on the ray between near and far, else 0; 1 for rays that are not cast."""
    i = first + wp.tid()
    ray = direction[i]
    near = extent[i][0]
    reach = extent[i][1] - near
    free = float(1.0)
    if reach > 0.0:
        start = origin[i] + ray * near
        query = wp.bvh_query_ray(tree.boxes, start, _slanted(ray))
        item = int(0)
        while wp.bvh_query_next(query, item, reach):
            if _meets(tree.mesh[item], tree.mesh_from_world[item], start, ray, reach):
                free = 0.0
                break
    visible[i] = free


@wp.kernel
def cover(
    first: int, camera: PinholeData, patches: Patches, tree: Tree,
    first_member: wp.array(dtype=wp.int32), members: wp.array(dtype=wp.int32),
    ids: wp.array(dtype=wp.vec2i), depth: wp.array(dtype=float), owner_of: wp.array(dtype=wp.int32),
    state: wp.array(dtype=wp.uint8),
):
    """``silhouettes.cover``, a thread a sample. An object has so few instances that it needs no tree of them.

    first_member: (patches + 1,) where each patch's part of ``members``, the object's instances, begins.
    """
    i = first + wp.tid()
    packet = i // 8
    lane = i % 8
    k = patches.patch_of[packet]
    step = patches.step[k]
    columns = (patches.width[k] + step - 1) // step
    rows = (patches.height[k] + step - 1) // step
    across = (columns + 3) // 4
    tile = packet - patches.first_packet[k]
    column = (tile % across) * 4 + lane % 4
    row = (tile // across) * 2 + lane // 4
    found = int(BARE)
    if column < columns and row < rows:
        u = cell_centre(patches.left[k], column, step, patches.width[k])
        v = cell_centre(patches.top[k], row, step, patches.height[k])
        ray = pixel_direction(camera, u, v)
        limits = wp.vec2(NEAR_M, HORIZON_M)
        if patches.seen[k] != 0:
            pixel = (patches.top[k] + row) * camera.width + patches.left[k] + column
            instance = ids[pixel][0]
            if instance >= 0:
                if owner_of[instance] == patches.owner[k]:
                    found = int(VISIBLE)
            limits = extent_behind(depth[pixel], patches.reach_m[k])
        if found == BARE and limits[1] > limits[0]:
            start = camera.position + ray * limits[0]
            member = int(first_member[k])
            end = first_member[k + 1]
            while member < end:
                item = members[member]
                member += 1
                if _meets(tree.mesh[item], tree.mesh_from_world[item], start, ray, limits[1] - limits[0]):
                    found = int(HIDDEN)
                    break
    state[i] = wp.uint8(found)
