"""Compiled loops are kept between processes, and made anew when any source of the package has changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import sensors
from sensors.compiled import cache_folder

INNER = "from sensors.compiled import compiled\n\n\n@compiled\ndef inner(x):\n    return x + {more}\n"
OUTER = "from sensors.compiled import compiled\nfrom sensors.inner import inner\n\n\n@compiled\ndef outer(x):\n" \
        "    return 2 * inner(x)\n"


def test_what_a_compiled_function_calls_may_change(tmp_path: Path) -> None:
    package = tmp_path / "sensors"
    package.mkdir()
    (package / "__init__.py").touch()
    shutil.copy(Path(sensors.__file__).with_name("compiled.py"), package)
    (package / "outer.py").write_text(OUTER)

    def run(more: int) -> str:
        (package / "inner.py").write_text(INNER.format(more=more))
        done = subprocess.run(
            [sys.executable, "-c", "from sensors.outer import outer; print(outer(1))"], cwd=tmp_path, text=True,
            capture_output=True, check=True, timeout=120,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "SIMGEN_CACHE": str(tmp_path / "cache")})
        return done.stdout.strip()

    assert run(1) == "4"
    kept = sorted(path.name for path in (tmp_path / "cache").rglob("*.nbc"))
    assert any("outer" in name for name in kept)
    assert run(1) == "4"
    assert sorted(path.name for path in (tmp_path / "cache").rglob("*.nbc")) == kept
    assert run(10) == "22"


def test_code_is_kept_in_a_folder_named_by_what_the_sources_say() -> None:
    folder = cache_folder()
    assert folder is not None and folder.is_dir() and folder.name.startswith("sensors-")
