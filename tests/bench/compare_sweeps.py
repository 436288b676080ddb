"""How far simulated sweeps are from real ones: the same statistics of both, side by side.

    python tests/bench/compare_sweeps.py hdl_32e --real source.ply target.ply --simulated out/training/velodyne/*.bin

Real sweeps are KITTI's ``.bin``, ``.ply`` with x, y, z and an intensity in bytes, and recordings of Ouster's, ``.pcap``
and ``.osf``, where the package ouster-sdk is installed. None is part of this repository. ``--published`` compares with
what is published of SemanticKITTI's 23,201 sweeps instead (mean and σ by which networks normalise their input).

Intensity counts as reflectance: 1 for a white diffuser, by the device's scale. Noise is estimated from smoothness,
in the same way for both: ground heights about planes through squares of a metre, ranges about parabolas through nine
neighbours of a ring on what is not ground.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sensors.devices import load_lidar
from sensors.devices.lidar import LidarDevice
from sensors.lidar.intensity import reflectance_of
from sensors.lidar.recorded import beam_numbers, unanswered
from sensors.lidar.road_surface import is_ground

Values = NDArray[np.float64]
_WINDOW = 9
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
# Range, z and reflectance: mean and σ (RangeNet++'s successors, from SqueezeSeg's and SalsaNext's configurations on).
SEMANTIC_KITTI = {"range, mean, m": 11.71, "range, sigma, m": 10.24, "z, mean, m": -1.055, "z, sigma, m": 0.864,
                  "file's intensity, mean": 0.288, "file's intensity, sigma": 0.145}


class Sweep:
    """Points of one file, and what is worked out once for all statistics."""

    def __init__(self, points: NDArray[np.float32], device: LidarDevice) -> None:
        self.said = points[:, 3].astype(np.float64)
        self.xyz = points[:, :3]
        self.range_m = np.linalg.norm(self.xyz, axis=1)
        self.ring = beam_numbers(self.xyz, device)
        self.ground = is_ground(self.xyz)
        self.reflectance = reflectance_of(points[:, 3], device).astype(np.float64)
        self.empty = len(unanswered(self.xyz, self.ring, device)[1])
        self.saturated = self.said >= (device.intensity_levels - 1) / device.intensity_levels
        # Ring by ring, and round; rows of windows are neighbours.
        azimuth = np.arctan2(self.xyz[:, 1], self.xyz[:, 0])
        self.round = np.lexsort((azimuth, self.ring))


def statistics(sweep: Sweep) -> dict[str, float]:
    """Numbers by what they are of; NaN where a sweep has nothing to tell them by."""
    ground, above = sweep.ground, ~sweep.ground
    per_ring = np.bincount(sweep.ring)
    found = {
        "points": float(len(sweep.said)),
        "beams answered": len(sweep.said) / (len(sweep.said) + sweep.empty),
        "points a ring, median": float(np.median(per_ring)),
        "ground, share of points": float(ground.mean()),
        "range, mean, m": float(sweep.range_m.mean()),
        "range, sigma, m": float(sweep.range_m.std()),
        "z, mean, m": float(sweep.xyz[:, 2].mean()),
        "z, sigma, m": float(sweep.xyz[:, 2].std()),
        "farthest ground (99 %), m": _quantile(sweep.range_m[ground], 0.99),
        "file's intensity, mean": float(sweep.said.mean()),
        "file's intensity, sigma": float(sweep.said.std()),
        "exact zeros": float((sweep.said == 0).mean()),
        "saturated": float(sweep.saturated.mean()),
    }
    for q in _QUANTILES:
        found[f"range, {q:.0%}, m"] = _quantile(sweep.range_m, q)
    for name, which in (("ground", ground), ("above", above)):
        for q in _QUANTILES:
            found[f"reflectance, {name}, {q:.0%}"] = _quantile(sweep.reflectance[which], q)
    for lo, hi in ((4, 6), (9, 12), (18, 25)):
        here = ground & (sweep.range_m > lo) & (sweep.range_m <= hi)
        found[f"reflectance, ground, {lo} to {hi} m, 25%"] = _quantile(sweep.reflectance[here], 0.25)
        found[f"ground about planes, {lo} to {hi} m, m"] = _roughness_m(sweep.xyz[here].astype(np.float64))
    noise, texture = _along_rings(sweep)
    found["range noise, flattest tenth, m"] = _quantile(noise, 0.1)
    found["range noise, median, m"] = _quantile(noise, 0.5)
    found["reflectance from point to point, above"] = texture
    return found


def _quantile(values: NDArray[np.floating], q: float) -> float:
    return float(np.quantile(values, q)) if len(values) >= 30 else float("nan")


def _roughness_m(points: Values) -> float:
    """Median over squares of a metre of the rms height about the plane through each."""
    cell = np.floor(points[:, :2]).astype(np.int64)
    _, which, count = np.unique(cell, axis=0, return_inverse=True, return_counts=True)
    which = which.reshape(-1)
    middle = np.stack([np.bincount(which, points[:, axis]) for axis in range(3)], axis=1) / count[:, None]
    centred = points - middle[which]
    moment = np.stack([np.bincount(which, centred[:, i] * centred[:, j]) for i in range(3) for j in range(3)], axis=1)
    # Flat in every direction that its points span: the least of the three principal spreads.
    least = np.linalg.eigvalsh(moment.reshape(-1, 3, 3)[count >= 12])[:, 0] / (count[count >= 12] - 3)
    return float(np.median(np.sqrt(np.maximum(least, 0)))) if len(least) >= 10 else float("nan")


def _along_rings(sweep: Sweep) -> tuple[Values, float]:
    """Range noise of each window of neighbours that is smooth; how reflectance differs from point to point in them."""
    order = sweep.round
    ring, range_m = sweep.ring[order], sweep.range_m[order].astype(np.float64)
    starts = np.arange(0, len(order) - _WINDOW, _WINDOW)
    rows = starts[:, None] + np.arange(_WINDOW)
    rows = rows[(ring[rows] == ring[rows[:, :1]]).all(axis=1) & ~sweep.ground[order][rows].any(axis=1)]
    azimuth = np.arctan2(sweep.xyz[order, 1], sweep.xyz[order, 0])[rows]
    even = np.ptp(np.diff(azimuth, axis=1), axis=1) < 0.5 * np.median(np.diff(azimuth, axis=1))
    rows = rows[even & (np.abs(np.diff(range_m[rows], axis=1)).max(axis=1) < 0.15)]
    place = np.linspace(-1, 1, _WINDOW)
    basis = np.linalg.qr(np.stack([place**0, place, place**2], axis=1))[0]
    here = range_m[rows]
    left = here - here @ basis @ basis.T
    noise = np.sqrt((left**2).sum(axis=1) / (_WINDOW - 3))
    rho = sweep.reflectance[order][rows]
    differ = np.abs(np.diff(rho, axis=1)).mean(axis=1) / np.maximum(rho.mean(axis=1), 1e-3)
    return noise, float(np.median(differ)) * np.sqrt(np.pi) / 2


def sweeps_of(path: Path, device: LidarDevice) -> Iterator[NDArray[np.float32]]:
    """(N, 4) sweeps of one file, with intensity in 0 … 1 of the device's levels."""
    if path.suffix in (".pcap", ".osf"):
        yield from _of_ouster(path)
        return
    points = _of_ply(path) if path.suffix == ".ply" else np.fromfile(path, "<f4").reshape(-1, 4)
    points = points[np.isfinite(points).all(axis=1) & (points[:, :3] != 0).any(axis=1)]
    if path.suffix == ".ply":
        points[:, 3] /= 256
    yield points


def _of_ply(path: Path) -> NDArray[np.float32]:
    data = path.read_bytes()
    end = data.index(b"end_header\n") + len(b"end_header\n")
    lines = data[:end].decode("ascii").splitlines()
    if "format binary_little_endian 1.0" not in lines or sum(line.startswith("property float") for line in lines) != 4:
        raise SystemExit(f"{path}: expected binary little-endian x, y, z and intensity as floats")
    count = next(int(line.split()[-1]) for line in lines if line.startswith("element vertex"))
    points: NDArray[np.float32] = np.frombuffer(data, "<f4", 4 * count, end).reshape(-1, 4).copy()
    return points


def _of_ouster(path: Path) -> Iterator[NDArray[np.float32]]:
    try:
        sdk = importlib.import_module("ouster.sdk")
        core = importlib.import_module("ouster.sdk.core")
    except ImportError as error:
        raise SystemExit(f"{path}: pip install ouster-sdk to read it") from error
    for collection in sdk.open_source(str(path)):
        for scan in collection:
            hit = scan.field("RANGE") > 0
            xyz = core.XYZLut(scan.sensor_info, False)(scan)[hit]
            yield np.column_stack([xyz, scan.field("REFLECTIVITY")[hit] / 256]).astype(np.float32)


def mean_of(sweeps: Sequence[Sweep], what: Callable[[Sweep], dict[str, float]] = statistics) -> dict[str, float]:
    each = [what(sweep) for sweep in sweeps]
    return {name: float(np.nanmean([one[name] for one in each])) if
            any(np.isfinite(one[name]) for one in each) else float("nan") for name in each[0]}


def distance(real: Sequence[Sweep], simulated: Sequence[Sweep], of: Callable[[Sweep], Values]) -> float:
    """Wasserstein's: by how much, on average, the sorted values of one have to move to be the other's."""
    share = (np.arange(1000) + 0.5) / 1000
    one, other = (np.quantile(np.concatenate([of(sweep) for sweep in group]), share) for group in (real, simulated))
    return float(np.abs(one - other).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("device")
    parser.add_argument("--real", type=Path, nargs="+", default=[])
    parser.add_argument("--simulated", type=Path, nargs="+", required=True)
    parser.add_argument("--published", action="store_true", help="compare with what is published of SemanticKITTI")
    said = parser.parse_args()
    device = load_lidar(said.device)
    real, simulated = ([Sweep(points, device) for path in paths for points in sweeps_of(path, device)]
                       for paths in (said.real, said.simulated))
    theirs = mean_of(real) if real else SEMANTIC_KITTI if said.published else {}
    ours = mean_of(simulated)
    sys.stdout.write(f"{'':44}{'real':>10}{'simulated':>11}{'ratio':>8}   ({len(real)} and {len(simulated)} sweeps)\n")
    for name, value in ours.items():
        other = theirs.get(name, float("nan"))
        ratio = value / other if other else float("nan")
        sys.stdout.write(f"{name:44}{other:10.4g}{value:11.4g}{ratio:8.2f}\n")
    if real:
        for name, of in (("range, m", lambda sweep: sweep.range_m),
                         ("reflectance, ground", lambda sweep: np.minimum(sweep.reflectance[sweep.ground], 1)),
                         ("reflectance, above", lambda sweep: np.minimum(sweep.reflectance[~sweep.ground], 1))):
            sys.stdout.write(f"Wasserstein distance of {name:20}{distance(real, simulated, of):10.4f}\n")


if __name__ == "__main__":
    main()
