"""The disk cache: the same bytes fresh and kept, in every process, and no harm when it cannot be used."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from simgen.localsim.bodies import body_mesh, tints
from simgen.localsim.bodies.cache import cache_folder, cached, generator_version
from simgen.localsim.mesh import Mesh

BODIES = (("vehicle.audi.a2", (3.71, 1.79, 1.55), 0), ("walker.pedestrian.0003", (0.4, 0.5, 1.82), 3),
          ("walker.animal.white_tailed_deer", (1.80, 0.55, 1.75), 18))


def digest(mesh: Mesh) -> str:
    total = hashlib.sha256()
    for field in fields(mesh):
        array = getattr(mesh, field.name)
        total.update(f"{field.name}{array.dtype}{array.shape}".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def test_a_kept_body_is_the_same_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SIMGEN_CACHE", str(tmp_path))
    for request in BODIES:
        fresh = body_mesh(*request)
        assert digest(body_mesh(*request)) == digest(fresh)
    assert len(list((tmp_path / "bodies").iterdir())) == len(BODIES)
    assert all(path.suffix == ".npz" for path in cache_folder().iterdir())


def test_another_process_makes_the_same_bytes(tmp_path: Path):
    script = (
        "from tests.localsim.test_bodies_cache import BODIES, digest\n"
        "from simgen.localsim.bodies import body_mesh, tints\n"
        "for b in BODIES: print(digest(body_mesh(*b)))\n"
        "print(tints('vehicle.audi.a2', None, 'someone').tobytes().hex())\n"
    )
    outputs = []
    for seed in ("1", "2"):
        environment = os.environ | {"SIMGEN_CACHE": str(tmp_path / seed), "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True,
                              check=True, timeout=120, cwd=Path(__file__).parents[2])
        outputs.append(done.stdout.split())
    assert outputs[0] == outputs[1]
    assert outputs[0][-1] == tints("vehicle.audi.a2", None, "someone").tobytes().hex()


def test_a_body_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SIMGEN_CACHE", str(tmp_path))
    mesh = body_mesh(*BODIES[0])
    made = []

    def build() -> Mesh:
        made.append(1)
        return mesh

    for _ in range(3):
        assert digest(cached("something", build)) == digest(mesh)
    assert len(made) == 1


def test_a_folder_that_cannot_be_made_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blocked = tmp_path / "a_file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("SIMGEN_CACHE", str(blocked))
    first = body_mesh(*BODIES[0])
    assert digest(body_mesh(*BODIES[0])) == digest(first)
    assert blocked.read_text() == "not a folder"


def test_a_broken_file_is_replaced_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("SIMGEN_CACHE", str(tmp_path))
    good = body_mesh(*BODIES[0])
    (path,) = (tmp_path / "bodies").iterdir()
    whole = path.read_bytes()
    for broken in (b"", b"PK\x03\x04 nonsense", whole[: len(whole) // 2]):
        path.write_bytes(broken)
        with caplog.at_level(logging.WARNING):
            assert digest(body_mesh(*BODIES[0])) == digest(good)
        assert "cannot read the cached body" in caplog.text
        caplog.clear()
        assert path.read_bytes() == whole
    assert [p.suffix for p in (tmp_path / "bodies").iterdir()] == [".npz"]


def test_the_generators_version_is_that_of_its_source():
    assert len(generator_version()) == 64
    assert generator_version() == generator_version()
