"""Is a body closed? Somebody else's ray tracer looks at it from all around."""

from __future__ import annotations

import numpy as np
import pytest

from simgen.localsim.mesh import Mesh

_VIEWS, _ACROSS = 9, 90


def inner_faces_first(mesh: Mesh) -> float:
    """Share of the rays that meet a mesh which meet the inside of a triangle first, from nine sides and heights."""
    rtcore_scene = pytest.importorskip("embreex.rtcore_scene")
    triangle_mesh = pytest.importorskip("embreex.mesh_construction").TriangleMesh
    scene = rtcore_scene.EmbreeScene()
    triangle_mesh(scene, mesh.positions[mesh.triangles].astype(np.float32))
    a, b, c = (mesh.positions[mesh.triangles[:, k]].astype(np.float64) for k in range(3))
    facing = np.cross(b - a, c - a)
    low, high = mesh.bounds_m()
    middle, reach = (low + high) / 2.0, float(np.linalg.norm(high - low)) / 2.0
    met = inner = 0
    grid = (np.arange(_ACROSS) + 0.37) / _ACROSS * 2.0 - 1.0
    across, up = (v.ravel()[:, None] for v in np.meshgrid(grid, grid))
    for k in range(_VIEWS):
        azimuth, height = 2.0 * np.pi * k / _VIEWS, (0.02, 0.25, 0.6)[k % 3]
        ahead = -np.array([np.cos(azimuth) * np.cos(height), np.sin(azimuth) * np.cos(height), np.sin(height)])
        left = np.cross([0.0, 0.0, 1.0], ahead)
        left /= np.linalg.norm(left)
        origins = middle - 1.5 * reach * ahead + reach * (across * left + up * np.cross(ahead, left))
        hit = scene.run(origins.astype(np.float32), np.tile(ahead.astype(np.float32), (len(origins), 1)))
        hit = hit[hit >= 0]
        met += len(hit)
        inner += int((facing[hit] @ ahead > 0.0).sum())
    assert met > 1000
    return inner / met
