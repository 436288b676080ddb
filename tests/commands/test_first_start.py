"""The first start of the built-in simulator takes its time, and says so beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgen.commands.options import cache_folder, warn_of_first_start


def test_only_the_first_start_of_the_built_in_simulator_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIMGEN_CACHE", str(tmp_path / "cache"))
    warn_of_first_start(["gpu1:2000"])
    assert capsys.readouterr().err == ""
    warn_of_first_start(["gpu1:2000", "local"])
    assert "compiles the built-in simulator's renderer" in capsys.readouterr().err
    (tmp_path / "cache" / "warp" / "1.19.0").mkdir(parents=True)
    warn_of_first_start(["local"])
    assert capsys.readouterr().err == ""


def test_an_empty_word_for_the_cache_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMGEN_CACHE", "")
    assert cache_folder().name == "simgen" and cache_folder().is_absolute()
