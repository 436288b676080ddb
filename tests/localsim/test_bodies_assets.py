"""A user's own models: read, fitted to the blueprint's box, and refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simgen.localsim.bodies.assets import AssetRefused, load_assets
from simgen.localsim.mesh import Material

TT, SIZE = "vehicle.audi.tt", (4.18, 1.99, 1.39)


def write_model(folder: Path, name: str, length: float = 4.0, height: float = 1.3) -> Path:
    """A red block with a window and two black tyres, length along x, y up, as glTF has it."""
    trimesh = pytest.importorskip("trimesh")
    scene = trimesh.Scene()
    for part, extents, centre, colour in (
        ("paint", (length, 0.6 * height, 1.9), (0.0, 0.7 * height, 0.0), (255, 0, 0, 255)),
        ("side_window", (0.5 * length, 0.2, 1.92), (0.0, 0.8 * height, 0.0), (10, 10, 10, 255)),
        ("tyre", (0.6, 0.6 * height, 1.8), (0.3 * length, 0.3 * height, 0.0), (5, 5, 5, 255)),
        ("antenna_white", (0.3, 0.2, 0.3), (-0.4 * length, 0.9 * height, 0.5), (255, 255, 255, 255)),
    ):
        box = trimesh.creation.box(extents)
        box.apply_translation(centre)
        material = trimesh.visual.material.PBRMaterial(name=part, baseColorFactor=colour)
        box.visual = trimesh.visual.TextureVisuals(material=material)
        scene.add_geometry(box, node_name=part)
    file = folder / f"{name}.glb"
    scene.export(file)
    return file


def test_a_model_takes_its_blueprints_place_and_fills_its_box(tmp_path: Path):
    write_model(tmp_path, TT)
    found = load_assets(tmp_path)
    mesh = found.body_mesh(TT, SIZE, 0)
    low, high = mesh.bounds_m()
    assert low == pytest.approx([-SIZE[0] / 2, -SIZE[1] / 2, 0.0], abs=1e-4)
    assert high == pytest.approx([SIZE[0] / 2, SIZE[1] / 2, SIZE[2]], abs=1e-4)
    centres = mesh.positions[mesh.triangles].mean(axis=1)
    assert (centres[mesh.material == Material.TYRE, 0] > 0.0).all()            # ahead stays ahead
    assert (centres[mesh.material == Material.TYRE, 2].mean() < 0.5)           # glTF's y is up
    white = (mesh.material == Material.CAR_PAINT) & (mesh.parameter == 1.0)
    assert (centres[white, 1] < 0.0).all() and white.any()                     # glTF's z is to the right
    assert Material.CAR_GLASS in mesh.material
    assert found.tints(TT, "0,0,255", "x")[0] == pytest.approx([1.0, 0.0, 0.0])    # not the client's blue
    assert found.axles(TT, SIZE) == () and found.gait_phase(TT, 3.0, 5.0) == 0
    assert found.open_mesh(TT, SIZE, frozenset({0})) is mesh and found.wheelless_mesh(TT, SIZE, frozenset()) is mesh


def test_all_other_blueprints_keep_their_bodies(tmp_path: Path):
    write_model(tmp_path, TT)
    found = load_assets(tmp_path)
    assert len(found.body_mesh("static.prop.box01", (0.5, 0.5, 0.5), 0).triangles) > 100
    assert found.gait_phase("walker.pedestrian.0001", 0.3, 1.4) > 0


def test_what_cannot_be_used_is_refused_with_the_file_and_the_reason(tmp_path: Path):
    with pytest.raises(AssetRefused, match="no such folder"):
        load_assets(tmp_path / "nowhere")
    with pytest.raises(AssetRefused, match=r"holds no \.glb file"):
        load_assets(tmp_path)
    (tmp_path / "vehicle.audi.ttt.glb").write_bytes(b"glTF")
    with pytest.raises(AssetRefused, match=r"vehicle\.audi\.ttt.*did you mean vehicle\.audi\.tt\.glb"):
        load_assets(tmp_path)


@pytest.mark.parametrize("content", [b"", b"glTF", b"not a model", b"glTF\x02\x00\x00\x00\xff\xff\xff\x7f"])
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes):
    pytest.importorskip("trimesh")
    (tmp_path / f"{TT}.glb").write_bytes(content)
    with pytest.raises(AssetRefused, match=rf"{TT}\.glb: (cannot be read|it holds no triangles)"):
        load_assets(tmp_path)


@pytest.mark.parametrize(("length", "height"), [(400.0, 1.3), (2.0, 1.3), (4.0, 2.0)])
def test_a_model_of_another_size_is_refused_with_both_sizes(tmp_path: Path, length: float, height: float):
    write_model(tmp_path, TT, length, height)
    with pytest.raises(AssetRefused, match=rf"{length:.2f} × .* 4\.18 × 1\.99 × 1\.39 m"):
        load_assets(tmp_path)


def test_a_persons_model_is_scaled_to_the_height_alone(tmp_path: Path):
    write_model(tmp_path, "walker.pedestrian.0002", 1.0, 1.70)
    mesh = load_assets(tmp_path).body_mesh("walker.pedestrian.0002", (0.375, 0.375, 1.86), 0)
    low, high = (np.asarray(corner) for corner in mesh.bounds_m())
    assert (low[2], high[2]) == pytest.approx((0.0, 1.86), abs=1e-4)
    assert high[0] - low[0] == pytest.approx(1.15 * 1.86 / 1.70, rel=1e-3)
