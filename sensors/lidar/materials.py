"""What surfaces are made of, and how bright that makes them: paint, cloth, fur, leaves, sheeting.

A class says what its objects may be made of (materials.yaml). Each actor draws its own material and reflectivity, by
its id alone, so that it keeps them from frame to frame and in every sensor; or the caller knows them. Brightness is

    ρ·(A·cosθ + B·sin²θ)·gain + ρs·cosᵐθ

with Oren and Nayar's A and B, the gain of retroreflectors, and a lobe for what shines. Texture then varies it from
point to point by a log-normal factor with mean 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sensors.boxes import Box3
from sensors.chance import generator
from sensors.compiled import compiled
from sensors.lidar import vehicle_parts
from sensors.lidar.draws import normal_quantiles, sixteen_bits
from sensors.lidar.surfaces import oren_nayar
from sensors.sweeps import CleanSweep
from sensors.yaml12 import Section, load_yaml

FILE = Path(__file__).with_name("materials.yaml")
_KEYS = ("diffuse", "roughness_rad", "specular", "retro", "texture", "depth_m")
_SPREAD = 4.0           # a + b of the beta distribution that an object's reflectivity is drawn from
_TAGS = 256
LANE_PAINT = 24         # its tag

# Columns of the table that the compiled loop reads.
_RHO, _COSINE, _GRAZING, _RETRO, _SHINE, _LOBE, _TEXTURE = range(7)


@dataclass(frozen=True, slots=True)
class Material:
    """What one stuff does with light at 905 nm; the fields are those of materials.yaml."""

    name: str
    diffuse: tuple[float, float, float]
    roughness_rad: float
    specular: tuple[float, float]
    retro: float
    texture: float
    depth_m: float

    def drawn(self, rng: np.random.Generator) -> float:
        """The reflectivity of one object: between the least and the most, on average the mean."""
        least, mean, most = self.diffuse
        if least == most:
            return mean
        share = (mean - least) / (most - least)
        return least + (most - least) * float(rng.beta(_SPREAD * share, _SPREAD * (1 - share)))

    def row(self, rho: float) -> NDArray[np.float32]:
        cosine_share, grazing_share = oren_nayar(self.roughness_rad)
        shine, lobe = self.specular
        return np.array([rho, cosine_share, grazing_share, self.retro, shine, lobe, self.texture], dtype=np.float32)


@lru_cache(maxsize=1)
def catalogue() -> tuple[dict[str, Material], dict[int, tuple[tuple[Material, float], ...]]]:
    """Materials by name, and what the objects of each tag are made of: (material, share), shares adding up to 1."""
    document = load_yaml(FILE.read_text(encoding="utf-8"))
    file = Section(document, FILE.name, "", ("materials", "classes"))
    stuff = file.section("materials", document["materials"])
    materials = {name: _material(name, stuff.section(name, _KEYS)) for name in document["materials"]}
    made_of = {}
    for tag, names in document["classes"].items():
        mixture = Section(names, FILE.name, f"classes.{tag}", names)
        shares = {name: mixture.number(name, above=0.0) for name in names}
        total = sum(shares.values())
        made_of[int(tag)] = tuple((materials[name], share / total) for name, share in shares.items())
    return materials, made_of


def _material(name: str, section: Section) -> Material:
    least, mean, most = section.numbers("diffuse", 3)
    if not 0 <= least <= mean <= most <= 1:
        raise section.error("diffuse", f"expected 0 ≤ least ≤ mean ≤ most ≤ 1, got {least}, {mean}, {most}")
    shine, lobe = section.numbers("specular", 2)
    return Material(name, (least, mean, most), section.number("roughness_rad"), (shine, lobe), section.number("retro"),
                    section.number("texture"), section.number("depth_m"))


@lru_cache(maxsize=4096)
def stuff_of(actor_id: int, tag: int) -> tuple[Material, float]:
    """What an actor is made of, and its reflectivity: its own for ever, as it hangs on the id and the class only."""
    mixture = _mixture(tag)
    rng = generator(0, "material", actor_id, tag)
    shares = np.cumsum([share for _, share in mixture])
    material = mixture[min(int(np.searchsorted(shares, rng.random())), len(mixture) - 1)][0]
    return material, material.drawn(rng)


def reflectivity_of_colour(luminance: float) -> float:
    """ρ of a vehicle's paint by the luminance of its colour, 0 … 1, of linear light: 0.05 + 0.6·Y^1.2."""
    return 0.05 + 0.6 * math.pow(luminance, 1.2)


# Fur at 905 nm, by words that names of blueprints and silhouettes hold.
SPECIES: dict[str, float] = {
    "deer": 0.35, "moose": 0.25, "elk": 0.30, "boar": 0.20, "bear": 0.15, "sheep": 0.60, "cow": 0.35, "horse": 0.35,
    "dog": 0.35, "cat": 0.35, "fox": 0.40, "goat": 0.50, "kangaroo": 0.35, "camel": 0.45,
}


@lru_cache(maxsize=1)
def depths_m() -> NDArray[np.float32]:
    """(256,) rms depth of soft surfaces, by tag."""
    table = np.array([_mixture(tag)[0][0].depth_m for tag in range(_TAGS)], dtype=np.float32)
    table.flags.writeable = False
    return table


def reflectance(
    clean: CleanSweep,
    key: np.uint64 | None,
    known: Mapping[int, float] | None = None,
    vehicles: Mapping[int, Box3] | None = None,
) -> NDArray[np.float32]:
    """ρ·f(θ) of every beam's surface; 0 where none was met.

    Args:
        key: of the texture (``draws.key``), or None for surfaces without one.
        known: reflectivity by actor id, where the caller knows it (``reflectivity_of_colour``, ``SPECIES``).
        vehicles: boxes in LiDAR axes by actor id, for windows, tyres and number plates; also of vehicles of the level,
            by any number that no actor has (``vehicle_parts``).

    Returns:
        (N,) float32, above 1 for retroreflectors.
    """
    actor_id = vehicle_parts.numbered(clean, vehicles) if vehicles else clean.actor_id
    rows, table = _rows(clean.tag, actor_id, known or {})
    if vehicles:
        table = _with_parts(rows, table, clean, actor_id, vehicles)
    textured = key is not None
    return _brightness(rows, clean.cos_incidence, clean.range_m, table, np.uint64(0) if key is None else key, textured,
                       normal_quantiles())


def with_beads_covered(
    reflectance: NDArray[np.float32], tag: NDArray[np.uint8], share: float
) -> NDArray[np.float32]:
    """The reflectance of surfaces if only a share of the retroreflection of lane paint's glass beads is left, as under
    water; itself if all of it is."""
    painted = np.flatnonzero(tag == LANE_PAINT)
    if share == 1.0 or not len(painted):
        return reflectance
    gain = _mixture(LANE_PAINT)[0][0].retro
    covered: NDArray[np.float32] = reflectance.copy()
    covered[painted] *= np.float32((1 + (gain - 1) * share) / gain)
    return covered


def _rows(
    tag: NDArray[np.uint8], actor_id: NDArray[np.uint32], known: Mapping[int, float]
) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """Which row of a table each beam's surface has, and the table: a row for each tag, then one for each actor."""
    table = _of_tags()
    rows = tag.astype(np.uint16)
    owned = np.flatnonzero(actor_id)
    if not len(owned):
        return rows, table
    both = actor_id[owned].astype(np.uint64) << np.uint64(8) | tag[owned]
    # Neighbouring beams mostly meet the same actor: sort the runs, not the beams.
    heads = np.flatnonzero(np.concatenate([[True], both[1:] != both[:-1]]))
    kinds, kind_of_run = np.unique(both[heads], return_inverse=True)
    lengths = np.diff(np.append(heads, len(owned)))
    rows[owned] = np.repeat(_TAGS + kind_of_run.reshape(-1), lengths)
    own = []
    for kind in kinds.tolist():
        material, rho = stuff_of(kind >> 8, kind & 255)
        own.append(material.row(known.get(kind >> 8, rho)))
    return rows, np.concatenate([table, np.array(own)])


def _with_parts(
    rows: NDArray[np.uint16], table: NDArray[np.float32], clean: CleanSweep, actor_ids: NDArray[np.uint32],
    vehicles: Mapping[int, Box3],
) -> NDArray[np.float32]:
    """The table with rows for parts of vehicles; ``rows`` of beams that meet them are changed."""
    owned = np.flatnonzero(actor_ids)
    whose = actor_ids[owned]
    for actor_id, box in vehicles.items():
        beams = owned[whose == actor_id]
        if len(beams):
            points = clean.direction[beams] * clean.range_m[beams, None]
            part = vehicle_parts.parts(points, box, int(clean.tag[beams[0]]))
            changed = part != vehicle_parts.BODY
            rows[beams[changed]] = len(table) - 1 + part[changed].astype(np.uint16)
    of_parts = [catalogue()[0][name] for name in vehicle_parts.MATERIALS.values()]
    return np.concatenate([table, np.array([material.row(material.diffuse[1]) for material in of_parts])])


def _mixture(tag: int) -> tuple[tuple[Material, float], ...]:
    made_of = catalogue()[1]
    return made_of.get(tag, made_of[0])


@lru_cache(maxsize=1)
def _of_tags() -> NDArray[np.float32]:
    table = np.array([_mixture(tag)[0][0].row(_mixture(tag)[0][0].diffuse[1]) for tag in range(_TAGS)])
    table.flags.writeable = False
    return table


@compiled
def _brightness(
    rows: NDArray[np.uint16],
    cos_incidence: NDArray[np.float32],
    range_m: NDArray[np.float32],
    table: NDArray[np.float32],
    key: np.uint64,
    textured: bool,
    normal: NDArray[np.float32],
) -> NDArray[np.float32]:
    out = np.zeros(len(rows), dtype=np.float32)
    for i in range(len(rows)):
        if range_m[i] == np.inf:
            continue
        row = table[rows[i]]
        cosine = cos_incidence[i]
        rho = row[_RHO] * (row[_COSINE] * cosine + row[_GRAZING] * (np.float32(1) - cosine * cosine)) * row[_RETRO]
        if row[_SHINE] > 0:
            rho += row[_SHINE] * cosine ** row[_LOBE]
        if textured:
            sigma = row[_TEXTURE]
            rho *= np.exp(sigma * (normal[sixteen_bits(key, i)] - np.float32(0.5) * sigma))
        out[i] = rho
    return out
