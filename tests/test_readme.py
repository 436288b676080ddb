"""Documentation that is run cannot rot."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sensors.devices import load_lidar
from simgen.gallery import contents
from simgen.scenario import load_scenario, make_plans
from simgen.scenario.library import library
from tests.sensors.test_recorded import flat_world

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

LINES = (
    "python3 -m venv .venv && .venv/bin/pip install . && "
    ".venv/bin/simgen run scenarios/animals/deer_in_blizzard.yaml --out out/deer",
    "python3 -m venv .venv && .venv/bin/pip install '.[test]' && .venv/bin/python -m pytest",
)


@pytest.mark.parametrize("line", LINES)
def test_the_two_lines_stand_in_the_readme_each_complete_on_its_own(line: str) -> None:
    assert line in README.splitlines()


def test_ci_runs_the_readme_s_test_line() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "pip\" install" in script and "'.[test]'" in script and "-m pytest" in script


def test_scenarios_in_the_readme_are_right(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    whole = next(block for block in blocks if block.startswith("name:"))
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block if block.startswith("name:") else whole + block, encoding="utf-8")      # or a part of one
        assert len(make_plans([load_scenario(path)], 3, 0)) == 3


def test_the_gallery_shows_the_library_as_it_is() -> None:
    shown = (ROOT / ".pictures" / "gallery.txt").read_text(encoding="utf-8")
    now = contents([load_scenario(path) for path in library().values()])
    assert shown == now, "make it anew: simgen gallery --out .pictures/gallery.jpg --columns 4"


def test_links_and_pictures_in_the_readme_exist() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


TEXTS = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "sensors/README.md")]
SCRIPTS = sorted({block for text in TEXTS for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
                  if "blizzard.bin" in block})


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_script_that_adds_a_blizzard_to_a_sweep_does(script: str, tmp_path: Path) -> None:
    points = flat_world(load_lidar("hdl_64e_s2"))
    points.tofile(tmp_path / "000000.bin")
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"})
    assert done.returncode == 0, done.stderr
    assert re.search(r"\d+ are of snow", done.stdout) and re.search(r"\d+ are of ground", done.stdout)
    swept = np.fromfile(tmp_path / "blizzard.bin", np.float32).reshape(-1, 4)
    assert 1000 < len(swept) < len(points) and np.isfinite(swept).all()
    assert (tmp_path / "blizzard.png").read_bytes().startswith(b"\x89PNG")
