"""Starting up: where compiled kernels go, who compiles, and what is said where there is no ray tracer."""

from __future__ import annotations

import fcntl
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from simgen.localsim.render import embree, warp_runtime
from simgen.localsim.render.noise_texture import noise_texture


def test_kernels_are_kept_where_simgen_cache_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMGEN_CACHE", str(tmp_path / "cache"))
    assert warp_runtime.cache_folder() == tmp_path / "cache" / "warp"
    assert (tmp_path / "cache" / "warp").is_dir()


def test_a_cache_that_cannot_be_written_is_replaced_by_a_temporary_one(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "occupied").write_text("a file, not a folder")
    monkeypatch.setenv("SIMGEN_CACHE", str(tmp_path / "occupied"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert warp_runtime.cache_folder().is_relative_to(tmp_path)
    assert "occupied" in caplog.text


def test_only_one_process_compiles_at_a_time(tmp_path: Path) -> None:
    lock = tmp_path / "compile.lock"
    with warp_runtime.alone(lock), lock.open("w") as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with lock.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_importing_the_renderer_prints_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", "import simgen.localsim.render"], capture_output=True, text=True,
                          timeout=120, check=True, cwd=Path(__file__).parents[2])
    assert (done.stdout, done.stderr) == ("", "")


def test_a_platform_without_embree_is_told_so_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    embree.library.cache_clear()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(embree.RayTracerMissing, match="'embreex' package, which has wheels for x86-64"):
        embree.library()


def test_an_embreex_without_its_library_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embree.library.cache_clear()
    (tmp_path / "embreex").mkdir()
    spec = importlib.util.spec_from_file_location("embreex", tmp_path / "embreex" / "__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(embree.RayTracerMissing, match="no Embree 4 library"):
        embree.library()


def test_embree_s_errors_are_raised() -> None:
    embree.library.cache_clear()
    device = embree.Device()
    embree.library().rtcNewGeometry(device.handle, 9999)
    with pytest.raises(RuntimeError, match="Embree reports error"):
        device.check()


def test_the_noise_texture_is_even_and_averages_out() -> None:
    texture = noise_texture()
    assert texture.min() >= 0.0 and texture.max() <= 1.0
    assert texture[-1] == pytest.approx([0.5, 0.5], abs=0.01)      # the last level is one texel: the mean
    assert texture[: 512 * 512, 0].std() == pytest.approx(0.18, abs=0.01)
