"""Rotations and translations between right-handed axes.

A transform is named ``target_from_source``; in a chain the inner names meet:
``world_from_camera = world_from_rig @ rig_from_camera``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

# CARLA stores rotations in single precision, so a matrix from there is orthonormal to about 1e-6 only.
_ORTHONORMAL_TOLERANCE = 1e-5


def readonly_array(value: ArrayLike, shape: tuple[int, ...], name: str) -> NDArray[np.float64]:
    """A frozen float64 copy of ``value``.

    Raises:
        ValueError: if the shape differs from ``shape`` or a number is not finite.
    """
    array = np.array(value, dtype=np.float64)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, expected {shape}")
    if not all(map(math.isfinite, array.ravel().tolist())):         # of so few numbers faster than numpy's own
        raise ValueError(f"{name} holds a number that is not finite: {array.tolist()}")
    array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False, slots=True)
class RigidTransform:
    """A rotation followed by a translation, taking points from the source axes to the target axes.

    rotation:       (3, 3) float64, orthonormal with determinant +1.
    translation_m:  (3,) float64, the source's origin in target axes.
    """

    rotation: NDArray[np.float64]
    translation_m: NDArray[np.float64]

    def __post_init__(self) -> None:
        rotation = readonly_array(self.rotation, (3, 3), "rotation")
        object.__setattr__(self, "rotation", rotation)
        object.__setattr__(self, "translation_m", readonly_array(self.translation_m, (3,), "translation_m"))
        # Number by number, because transforms are made by the thousand and a call of numpy's takes longer than this.
        (a, b, c), (d, e, f), (g, h, i) = rotation.tolist()
        off = max(abs(a * a + b * b + c * c - 1.0), abs(d * d + e * e + f * f - 1.0), abs(g * g + h * h + i * i - 1.0),
                  abs(a * d + b * e + c * f), abs(a * g + b * h + c * i), abs(d * g + e * h + f * i))
        if off > _ORTHONORMAL_TOLERANCE:
            raise ValueError("rotation is not orthonormal")
        if a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) < 0.0:
            raise ValueError("rotation is a reflection (were left-handed axes left in?)")

    @classmethod
    def identity(cls) -> RigidTransform:
        return cls(np.eye(3), np.zeros(3))

    @classmethod
    def from_matrix(cls, matrix: ArrayLike) -> RigidTransform:
        """From a (4, 4) homogeneous matrix, or (3, 4) without its last row.

        Raises:
            ValueError: if the last row is not 0 0 0 1 or the rotation is not proper.
        """
        m = np.asarray(matrix, dtype=np.float64)
        if m.shape not in ((4, 4), (3, 4)):
            raise ValueError(f"matrix has shape {m.shape}, expected (4, 4) or (3, 4)")
        if m.shape == (4, 4) and not np.array_equal(m[3], (0.0, 0.0, 0.0, 1.0)):
            raise ValueError(f"last row of the matrix is {m[3].tolist()}, expected [0, 0, 0, 1]")
        return cls(m[:3, :3], m[:3, 3])

    @classmethod
    def from_yaw(cls, yaw_rad: float, translation_m: ArrayLike = (0.0, 0.0, 0.0)) -> RigidTransform:
        """A turn about z, counter-clockwise seen from above, then a shift."""
        c, s = math.cos(yaw_rad), math.sin(yaw_rad)
        rotation = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        return cls(rotation, np.asarray(translation_m, dtype=np.float64))

    def __matmul__(self, other: RigidTransform) -> RigidTransform:
        """``a_from_b @ b_from_c`` is ``a_from_c``."""
        return _proper(self.rotation @ other.rotation, self.rotation @ other.translation_m + self.translation_m)

    def inverse(self) -> RigidTransform:
        return _proper(self.rotation.T.copy(), -(self.rotation.T @ self.translation_m))

    def apply(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Move points of shape (N, 3), or one of shape (3,), from the source axes to the target axes."""
        return np.asarray(points @ self.rotation.T + self.translation_m, dtype=np.float64)

    def rotate(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """Turn directions or velocities of shape (N, 3) or (3,); the translation does not act on them."""
        return np.asarray(vectors @ self.rotation.T, dtype=np.float64)

    def matrix(self) -> NDArray[np.float64]:
        """(4, 4) homogeneous matrix."""
        m = np.eye(4)
        m[:3, :3] = self.rotation
        m[:3, 3] = self.translation_m
        return m

    @property
    def yaw_rad(self) -> float:
        """Heading of the source's x axis in the target's horizontal plane, counter-clockwise, in (−π, π]."""
        return math.atan2(self.rotation[1, 0], self.rotation[0, 0])


def _proper(rotation: NDArray[np.float64], translation_m: NDArray[np.float64]) -> RigidTransform:
    """What is made of transforms is one: nothing is copied or checked again, which takes longer than to make it."""
    made = object.__new__(RigidTransform)
    for name, array in (("rotation", rotation), ("translation_m", translation_m)):
        array.flags.writeable = False
        object.__setattr__(made, name, array)
    return made
