"""The product as a person uses it: the command in a process of its own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "tests" / "data" / "small.yaml"


def simgen(*arguments: object, timeout_s: float = 600) -> subprocess.CompletedProcess[str]:
    """Run ``simgen ARGUMENTS`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "simgen", *map(str, arguments)],
        cwd=ROOT, text=True, capture_output=True, timeout=timeout_s, check=False,
    )


def start_simgen(*arguments: object) -> subprocess.Popen[str]:
    """Start ``simgen ARGUMENTS``; the caller ends it."""
    return subprocess.Popen(
        [sys.executable, "-m", "simgen", *map(str, arguments)],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
    )


def content(dataset: Path) -> dict[str, str]:
    """SHA-256 of every file that must not depend on workers, crashes or resumes, by path."""
    files = [path for folder in ("training", "ImageSets", "episodes") for path in (dataset / folder).rglob("*")]
    files.append(dataset / "dataset.json")
    return {
        str(path.relative_to(dataset)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files) if path.is_file()
    }
