"""Finished places on disk, so that a simulator starts in a second and shares them with those beside it.

A file's name is the SHA-256 of the OpenDRIVE text, of this package's own source code and of the libraries whose
arithmetic it uses: what is found is always what would be built. Files appear under their final name only when they are
complete. Their arrays are mapped, not read (``mapped.py``).
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import platformdirs
from numpy.typing import NDArray

from simgen.localsim import lettering
from simgen.localsim import mesh as mesh_module
from simgen.localsim.mesh import Instance, Mesh
from simgen.localsim.places import mapped
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.place import Place, SpawnPoint

log = logging.getLogger(__name__)

_MESH_FIELDS: dict[str, type[Any]] = {
    "positions": np.float32, "normals": np.float32, "uv": np.float32,
    "triangles": np.int32, "material": np.int32, "parameter": np.float32,
}


def cache_folder() -> Path:
    """``$SIMGEN_CACHE/places``, or the user's cache folder."""
    root = os.environ.get("SIMGEN_CACHE")
    return (Path(root) if root else Path(platformdirs.user_cache_dir("simgen"))) / "places"


def fetch(text: str, name: str) -> Place | None:
    """The place of an OpenDRIVE text if it was stored before; None if not, or if its file is damaged."""
    path = _path(text)
    try:
        return _unpack(mapped.load(path), text, name)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("place cache: %s cannot be used (%s); the place is built again", path, error)
        return None


def store(place: Place) -> None:
    """Keep a place for the next time. A cache that cannot be written costs time, nothing else."""
    path = _path(place.opendrive)
    temporary: str | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            mapped.save(file, _pack(place))
        Path(temporary).replace(path)
    except OSError as error:
        log.warning("place cache: cannot write %s (%s)", path, error)
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def rest(place: Place) -> None:
    """Let go of the memory that a place's meshes take while nobody reads them: a renderer has taken from them what it
    needs. Whoever reads them again gets them from the file."""
    for mesh in (place.static, *place.prototypes.values()):
        for field in _MESH_FIELDS:
            mapped.rest(getattr(mesh, field))


def _path(text: str) -> Path:
    digest = hashlib.sha256(_generator() + text.encode()).hexdigest()
    return cache_folder() / f"{digest[:40]}.npz"


@lru_cache(maxsize=1)
def _generator() -> bytes:
    """What a place depends on besides its text."""
    digest = hashlib.sha256(f"numpy {np.__version__} opencv {cv2.__version__}".encode())
    package = Path(__file__).parent
    for source in [*sorted(package.rglob("*.py")), Path(str(mesh_module.__file__)), Path(str(lettering.__file__))]:
        digest.update(source.name.encode() + source.read_bytes())
    return digest.digest()


def _pack(place: Place) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {
        "spawn_points": np.array([(p.x_m, p.y_m, p.z_m, p.yaw_rad) for p in place.spawn_points]).reshape(-1, 4),
        "street_lamps": place.street_lamps,
        "prototypes": np.array(sorted(place.prototypes), dtype=np.str_),
        "scenery_mesh": np.array([x.mesh for x in place.scenery], dtype=np.str_),
        "scenery_pose": np.array([x.world_from_mesh for x in place.scenery]).reshape(-1, 4, 4),
        "scenery_tag": np.array([x.tag for x in place.scenery], dtype=np.int64),
    }
    for key, mesh in (("", place.static), *place.prototypes.items()):
        arrays |= {f"mesh/{key}/{field}": getattr(mesh, field) for field in _MESH_FIELDS}
    return arrays


def _unpack(arrays: dict[str, NDArray[np.generic]], text: str, name: str) -> Place:
    def mesh(key: str) -> Mesh:
        fields = (arrays[f"mesh/{key}/{field}"].astype(kind, copy=False) for field, kind in _MESH_FIELDS.items())
        return Mesh(*fields)

    static = mesh("")
    columns = (arrays["scenery_mesh"].tolist(), arrays["scenery_pose"], arrays["scenery_tag"].tolist())
    return Place(
        name=name,
        opendrive=text,
        spawn_points=tuple(SpawnPoint(*row) for row in arrays["spawn_points"].tolist()),
        static=static,
        prototypes={str(key): mesh(str(key)) for key in arrays["prototypes"]},
        scenery=tuple(Instance(m, pose, tag=tag) for m, pose, tag in zip(*columns, strict=True)),
        street_lamps=arrays["street_lamps"].astype(np.float64, copy=False),
        ground=Ground(static),
    )
