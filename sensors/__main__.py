"""Weather on a KITTI ``.bin`` file: ``python -m sensors IN.bin OUT.bin --snowfall 4 --visibility 120``."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sensors.conditions import Conditions
from sensors.devices import load_lidar
from sensors.lidar.added_weather import in_kitti_order, in_weather, kitti_points
from sensors.lidar.recorded import checked
from sensors.sweeps import Cause, MeasuredSweep

_POINT_BYTES = 16


class _Option(NamedTuple):
    """What one field of ``Conditions`` is called on the command line."""

    field: str
    unit: str
    what: str
    least: float = 0.0
    most: float = math.inf
    open: bool = False          # is the least not allowed itself?

    @property
    def expected(self) -> str:
        if self.open:
            return f"above {self.least:g}"
        return f"of {self.least:g} or more" if math.isinf(self.most) else f"from {self.least:g} to {self.most:g}"


_WEATHER = {
    "--rain": _Option("rain_mmph", "MM/H", "rainfall", most=300.0),
    "--snowfall": _Option("snowfall_mmph", "MM/H", "snowfall, as water", most=25.0),
    "--visibility": _Option("visibility_m", "M", "in all that is in the air, by 5 %% of contrast", open=True),
    "--dust-visibility": _Option("dust_visibility_m", "M", "in the dust alone", open=True),
    "--wetness": _Option("wetness", "0…1", "how much of the ground is dark with water", most=1.0),
    "--water-film": _Option("water_film_mm", "MM", "of water that stands on the ground"),
    "--road-snow": _Option("road_snow", "0…1", "share of the ground under trodden snow", most=1.0),
    "--ice": _Option("ice", "0…1", "share of the ground that is clear ice", most=1.0),
}


def main(words: Sequence[str] | None = None) -> None:
    """Write the file and say what became of the points, or exit with 2 after a sentence that says what is wrong."""
    parser = _parser()
    said = parser.parse_args(words)
    try:
        conditions = Conditions(**_weather(said))
        _told_apart(said.source, said.target, said.about)
        recorded = _read(said.source, said.full_scale)
        points = recorded.copy()
        points[:, 3] /= np.float32(said.full_scale)
        device = load_lidar(said.device)
        swept = in_kitti_order(in_weather(points, device, conditions, said.seed), device)
        row = np.where(swept.beam < len(points), swept.beam, -1)
        _scaled(swept, row, recorded, said.full_scale).tofile(said.target)
        if said.about is not None:
            with said.about.open("wb") as about:            # given a name, numpy appends .npz to it
                np.savez_compressed(about, cause=swept.cause, row=row, ring=swept.ring)
    except OSError as error:
        parser.exit(2, f"{error.filename}: cannot be written: {error.strerror or error}\n")
    except ValueError as error:
        parser.exit(2, f"{error}\n")
    sys.stdout.write(f"{said.target}: {_summary(swept, len(points))}\n")


def _scaled(
    swept: MeasuredSweep, row: NDArray[np.integer], recorded: NDArray[np.float32], full_scale: float
) -> NDArray[np.float32]:
    """(M, 4) points with the file's scale of intensity, in which untouched ones have the file's very numbers."""
    written = kitti_points(swept)
    written[:, 3] *= np.float32(full_scale)
    own = np.flatnonzero(_is_own(swept))
    before = recorded[row[own], 3]
    same = swept.intensity[own] == before / np.float32(full_scale)
    written[own[same], 3] = before[same]
    return written


def _is_own(swept: MeasuredSweep) -> NDArray[np.bool_]:
    """(M,) is a point one of the file's?"""
    return np.isin(swept.cause, (Cause.OBJECT, Cause.GROUND))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sensors", description="Weather on a sweep that was recorded in clear air.",
        epilog="Without any weather the points stay as they are.")
    parser.add_argument("source", type=Path, metavar="IN.bin", help="float32 x, y, z, intensity, as KITTI's files")
    parser.add_argument("target", type=Path, metavar="OUT.bin")
    for name, option in _WEATHER.items():
        parser.add_argument(name, metavar=option.unit, dest=option.field, help=option.what)
    parser.add_argument("--device", default="hdl_64e_s2", help="that recorded it: a name or a YAML file (%(default)s)")
    parser.add_argument("--full-scale", type=float, default=1.0, metavar="X",
                        help="intensities lie below X: 256 for bytes (%(default)g)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same file (%(default)s)")
    parser.add_argument("--about", type=Path, metavar="FILE.npz",
                        help="also write what each point comes from: cause, row in IN.bin (-1: none), ring")
    return parser


def _weather(said: argparse.Namespace) -> dict[str, float]:
    found = {}
    for name, option in _WEATHER.items():
        text = getattr(said, option.field)
        if text is None:
            continue
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        above = option.least < value if option.open else option.least <= value
        if not (above and value <= option.most and math.isfinite(value)):
            raise ValueError(f"{name}: expected a number {option.expected}, got {text}")
        found[option.field] = value
    return found


def _told_apart(source: Path, target: Path, about: Path | None) -> None:
    """Raises ValueError if a file that is written would take the place of one that is read, or of the other one."""
    if target.resolve() == source.resolve():
        raise ValueError(f"{target}: is the recording itself, which stays as it is; name another file to write")
    if about is not None and about.resolve() in (source.resolve(), target.resolve()):
        raise ValueError(f"--about: {about} is IN.bin or OUT.bin already; name another file")


def _read(path: Path, full_scale: float) -> NDArray[np.float32]:
    if not 0 < full_scale < math.inf:
        raise ValueError(f"--full-scale: expected a number above 0, got {full_scale:g}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) % _POINT_BYTES:
        raise ValueError(f"{path}: {len(data)} bytes are not a whole number of points of {_POINT_BYTES} bytes "
                         "(float32 x, y, z, intensity)")
    points: NDArray[np.float32] = np.frombuffer(data, "<f4").reshape(-1, 4)
    try:
        checked(points)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    brightest = float(points[:, 3].max(initial=0.0))
    if brightest > full_scale:
        raise ValueError(f"{path}: intensity goes up to {brightest:g}, expected {full_scale:g} at most; "
                         "say how far it can go, as in --full-scale 256")
    return points


def _summary(swept: MeasuredSweep, before: int) -> str:
    counts = [f"{int(_is_own(swept).sum()):,} of {before:,} points are left"]
    counts += [f"{int((swept.cause == cause).sum()):,} {cause.name.lower()}"
               for cause in Cause if cause not in (Cause.OBJECT, Cause.GROUND) and (swept.cause == cause).any()]
    return ", ".join(counts)


if __name__ == "__main__":
    main()
