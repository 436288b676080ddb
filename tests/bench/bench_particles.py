"""What drops, flakes and wet ground cost for one sweep, against throwing every particle into every beam.

    python tests/bench/bench_particles.py [--repeat N]

Processor time of 131,072 beams of an HDL-64E: a third sees the sky, a quarter the road near by, the rest houses.
Both ways find as many false returns, to a few per cent of chance. The slow one is spared what cannot count, particles
under 0.3 mm and beyond 20 m, and is timed on an eighth of the beams.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sensors.conditions import Conditions
from sensors.devices import load_lidar
from sensors.lidar.link import received_power
from sensors.lidar.mirror import mirror_ghosts
from sensors.lidar.particles import particle_echo, particle_reflectivity
from sensors.lidar.surface_weather import in_weather
from sensors.lidar.surfaces import reflectance
from sensors.precipitation import Spectrum, gunn_marshall, marshall_palmer
from sensors.rigid import RigidTransform
from sensors.sweeps import CleanSweep
from tests.sensors.every_drop import strongest_of_every_drop

BEAMS, SLOW_BEAMS = 131_072, 16_384
ROAD, BUILDING, SKY = 1, 3, 11
DEVICE = replace(load_lidar("hdl_64e_s2"), near_m=1.5)


def milliseconds(repeat: int, work: Callable[[], object]) -> float:
    work()
    start = time.process_time()
    for _ in range(repeat):
        work()
    return (time.process_time() - start) / repeat * 1000


def street(count: int) -> CleanSweep:
    """Rows of columns, as a turning head has them: sky, houses at 20 to 40 m, road at 5 to 12 m."""
    rng = np.random.default_rng(1)
    azimuth = rng.uniform(-np.pi, np.pi, count)
    tag = rng.choice([SKY, ROAD, BUILDING], count, p=[0.35, 0.25, 0.4]).astype(np.uint8)
    range_m = np.select([tag == SKY, tag == ROAD], [np.inf, rng.uniform(5, 12, count)], rng.uniform(20, 40, count))
    down = np.where(tag == ROAD, 1.73 / range_m, 0.0)
    direction = np.stack([np.sqrt(1 - down**2) * np.cos(azimuth), np.sqrt(1 - down**2) * np.sin(azimuth), -down], 1)
    cosine = np.where(tag == ROAD, down, np.where(tag == SKY, 1.0, rng.uniform(0.3, 1, count)))
    return CleanSweep(direction.astype(np.float32), range_m.astype(np.float32), cosine.astype(np.float32), tag,
                      np.zeros(count, np.uint32), np.sort(rng.integers(0, 64, count)).astype(np.uint8),
                      np.zeros(count, np.float32))


def compare(name: str, spectrum: Spectrum, clean: CleanSweep, repeat: int) -> None:
    extinction = spectrum.extinction_per_m
    power = received_power(reflectance(clean.tag, clean.cos_incidence), clean.range_m, extinction, DEVICE.overlap_m)
    least = np.maximum(power, DEVICE.least_power).astype(np.float32)

    def fast() -> np.ndarray:
        return particle_echo(clean.range_m, least, spectrum, extinction, DEVICE, np.random.default_rng(1)).range_m

    def slow() -> np.ndarray:
        return strongest_of_every_drop(
            clean.range_m[:SLOW_BEAMS], least[:SLOW_BEAMS], spectrum, extinction, DEVICE,
            particle_reflectivity(spectrum, DEVICE), np.random.default_rng(1), least_mm=0.3, farthest_m=20.0)[0]

    fast_ms = milliseconds(repeat, fast)
    slow_ms = milliseconds(1, slow) * BEAMS / SLOW_BEAMS
    found, witness = np.isfinite(fast()).sum(), np.isfinite(slow()).sum() * BEAMS / SLOW_BEAMS
    print(f"  {name:24s} {fast_ms:7.2f} ms {found:7d} false returns; every particle {slow_ms:8.0f} ms {witness:7.0f}; "
          f"ratio {slow_ms / fast_ms:6.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=20)
    repeat = parser.parse_args().repeat
    clean = street(BEAMS)
    print("drops and flakes")
    for rate in (5, 25, 50):
        compare(f"rain, {rate} mm/h", marshall_palmer(rate), clean, repeat)
    for rate in (0.5, 2.5, 8):
        compare(f"snow, {rate} mm/h", gunn_marshall(rate), clean, repeat)
    compare("blizzard, 50 m visibility", gunn_marshall(8).scaled_to(3.0 / 50), clean, repeat)

    print("ground")
    dry, pose = reflectance(clean.tag, clean.cos_incidence), RigidTransform.from_yaw(0.3, (10, 20, 1.7))
    rain = Conditions(rain_mmph=25, wetness=1, water_film_mm=1)
    snow = Conditions(snowfall_mmph=2.5, snow_depth_m=0.1, road_snow=0.6, ice=0.1)
    for name, weather in (("wet", rain), ("snow and ice", snow)):
        for placed, where in ((None, "evenly"), (pose, "in patches")):
            ms = milliseconds(repeat, lambda w=weather, p=placed: in_weather(clean, dry, w, p))
            print(f"  {name + ', ' + where:24s} {ms:7.2f} ms")
    ghosts_ms = milliseconds(repeat, lambda: mirror_ghosts(clean, dry, rain, 0.0, DEVICE))
    print(f"  {'ghosts in a wet road':24s} {ghosts_ms:7.2f} ms")


if __name__ == "__main__":
    main()
