# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
# ruff: noqa: SIM102 - in Warp what a loop changes starts as float(...) or int(...), and `and` looks at both sides
"""What one object would cover if it stood alone: rays cast against nothing but that object.

The work is cut into patches: rectangles of the pixel grid in which one object is looked for, at every pixel or on
cells of ``step`` x ``step`` pixels. All patches of a camera are one launch; a thread takes a packet of one: 4 x 2 or
4 x 4 samples.
"""

from simgen.localsim.render.kernels.packets import occlude_packet
from simgen.localsim.render.kernels.pinhole import HORIZON_M, NEAR_M, PinholeData, pixel_direction
from simgen.localsim.render.warp_runtime import wp

BARE, HIDDEN, VISIBLE = wp.constant(0), wp.constant(1), wp.constant(2)
# A ray looks for the object from a hair before what the camera sees, so that one which touches it counts.
_BEFORE = wp.constant(0.99999)


@wp.struct
class Patches:
    """A row a patch, but for ``patch_of``, which has a row a packet."""

    patch_of: wp.array(dtype=wp.int32)
    first_packet: wp.array(dtype=wp.int32)
    tree: wp.array(dtype=wp.uint64)         # Embree scene of the object alone
    owner: wp.array(dtype=wp.int32)         # the object's number in this launch
    reach_m: wp.array(dtype=float)          # no part of the object is deeper
    left: wp.array(dtype=wp.int32)          # rectangle, px of the picture; may lie outside it
    top: wp.array(dtype=wp.int32)
    width: wp.array(dtype=wp.int32)
    height: wp.array(dtype=wp.int32)
    step: wp.array(dtype=wp.int32)          # px from sample to sample
    seen: wp.array(dtype=wp.int32)          # 1: inside the picture, whose depths tell what is hidden


@wp.func
def cell_centre(first: int, cell: int, step: int, length: int) -> float:
    """Middle of a cell, px; the last cell of a row may be cut."""
    begin = cell * step
    size = wp.min(step, length - begin)
    return float(first + begin) + 0.5 * float(size - 1)


@wp.func
def extent_behind(seen_m: float, reach_m: float) -> wp.vec2:
    """Where on a pixel's ray to look for an object beyond what the camera sees; empty if it does not reach there."""
    near = seen_m * _BEFORE
    return wp.vec2(near, wp.where(near > reach_m, 0.0, HORIZON_M))


@wp.kernel
def cover(
    caster: wp.uint64, lanes: int, first: int, camera: PinholeData, patches: Patches, samples: int,
    ids: wp.array(dtype=wp.vec2i), depth: wp.array(dtype=float), owner_of: wp.array(dtype=wp.int32),
    origin: wp.array(dtype=wp.vec3), direction: wp.array(dtype=wp.vec3), extent: wp.array(dtype=wp.vec2),
    free: wp.array(dtype=float), state: wp.array(dtype=wp.uint8),
):
    """State of each sample, ``lanes`` in a row a packet: not covered by the object, covered but hidden, visible.

    ids, depth:  what the camera's own rays met; a pixel that shows the object is not looked at again.
    owner_of:    (instances,) number of the object that an instance belongs to, -1 for all others.
    """
    packet = first + wp.tid()
    k = patches.patch_of[packet]
    step = patches.step[k]
    columns = (patches.width[k] + step - 1) // step
    rows = (patches.height[k] + step - 1) // step
    across = (columns + 3) // 4
    tile = packet - patches.first_packet[k]
    for lane in range(lanes):
        i = packet * lanes + lane
        column = (tile % across) * 4 + lane % 4
        row = (tile // across) * (lanes // 4) + lane // 4
        origin[i] = camera.position
        limits = wp.vec2(NEAR_M, HORIZON_M)
        found = int(BARE)
        if column >= columns or row >= rows:
            direction[i] = camera.forward
            limits = wp.vec2(0.0, 0.0)
        else:
            u = cell_centre(patches.left[k], column, step, patches.width[k])
            v = cell_centre(patches.top[k], row, step, patches.height[k])
            direction[i] = pixel_direction(camera, u, v)
            if patches.seen[k] != 0:
                pixel = (patches.top[k] + row) * camera.width + patches.left[k] + column
                instance = ids[pixel][0]
                if instance >= 0:
                    if owner_of[instance] == patches.owner[k]:
                        found = int(VISIBLE)
                limits = extent_behind(depth[pixel], patches.reach_m[k])
                if found == VISIBLE:
                    limits = wp.vec2(0.0, 0.0)
        extent[i] = limits
        state[i] = wp.uint8(found)
    occlude_packet(caster, patches.tree[k], lanes, packet, samples, 1, 0, 1, origin, direction, extent, free)
    for lane in range(lanes):
        i = packet * lanes + lane
        if free[i] == 0.0:
            state[i] = wp.uint8(HIDDEN)
