"""The product as a person uses it: the command in a process of its own."""

from __future__ import annotations

import hashlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "tests" / "data" / "small.yaml"
FAST = ("--quality", "labels")      # for what does not hang on how pictures look: a tenth of the time


def _installed() -> bool:
    """Is simgen a package of this environment, rather than found because somebody works in the checkout?"""
    try:
        place = Path(str(importlib.metadata.distribution("simgen").locate_file(""))).resolve()
    except importlib.metadata.PackageNotFoundError:
        return False
    return ROOT not in (place, *place.parents)          # the checkout itself has metadata once pip has built from it


# Where the package is installed, it is the installed one that is tried: from a folder without any Python file.
PLACE = Path("/") if _installed() else ROOT


def simgen(*arguments: object, timeout_s: float = 600) -> subprocess.CompletedProcess[str]:
    """Run ``simgen ARGUMENTS`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "simgen", *map(str, arguments)],
        cwd=PLACE, text=True, capture_output=True, timeout=timeout_s, check=False,
    )


def start_simgen(*arguments: object) -> subprocess.Popen[str]:
    """Start ``simgen ARGUMENTS``; the caller ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "simgen", *map(str, arguments)],
        cwd=PLACE, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
    )


def content(dataset: Path) -> dict[str, str]:
    """SHA-256 of every file that must not depend on workers, crashes or resumes, by path."""
    folders = ("training", "testing", "testing_labels", "ImageSets", "episodes")
    files = [path for folder in folders for path in (dataset / folder).rglob("*")]
    files.append(dataset / "dataset.json")
    return {
        str(path.relative_to(dataset)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files) if path.is_file()
    }
