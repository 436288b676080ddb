# mypy: disable-error-code="untyped-decorator, valid-type, no-untyped-def, no-any-return"
"""New poses for many of Embree's instances at once: by ctypes each would cost microseconds."""

from simgen.localsim.render.warp_runtime import wp

_POSE = """
#if !defined(__CUDA_ARCH__)
    void* const one = (void*)geometry.data[i];
    const int rows_of_3_by_4_floats = 0x9134;
    ((void (*)(void*, unsigned, int, const void*))set_transform)(one, 0u, rows_of_3_by_4_floats, rows.data + 12 * i);
    ((void (*)(void*))commit)(one);
#endif
"""


@wp.func_native(_POSE)
def _pose_instance(
    set_transform: wp.uint64, commit: wp.uint64, i: int, geometry: wp.array(dtype=wp.uint64),
    rows: wp.array(dtype=float),
): ...


@wp.kernel
def pose_instances(
    set_transform: wp.uint64, commit: wp.uint64, geometry: wp.array(dtype=wp.uint64), rows: wp.array(dtype=float),
):
    """geometry: Embree's instances; rows: 12 numbers each, the upper three rows of world_from_mesh."""
    _pose_instance(set_transform, commit, wp.tid(), geometry, rows)
