"""Embree 4 by ctypes: devices, triangle scenes and scenes of instances.

The library is the one inside the ``embreex`` wheel. Only building goes through ctypes; rays are cast from
compiled kernels, which get the address of Embree's functions and of a scene (``raycast.py``).

Device settings, and why:

* ``threads=1``: every simulator is one of many processes on a host, and a build that runs on one thread is
  repeatable to the bit.
* packets of 16 and AVX-512 where the processor has it (``rtcGetDeviceProperty`` says so), else packets of 8 and AVX2:
  packets of 16 are emulated there, at a third of the speed. The instruction set decides which of two triangles a ray
  through their shared edge hits, so a pixel in some ten thousand is another one on another kind of processor.
  ``SIMGEN_PORTABLE=1`` keeps to AVX2, which every x86-64 host of the last ten years has (``portable.py``).
* scenes are committed by ``rtcJoinCommitScene``, in which the calling thread does the building. With plain
  ``rtcCommitScene`` the second device of a process gets a TBB worker that spins for ever and eats a core.
"""

from __future__ import annotations

import ctypes
import importlib.util
from collections.abc import Mapping, Sequence
from ctypes import c_char_p, c_int, c_size_t, c_ssize_t, c_uint, c_void_p
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.render.kernels import poses
from simgen.localsim.render.portable import is_portable
from simgen.localsim.render.warp_runtime import wp

_SETTINGS = b"threads=1,user_threads=1,set_affinity=0"
_PORTABLE_SETTINGS = _SETTINGS + b",max_isa=avx2"
_NATIVE_16_WIDE = 34    # RTC_DEVICE_PROPERTY_NATIVE_RAY16_SUPPORTED

_TRIANGLES = 0          # RTC_GEOMETRY_TYPE_TRIANGLE
_INSTANCE = 121         # RTC_GEOMETRY_TYPE_INSTANCE
_INDEX_BUFFER, _VERTEX_BUFFER = 0, 1
_FLOAT3, _UINT3, _FLOAT3X4_ROWS = 0x9003, 0x5003, 0x9134
_ROBUST = 1 << 2        # RTC_SCENE_FLAG_ROBUST: no ray slips between two triangles that share an edge

_SIGNATURES: Mapping[str, tuple[Any, tuple[Any, ...]]] = {
    "rtcNewDevice": (c_void_p, (c_char_p,)),
    "rtcReleaseDevice": (None, (c_void_p,)),
    "rtcGetDeviceError": (c_int, (c_void_p,)),
    "rtcGetDeviceProperty": (c_ssize_t, (c_void_p, c_int)),
    "rtcNewScene": (c_void_p, (c_void_p,)),
    "rtcReleaseScene": (None, (c_void_p,)),
    "rtcSetSceneFlags": (None, (c_void_p, c_int)),
    "rtcJoinCommitScene": (None, (c_void_p,)),
    "rtcNewGeometry": (c_void_p, (c_void_p, c_int)),
    "rtcReleaseGeometry": (None, (c_void_p,)),
    "rtcCommitGeometry": (None, (c_void_p,)),
    "rtcAttachGeometryByID": (None, (c_void_p, c_void_p, c_uint)),
    "rtcDetachGeometry": (None, (c_void_p, c_uint)),
    "rtcGetGeometry": (c_void_p, (c_void_p, c_uint)),
    "rtcSetSharedGeometryBuffer": (
        None, (c_void_p, c_int, c_uint, c_int, c_void_p, c_size_t, c_size_t, c_size_t)),
    "rtcSetGeometryInstancedScene": (None, (c_void_p, c_void_p)),
    "rtcSetGeometryTransform": (None, (c_void_p, c_uint, c_int, c_void_p)),
}


class RayTracerMissing(ImportError):
    """This platform has no Embree: the ``embreex`` wheel is absent."""


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL:
    """Load Embree and declare the functions used here. Raises ``RayTracerMissing``."""
    spec = importlib.util.find_spec("embreex")
    if spec is None or spec.origin is None:
        raise RayTracerMissing(
            "there is no Embree here; it comes in the 'embreex' package, which has wheels for x86-64 Linux and Windows "
            "only")
    folder = Path(spec.origin).parent.parent / "embreex.libs"
    found = sorted(folder.glob("*embree4*"))
    if not found:
        raise RayTracerMissing(f"the 'embreex' package holds no Embree 4 library in {folder}: reinstall embreex>=4.4")
    for tbb in sorted(folder.glob("*tbb12*")) + sorted(folder.glob("libtbb*")):
        ctypes.CDLL(str(tbb), mode=ctypes.RTLD_GLOBAL)     # Embree looks it up by its unhashed name
    embree = ctypes.CDLL(str(found[0]))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(embree, name)
        function.restype, function.argtypes = result, arguments
    return embree


def function_address(name: str) -> int:
    """Address of an Embree function, for compiled kernels to call."""
    address = ctypes.cast(getattr(library(), name), c_void_p).value
    if address is None:
        raise RayTracerMissing(f"Embree's {name} has no address")
    return address


class Device:
    """One Embree device. Everything built on it keeps it alive.

    lanes:  how many rays a packet has that is cast at its scenes: 8 or 16.
    """

    def __init__(self, portable: bool | None = None) -> None:
        """portable: keep to what every x86-64 processor does alike; None asks the environment."""
        self._embree = library()
        settings = _PORTABLE_SETTINGS if (is_portable() if portable is None else portable) else _SETTINGS
        self.handle: int = self._embree.rtcNewDevice(settings)
        self.check()
        self.lanes = 16 if self._embree.rtcGetDeviceProperty(self.handle, _NATIVE_16_WIDE) else 8

    def check(self) -> None:
        """Raise ``RuntimeError`` if a call on this device went wrong since the last check."""
        code = self._embree.rtcGetDeviceError(self.handle or None)
        if code != 0:
            raise RuntimeError(f"Embree reports error {code} (see RTCError in its manual)")

    def __del__(self) -> None:
        if getattr(self, "handle", None):
            self._embree.rtcReleaseDevice(self.handle)


def _readable_past_end(positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Embree reads vertices with 16-byte loads: the last one needs readable bytes after it. The array itself if it is
    part of one that has them, else a longer copy."""
    whole = positions.base
    if (isinstance(whole, np.ndarray) and positions.flags.c_contiguous and positions.dtype == np.float32
            and whole.ctypes.data + whole.nbytes >= positions.ctypes.data + positions.nbytes + 16):
        return positions
    longer = np.zeros((len(positions) + 2, 3), dtype=np.float32)
    longer[:len(positions)] = positions
    return longer


class TriangleScene:
    """A committed scene of one triangle mesh, in the mesh's own axes."""

    def __init__(self, device: Device, positions: NDArray[np.float32], triangles: NDArray[np.int32]) -> None:
        """positions (V, 3), triangles (T, 3) counter-clockwise seen from outside."""
        self.device, self._embree = device, library()
        self._positions = _readable_past_end(positions)
        self.positions: NDArray[np.float32] = self._positions[:len(positions)]
        self._triangles = np.ascontiguousarray(triangles, dtype=np.int32).view(np.uint32)     # shared if it can be
        geometry = self._embree.rtcNewGeometry(device.handle, _TRIANGLES)
        self._share(geometry, _VERTEX_BUFFER, _FLOAT3, self._positions, len(positions))
        self._share(geometry, _INDEX_BUFFER, _UINT3, self._triangles, len(triangles))
        self._embree.rtcCommitGeometry(geometry)
        self.handle: int = self._embree.rtcNewScene(device.handle)
        self._embree.rtcSetSceneFlags(self.handle, _ROBUST)
        self._embree.rtcAttachGeometryByID(self.handle, geometry, 0)
        self._embree.rtcReleaseGeometry(geometry)
        self._embree.rtcJoinCommitScene(self.handle)
        device.check()

    def _share(self, geometry: int, kind: int, layout: int, array: NDArray[Any], count: int) -> None:
        self._embree.rtcSetSharedGeometryBuffer(geometry, kind, 0, layout, array.ctypes.data, 0, 12, count)

    def __del__(self) -> None:
        if getattr(self, "handle", None):
            self._embree.rtcReleaseScene(self.handle)


class InstanceScene:
    """The top of the two-level scene. It holds instances only, so that moving one costs next to nothing.

    The first ``fixed`` instances (a place and its scenery) stay; the rest is replaced as a whole by ``replace``.
    """

    def __init__(self, device: Device, fixed: Sequence[tuple[TriangleScene, NDArray[np.float64]]]) -> None:
        self.device, self._embree = device, library()
        self.handle: int = self._embree.rtcNewScene(device.handle)
        self._embree.rtcSetSceneFlags(self.handle, _ROBUST)
        self._members: list[TriangleScene] = []
        self._attach(fixed)
        self._fixed = len(self._members)
        self._handles = np.array([self._embree.rtcGetGeometry(self.handle, number) for number in range(self._fixed)],
                                 dtype=np.uint64)
        self.commit()

    def replace(self, moving: Sequence[tuple[TriangleScene, NDArray[np.float64]]]) -> None:
        """Put these (scene, world_from_mesh (4, 4)) in the place of all earlier moving instances."""
        for number in range(self._fixed, len(self._members)):
            self._embree.rtcDetachGeometry(self.handle, number)
        del self._members[self._fixed:]
        self._attach(moving)
        self.commit()

    def pose(self, numbers: NDArray[np.intp], world_from_mesh: NDArray[np.float64]) -> None:
        """Give some of the fixed instances, (N,), other poses (N, 4, 4). Holds from the next change on."""
        rows = np.ascontiguousarray(world_from_mesh[:, :3], dtype=np.float32).reshape(-1)
        wp.launch(poses.pose_instances, len(numbers), [
            function_address("rtcSetGeometryTransform"), function_address("rtcCommitGeometry"),
            wp.array(self._handles[numbers], dtype=wp.uint64, device="cpu", copy=False),
            wp.array(rows, dtype=float, device="cpu", copy=False)], device="cpu")

    def exchange(self, scenes: Mapping[int, TriangleScene]) -> None:
        """Show other meshes in the places of these fixed instances, by number."""
        for number, scene in scenes.items():
            geometry = self._embree.rtcGetGeometry(self.handle, number)
            self._embree.rtcSetGeometryInstancedScene(geometry, scene.handle)
            self._embree.rtcCommitGeometry(geometry)
            self._members[number] = scene
        self.commit()

    def _attach(self, instances: Sequence[tuple[TriangleScene, NDArray[np.float64]]]) -> None:
        for scene, world_from_mesh in instances:
            geometry = self._embree.rtcNewGeometry(self.device.handle, _INSTANCE)
            self._embree.rtcSetGeometryInstancedScene(geometry, scene.handle)
            rows = np.ascontiguousarray(world_from_mesh[:3, :4], dtype=np.float32)
            self._embree.rtcSetGeometryTransform(geometry, 0, _FLOAT3X4_ROWS, rows.ctypes.data)
            self._embree.rtcCommitGeometry(geometry)
            self._embree.rtcAttachGeometryByID(self.handle, geometry, len(self._members))
            self._embree.rtcReleaseGeometry(geometry)
            self._members.append(scene)

    def commit(self) -> None:
        """Build the top of the tree anew, so that new poses hold."""
        self._embree.rtcJoinCommitScene(self.handle)
        self.device.check()

    def __del__(self) -> None:
        if getattr(self, "handle", None):
            self._embree.rtcReleaseScene(self.handle)
