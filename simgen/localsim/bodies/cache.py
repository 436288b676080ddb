"""Bodies on disk: generated once per machine, then loaded in milliseconds.

A file's name is a digest of the generator's own source and of what was asked, so a changed generator never
meets an old file. Files appear by an atomic rename; a folder that cannot be written, or a file that cannot be
read, only costs the time to generate.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import platformdirs

from simgen.localsim.mesh import Mesh

_log = logging.getLogger(__name__)
_FIELDS = ("positions", "normals", "uv", "triangles", "material", "parameter")
_DTYPES = (np.float32, np.float32, np.float32, np.int32, np.int32, np.float32)


def cache_folder() -> Path:
    """Where bodies are kept: $SIMGEN_CACHE/bodies, or the user's cache folder."""
    root = os.environ.get("SIMGEN_CACHE")
    return (Path(root) if root else Path(platformdirs.user_cache_dir("simgen"))) / "bodies"


def cached(request: str, build: Callable[[], Mesh]) -> Mesh:
    """The mesh kept under a request, or a fresh one that is kept from now on."""
    digest = hashlib.sha256(f"{generator_version()}\0{request}".encode()).hexdigest()
    path = cache_folder() / f"{digest[:32]}.npz"
    mesh = _read(path)
    if mesh is None:
        mesh = build()
        _write(path, mesh)
    return mesh


@functools.cache
def generator_version() -> str:
    """Digest of the source of this package and of the mesh vocabulary."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for source in [*sorted(here.glob("*.py")), here.parent / "mesh.py"]:
        digest.update(source.name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> Mesh | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in _FIELDS}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        _log.warning("cannot read the cached body %s (%s); generating it again", path, error)
        return None
    if any(arrays[name].dtype != dtype for name, dtype in zip(_FIELDS, _DTYPES, strict=True)):
        _log.warning("the cached body %s holds other types than a mesh; generating it again", path)
        return None
    return Mesh(**arrays)


def _write(path: Path, mesh: Mesh) -> None:
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **{name: getattr(mesh, name) for name in _FIELDS})
        Path(temporary).replace(path)
    except OSError as error:
        _log.debug("cannot keep the body %s: %s", path, error)
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
