"""What a camera's picture costs, step by step, next to the same formulas in straightforward numpy.

    python tests/bench/bench_camera.py [--runs N] [--camera NAME] [--night] [--rain MMPH] [--snowfall MMPH] [--rectify]
                                       [--fog METRES] [--clouds SHARE]

A street of boxes at KITTI's size (1242 x 375) seen from a car at 50 km/h, one thread. All figures are milliseconds of
CPU time, and the least of some runs: what else the machine does only adds to them. What a camera keeps for its life
(where the lens sends each pixel, its fixed pattern) is made before the clock starts, on both sides. The reference blurs
with as many taps as the fastest pixel needs. Stages without a reference count towards the sum only.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera import rain, snowfall
from sensors.camera.airborne import Streaks, finest_px, in_view, passing_mps, streaks
from sensors.camera.bayer import balance, colours_of, developed, lamp_kelvin, mosaic_of
from sensors.camera.bending import Lens
from sensors.camera.chain import STEPS, photograph
from sensors.camera.distortion import lens_map, recording_map, straight_of_bent
from sensors.camera.exposure import settled, white_cdpm2
from sensors.camera.jpeg import through_jpeg
from sensors.camera.linear import decoded, encoded, light_of
from sensors.camera.looking import seen
from sensors.camera.motion import image_motion, passed_over
from sensors.camera.photons import Converter, Pattern, converter, pattern, read_out
from sensors.camera.point_spread import softened
from sensors.camera.scene import CameraScene
from sensors.camera.vignetting import vignetting
from sensors.camera.weather import EFFECTS, weathered
from sensors.chance import generator
from sensors.conditions import Conditions
from sensors.devices.camera import CameraDevice
from sensors.devices.camera_file import load_camera
from sensors.pinhole import Intrinsics
from sensors.precipitation import gunn_marshall, marshall_palmer

KITTI = Intrinsics(721.5377, 609.5593, 172.854, 1242, 375)
SPEED_MPS, TURNING_RADPS = 13.9, 0.05


def street() -> CameraScene:
    """A road, walls on both sides, sky, and boxes on the road: depths and textures of a town."""
    rows, columns = np.mgrid[:KITTI.height, :KITTI.width].astype(np.float32)
    x, y = (columns - KITTI.cx) / KITTI.f, (rows - KITTI.cy) / KITTI.f
    with np.errstate(divide="ignore"):
        depth = np.minimum(np.where(y > 0, 1.65 / y, 1000.0), np.abs(8.0 / x))
        depth[(y < -0.08) & (np.abs(8.0 / x) * -y > 7.0)] = 1000.0
    boxes = ((500, 165, 560, 210, 30.0), (700, 150, 860, 260, 12.0), (300, 120, 330, 280, 15.0))
    for left, top, right, bottom, ahead in boxes:
        depth[top:bottom, left:right] = np.minimum(depth[top:bottom, left:right], ahead)
    depth = np.clip(depth, 1.0, 1000.0).astype(np.float32)
    grain = np.random.default_rng(0).normal(0, 12, (KITTI.height, KITTI.width, 1))
    rgb = np.clip(90 + 60 * np.sin(20 * np.log(depth))[..., None] * (0.5, 0.4, 0.3) + grain + (0, 5, 15), 0, 255)
    return CameraScene(rgb=rgb.astype(np.uint8), depth_m=depth, intrinsics=KITTI,
                       velocity_mps=np.array([0.0, 0.0, SPEED_MPS]), turning_radps=np.array([0.0, TURNING_RADPS, 0.0]))


def bilinear(light: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = np.clip(x, 0, light.shape[1] - 1), np.clip(y, 0, light.shape[0] - 1)
    left, top = np.minimum(x.astype(int), light.shape[1] - 2), np.minimum(y.astype(int), light.shape[0] - 2)
    a, b = (x - left)[..., None], (y - top)[..., None]
    return np.asarray((light[top, left] * (1 - a) + light[top, left + 1] * a) * (1 - b)
                      + (light[top + 1, left] * (1 - a) + light[top + 1, left + 1] * a) * b)


def plain_motion(scene: CameraScene) -> NDArray[np.float64]:
    rows, columns = np.mgrid[:KITTI.height, :KITTI.width]
    x, y, z = (columns - KITTI.cx) / KITTI.f, (rows - KITTI.cy) / KITTI.f, scene.depth_m
    points = np.stack([x * z, y * z, z], axis=-1)
    moving = -scene.velocity_mps - np.cross(scene.turning_radps, points)
    right, down = ((moving[..., axis] - place * moving[..., 2]) / z for axis, place in enumerate((x, y)))
    return KITTI.f * np.stack([right, down], axis=-1)


def plain_softened(light: NDArray[np.float64]) -> NDArray[np.float64]:
    for axis in (0, 1):
        wide = np.pad(light, [(1, 1) if i == axis else (0, 0) for i in range(3)], mode="reflect")
        before, after = (np.take(wide, np.arange(light.shape[axis]) + by, axis) for by in (0, 2))
        light = 0.75 * light + 0.125 * (before + after)
    return light


def plain_shutter_and_lens(light: NDArray[np.float64], flow: NDArray[np.float64], grid: NDArray[np.float64],
                           exposure_s: float, row_s: float) -> NDArray[np.float64]:
    """Blur, roll, bend: one after the other, on whole pictures."""
    rows, columns = np.mgrid[:light.shape[0], :light.shape[1]].astype(float)
    blurred = np.zeros_like(light)
    taps = int(np.abs(flow).max() * exposure_s) + 2
    for moment in ((np.arange(taps) + 0.5) / taps - 0.5) * exposure_s:
        blurred += bilinear(light, columns + flow[..., 0] * moment, rows + flow[..., 1] * moment) / taps
    if row_s > 0:
        later = (rows - (light.shape[0] - 1) / 2) * row_s
        blurred = bilinear(blurred, columns - flow[..., 0] * later, rows - flow[..., 1] * later)
    return bilinear(blurred, grid[0], grid[1])


def plain_photons(mosaic: NDArray[np.float64], white_e: NDArray[np.float64], sheet: CameraDevice, fixed: Pattern,
                  a_d: Converter, dark_e: float, rng: np.random.Generator) -> NDArray[np.uint16]:
    electrons = rng.poisson(mosaic * white_e * fixed.gain + dark_e) + rng.normal(0, sheet.read_noise_e, mosaic.shape)
    counts = np.minimum(electrons + fixed.offset_e, sheet.full_well_e) * a_d.dn_per_e + a_d.black
    return np.clip(np.rint(counts), 0, a_d.top).astype(np.uint16)


def plain_development(counts: NDArray[np.uint16], bayer: str, gains: NDArray[np.float64], black: float, white: float,
                      ) -> NDArray[np.uint8]:
    rows, columns = np.indices(counts.shape)
    own = mosaic_of(bayer)[rows & 1, columns & 1]
    light = (counts.astype(float) - black) * gains[own] / (white - black)
    wide = np.pad(light, 2, mode="reflect")

    def at(down: int, right: int) -> NDArray[np.float64]:
        return wide[2 + down:2 + down + light.shape[0], 2 + right:2 + right + light.shape[1]]

    beside, upright = at(0, -1) + at(0, 1), at(-1, 0) + at(1, 0)
    far_beside, far_upright = at(0, -2) + at(0, 2), at(-2, 0) + at(2, 0)
    corners = at(-1, -1) + at(-1, 1) + at(1, -1) + at(1, 1)
    green = (8 * light + 4 * (beside + upright) - 2 * (far_beside + far_upright)) / 16
    across = (10 * light + 8 * beside - 2 * corners - 2 * far_beside + far_upright) / 16
    along = (10 * light + 8 * upright - 2 * corners - 2 * far_upright + far_beside) / 16
    other = (12 * light + 4 * corners - 3 * (far_beside + far_upright)) / 16
    neighbour = mosaic_of(bayer)[rows & 1, (columns + 1) & 1]
    image = np.empty((*light.shape, 3))
    for colour in range(3):
        image[..., colour] = np.where(own == colour, light, np.where(
            own == 1, np.where(neighbour == colour, across, along), np.where(colour == 1, green, other)))
    return np.rint(255 * encoded(np.clip(image, 0, 1))).astype(np.uint8)


def plain_fog(light: NDArray[np.float64], scene: CameraScene, extinction_per_m: float) -> NDArray[np.float64]:
    rows, columns = np.mgrid[:KITTI.height, :KITTI.width]
    x, y = (columns - KITTI.cx) / KITTI.f, (rows - KITTI.cy) / KITTI.f
    t = np.exp(-extinction_per_m * scene.depth_m * np.sqrt(1 + x * x + y * y))[..., None]
    return np.asarray(light * t + 0.7 * (1 - t))


def plain_streaks(light: NDArray[np.float64], scene: CameraScene, marks: Streaks) -> NDArray[np.float64]:
    """Streak by streak, each on its own window of the picture."""
    out = light.copy()
    low_px, high_px = np.minimum(marks.from_px, marks.to_px), np.maximum(marks.from_px, marks.to_px)
    for i, way in enumerate(marks.to_px - marks.from_px):
        wide = max(marks.width_px[i], 1.0)
        left, top = np.maximum(np.floor(low_px[i] - wide).astype(int), 0)
        right, bottom = np.minimum(np.ceil(high_px[i] + wide).astype(int) + 1, (KITTI.width, KITTI.height))
        if left >= right or top >= bottom:
            continue
        rows, columns = np.mgrid[top:bottom, left:right]
        off = np.stack([columns, rows], axis=-1) - marks.from_px[i]
        off = off - np.clip(off @ way / max(way @ way, 1e-6), 0, 1)[..., None] * way
        share = marks.cover[i] * np.clip(wide / 2 + 0.5 - np.hypot(off[..., 0], off[..., 1]), 0, 1)
        share = (share * (scene.depth_m[top:bottom, left:right] > marks.depth_m[i]))[..., None]
        out[top:bottom, left:right] += share * (0.7 - out[top:bottom, left:right])
    return np.asarray(out)


def plain_weather(light: NDArray[np.float64], scene: CameraScene, conditions: Conditions, exposure_s: float
                  ) -> dict[str, Callable[[], object]]:
    """Effects whose formulas are short in numpy. Of rain and snowfall only the drawing, not the drawing of lots."""
    plain: dict[str, Callable[[], object]] = {
        "fog": lambda: plain_fog(light, scene, conditions.extinction().weather)}
    for name, spectrum, thinnest_px, farthest_m in (
            ("rain", marshall_palmer(conditions.rain_mmph), rain.THINNEST_PX, rain.FARTHEST_M),
            ("snowfall", gunn_marshall(conditions.snowfall_mmph), snowfall.THINNEST_PX, snowfall.FARTHEST_M)):
        if spectrum.intercept_per_m3_mm:
            finest = finest_px(spectrum, KITTI, thinnest_px, farthest_m)
            falling = in_view(spectrum, KITTI, finest, farthest_m, generator(1, name))
            speed = spectrum.fall_speed_mps(falling.diameter_mm)
            marks = streaks(falling, passing_mps(scene, falling.position_m, np.zeros(3), speed), KITTI,
                            exposure_s=exposure_s, aperture_m=1e-3, focus_m=np.inf)
            plain[name] = partial(plain_streaks, light, scene, marks)
    return plain


def least_ms(work: Callable[[], object], runs: int) -> float:
    work()
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return 1000 * min(times)


WET = {"wetness": 1.0, "water_film_mm": 0.8}
SNOWED_IN = {"snow_depth_m": 0.1, "road_snow": 0.7}
CASES = {
    "clear": Conditions(sun_altitude_deg=45.0),
    "fog 50 m": Conditions(visibility_m=50.0, sun_altitude_deg=45.0, cloudiness=0.9),
    "rain 25 mm/h": Conditions(rain_mmph=25.0, sun_altitude_deg=45.0, cloudiness=0.9, **WET),
    "snow 2.5 mm/h": Conditions(snowfall_mmph=2.5, sun_altitude_deg=45.0, cloudiness=0.9, **SNOWED_IN),
    "blizzard at dusk": Conditions(snowfall_mmph=5.0, visibility_m=100.0, wind_mps=15.0, sun_altitude_deg=1.0,
                                   cloudiness=0.3, **SNOWED_IN),
    "rain at night": Conditions(rain_mmph=25.0, sun_altitude_deg=-30.0, cloudiness=0.9, **WET),
    "fog at night": Conditions(visibility_m=50.0, sun_altitude_deg=-30.0, cloudiness=0.9),
}


def whole_chain(sheet: CameraDevice, runs: int, rectify: bool) -> None:
    """``photograph`` from end to end in every kind of weather, with the exposure that each comes to."""
    scene = street()
    print(f"{'photograph()':18}{'exposure':>11}{'CPU':>11}")
    for name, conditions in CASES.items():
        taken = settled(white_cdpm2(conditions), sheet)
        took = least_ms(partial(photograph, scene, sheet, conditions, 1, exposure=taken, rectify=rectify), runs)
        print(f"{name:18}{1000 * taken.time_s:8.1f} ms{took:8.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--camera", default="flea2_14s3c")
    parser.add_argument("--night", action="store_true")
    parser.add_argument("--rain", type=float, default=25.0)
    parser.add_argument("--snowfall", type=float, default=0.0)
    parser.add_argument("--fog", type=float, help="visibility in metres")
    parser.add_argument("--clouds", type=float, default=0.9, help="that the picture was rendered with")
    parser.add_argument("--rectify", action="store_true")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    scene, sheet = street(), load_camera(options.camera)
    conditions = Conditions(rain_mmph=options.rain, snowfall_mmph=options.snowfall, visibility_m=options.fog,
                            sun_altitude_deg=-30.0 if options.night else 45.0, wetness=min(options.rain, 1.0),
                            water_film_mm=0.8 * min(options.rain, 1.0), snow_depth_m=0.1 * min(options.snowfall, 1.0),
                            road_snow=0.7 * min(options.snowfall, 1.0), cloudiness=options.clouds)
    taken = settled(white_cdpm2(conditions), sheet)
    lens = Lens(sheet.distortion, sheet.coefficients)
    way = recording_map(KITTI, lens) if options.rectify else lens_map(KITTI, lens)
    grid, shape = straight_of_bent(way), (way.bent.height, way.bent.width)
    gains, mosaic = balance(lamp_kelvin(conditions)), colours_of(sheet.bayer, 1)
    fixed = pattern(sheet, shape, 0, vignetting(way, sheet.falloff))
    a_d = converter(sheet, taken.gain)
    white_dn = a_d.black + a_d.dn_per_e * taken.coded_e

    light = light_of(scene.rgb)
    flow = image_motion(scene)
    assert flow is not None
    soft = softened(light)
    falling = seen(soft, shape, grid, flow, taken.time_s, sheet.row_s, mosaic[..., 0])
    filters = (1 / gains).astype(np.float32)[mosaic]
    counts = read_out(falling, taken, sheet, fixed, generator(1, "photons"), filters)
    image = developed(counts, sheet.bayer, gains, a_d.black, white_dn)

    light64, flow64, soft64, grid64 = (part.astype(float) for part in (light, flow, soft, grid))
    falling64 = falling[..., 0].astype(float)
    rows, columns = np.indices(shape)
    white64 = taken.white_e / gains[mosaic[..., 0]][rows & 1, columns & 1]
    dark_e, rng = sheet.dark_e_per_s * taken.time_s, np.random.default_rng(0)

    def weather(effects: Collection[str]) -> NDArray[np.float32]:
        return weathered(light, scene, conditions, seed=1, exposure_s=taken.time_s, focus_m=sheet.focus_m,
                         aperture_m=sheet.focal_mm / sheet.f_number / 1000, veiling_glare=sheet.veiling_glare,
                         effects=effects)

    stages: list[tuple[str, Callable[[], object], Callable[[], object] | None]] = [
        ("codes to light", lambda: light_of(scene.rgb), lambda: decoded(scene.rgb / 255.0)),
        ("weather", lambda: weather(EFFECTS), None),
        ("point spread", lambda: softened(light), lambda: plain_softened(light64)),
        ("image motion", lambda: image_motion(scene), lambda: plain_motion(scene)),
        ("silhouettes", lambda: passed_over(flow, scene.depth_m, taken.time_s), None),
        ("shutter, lens", lambda: seen(soft, shape, grid, flow, taken.time_s, sheet.row_s, mosaic[..., 0]),
         (lambda: plain_shutter_and_lens(soft64, flow64, grid64, taken.time_s, sheet.row_s))),
        ("photons, counts", lambda: read_out(falling, taken, sheet, fixed, generator(1, "photons"), filters),
         lambda: plain_photons(falling64, white64, sheet, fixed, a_d, dark_e, rng)),
        ("colours, codes", lambda: developed(counts, sheet.bayer, gains, a_d.black, white_dn),
         lambda: plain_development(counts[..., 0], sheet.bayer, gains, a_d.black, white_dn)),
    ]
    if options.rectify:
        stages.append(("rectify", lambda: way.unwarp(image), lambda: bilinear(
            image.astype(float), *straight_of_bent(replace(way, straight=way.bent, bent=way.straight)).astype(float))))
    if sheet.jpeg_quality:
        stages.append(("JPEG", lambda: through_jpeg(image, sheet.jpeg_quality), None))

    print(f"{sheet.title}: {1000 * taken.time_s:.2f} ms, {taken.gain_db:.0f} dB, {taken.white_e:.0f} e- at white")
    print(f"{'ms of CPU time':18}{'here':>8}{'numpy':>9}{'ratio':>8}")
    here_sum = plain_sum = compared = 0.0
    for name, ours, plain in stages:
        here = least_ms(ours, options.runs)
        here_sum += here
        if plain is None:
            print(f"{name:18}{here:8.1f}")
            if name == "weather":
                without = least_ms(lambda: weather(()), options.runs)
                references = plain_weather(light64, scene, conditions, taken.time_s)
                for effect in EFFECTS:
                    alone = least_ms(partial(weather, (effect,)), options.runs) - without
                    if alone < 0.5:
                        continue
                    print(f"  of it {effect:11}{alone:7.1f}", end="" if effect in references else "\n")
                    if effect in references:
                        reference = least_ms(references[effect], 2)
                        print(f"{reference:10.1f}{reference / alone:8.1f}")
            continue
        reference = least_ms(plain, max(2, options.runs // 5))
        plain_sum, compared = plain_sum + reference, compared + here
        print(f"{name:18}{here:8.1f}{reference:9.1f}{reference / here:8.1f}")
    print(f"{'sum':18}{here_sum:8.1f}{plain_sum:9.1f}{plain_sum / compared:8.1f}   (numpy without what has no figure)")
    for name, steps in (("photograph()", STEPS), ("without weather", [step for step in STEPS if step != "weather"])):
        whole = partial(photograph, scene, sheet, conditions, 1, exposure=taken, steps=steps, rectify=options.rectify)
        print(f"{name:18}{least_ms(whole, options.runs):8.1f}")
    print()
    whole_chain(sheet, options.runs, options.rectify)


if __name__ == "__main__":
    main()
