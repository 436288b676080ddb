"""Snow that lies: on roads, pavements and fields, on roofs and cars, along the tops of walls, in the crowns of trees.

Where it lies follows from the kind of surface, from which way it faces and from how deep the snow is; how bright it is
from the light that falls there, which is the picture's own without its texture.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sensors.camera.ground import patches
from sensors.camera.rays import luminance
from sensors.camera.scene import CameraScene
from sensors.camera.shading import GROUND, REST, shading_of
from sensors.camera.surfaces import ALBEDO, GROUND_KINDS, KINDS, ROAD, facing_up, kinds
from sensors.compiled import compiled

SNOW_ALBEDO = 0.85
# Per kind: share of it that snow covers where it faces up and the snow is deep; from which cosine on it lies; depth in
# metres at which 63 % of the rest is under it; depth of the caps that stay on its upper edges.
#                  SKY  ROAD  PAVE  OPEN  BUILD PLANT VEHIC THING CREAT WATER
_FULL = np.array([0.0, 1.00, 0.97, 1.00, 1.00, 0.50, 0.75, 0.90, 0.00, 0.0], np.float32)
_FACING = np.array([2.0, -1.0, -1.0, -1.0, 0.30, 0.25, 0.70, 0.50, 2.0, 2.0], np.float32)
_HIDES_M = np.array([1.0, 0.012, 0.010, 0.035, 0.010, 0.03, 0.015, 0.010, 1.0, 1.0], np.float32)
_CAP_M = np.array([0.0, 0.0, 0.0, 0.0, 0.10, 0.05, 0.04, 0.06, 0.0, 0.0], np.float32)
# how much of the shade of its surface is left in the snow on it: scattered light fills much of it
_SHADE = np.array([0.0, 0.50, 0.50, 0.45, 0.35, 0.75, 0.35, 0.35, 0.0, 0.0], np.float32)
_BARE_ROAD = 0.65           # asphalt between snow is wet
_IS_GROUND = np.zeros(KINDS, np.bool_)
_IS_GROUND[list(GROUND_KINDS)] = True


def cover(scene: CameraScene, snow_depth_m: float, road_snow: float, *, heading_rad: float = 0.0,
          position_m: tuple[float, float] = (0.0, 0.0), kind: NDArray[np.uint8] | None = None
          ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How much of each pixel is under snow, and a pattern for its surface.

    Wheels have laid bare what of a road is not under snow, along the way that the car goes and in the lanes beside it,
    each 3.5 m wide, its tracks 0.76 m off its middle.

    Args:
        snow_depth_m: on open ground. road_snow: share of roads that is under snow.
        heading_rad, position_m: of the camera on the map, so that patches stay where they are from frame to frame.
        kind: of the surfaces, if they are known already.

    Returns:
        (H, W) 0 … 1; (H, W) 0 … 1, cloudy, 0.5 where it cannot be resolved.
    """
    shape = scene.depth_m.shape
    share, pattern = np.zeros(shape, np.float32), np.full(shape, 0.5, np.float32)
    full = (_FULL * (1.0 - np.exp(-snow_depth_m / _HIDES_M))).astype(np.float32)
    full[ROAD] = road_snow
    speed = float(np.linalg.norm(scene.velocity_mps))
    bend = float(np.dot(scene.turning_radps, scene.up)) / speed if speed > 1.0 else 0.0
    camera = scene.intrinsics
    numbers = np.array([camera.f, camera.cx, camera.cy, np.cos(heading_rad), np.sin(heading_rad), position_m[0],
                        position_m[1], min(snow_depth_m, 1.0), bend], np.float32)
    _cover(scene.depth_m, kinds(scene) if kind is None else kind, patches(), full, _FACING, _CAP_M,
           np.asarray(scene.up, dtype=np.float32), numbers, share, pattern)
    return np.asarray(cv2.blur(share, (3, 3))), pattern


@compiled
def _cover(depth_m: NDArray[np.float32], kind: NDArray[np.uint8], tile: NDArray[np.float32], full: NDArray[np.float32],
           least_facing: NDArray[np.float32], cap_m: NDArray[np.float32], up: NDArray[np.float32],
           numbers: NDArray[np.float32], share: NDArray[np.float32], pattern: NDArray[np.float32]) -> None:
    height, width = depth_m.shape
    f, cx, cy, cos_h, sin_h = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    east, north, snow_m, bend = numbers[5], numbers[6], numbers[7], numbers[8]
    zero, half, one = np.float32(0.0), np.float32(0.5), np.float32(1.0)
    texels = np.float32(512 / 12.8)
    inverse_f = one / f
    cap_left = np.zeros(width, np.float32)
    shared = np.zeros(width, np.float32)
    for v in range(height):
        for u in range(width):
            k = kind[v, u]
            most = full[k]
            if most <= zero:
                cap_left[u] = zero
                continue
            z = depth_m[v, u]
            # caps: below an edge against something farther away
            if k > 3 and v > 0 and depth_m[v - 1, u] > z * np.float32(1.01) + np.float32(0.15):
                cap_left[u] = min(cap_m[k], snow_m) * f / z
            cap = min(cap_left[u], one)
            cap_left[u] = max(cap_left[u] - one, zero)
            left = (cx - np.float32(u)) * inverse_f * z
            # a pixel of ground spans z² / (f · height) along the ray; coarser than the pattern, the pattern is its mean
            seen = min(max(np.float32(1.3) - z * z * inverse_f, zero), one)
            noise, rough = half, half
            if seen > zero:
                a, b = (east + z * cos_h - left * sin_h) * texels, (north + z * sin_h + left * cos_h) * texels
                rough = tile[int(np.floor(a)) & 511, int(np.floor(b)) & 511]
                noise = half + seen * (rough - half)
            pattern[v, u] = noise
            soft = np.float32(0.12)
            if k == 1:
                # bare tracks take what of the road is not under snow, until all that is left lies thin everywhere
                middle = left - half * bend * z * z
                lane = middle - np.float32(3.5) * np.floor(middle / np.float32(3.5) + half)
                wheel = abs(abs(lane + np.float32(0.3) * (rough - half)) - np.float32(0.76))
                wide = min(one - most, np.float32(0.6)) * np.float32(0.875)
                bare = min(max((wide + np.float32(0.12) - wheel) / np.float32(0.24), zero), one)
                bare *= min(np.float32(10.0) * (one - most), one)
                amount = min(np.float32(2.5) * most, one) * (one - np.float32(0.9) * bare)
                soft = np.float32(0.3)
            elif k <= 3:
                amount = most
            else:
                # four pixels of a surface share a normal, which is taken over more than that
                top, side = v & -2, u & -2
                own = top == v and side == u
                if own or kind[top, side] != k or abs(z - depth_m[top, side]) > np.float32(0.02) * z:
                    turned = facing_up(depth_m, v, u, 5 if k == 5 else 2, f, cx, cy, up) - least_facing[k]
                    if own:
                        shared[side] = turned
                else:
                    turned = shared[side]
                amount = most * min(max(np.float32(4.0) * turned, zero), one)
            # patches: where the noise is below the amount, with soft borders
            value = min(max((amount * (one + soft) - noise) / soft, zero), one)
            value = value * value * (np.float32(3.0) - np.float32(2.0) * value)
            value = amount + seen * (value - amount)
            share[v, u] = max(value, cap * most)


def with_snow_cover(light: NDArray[np.float32], scene: CameraScene, snow_depth_m: float, air: NDArray[np.float32], *,
                    road_snow: float = 0.0, dark: float = 0.0, heading_rad: float = 0.0,
                    position_m: tuple[float, float] = (0.0, 0.0), kind: NDArray[np.uint8] | None = None,
                    out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """A picture of the same place under snow.

    Args:
        light: (H, W, 3) linear. snow_depth_m: on open ground. air: (3,) light of the cloudy horizon.
        road_snow: share of roads under snow. dark: 0 by day … 1 by night, when lamps and not the sky light the snow.
        heading_rad, position_m, kind: as for ``cover``. out: where to write it; may be ``light`` itself.

    Returns:
        (H, W, 3) float32; the argument itself without snow.
    """
    if snow_depth_m == 0.0 and road_snow == 0.0:
        return light
    kind = kinds(scene) if kind is None else kind
    share, pattern = cover(scene, snow_depth_m, road_snow, heading_rad=heading_rad, position_m=position_m, kind=kind)
    shade = shading_of(light, kind)
    base = shade.whole(shade.mean[GROUND]), shade.whole(shade.mean[REST])
    sky = float(luminance(air))
    by_day = (0.6 * np.asarray(air) / max(sky, 1e-6) + 0.4 * np.array([0.97, 1.0, 1.03])) * sky * SNOW_ALBEDO
    # lamps: their colour is that of the road below them
    road = light[::5, ::5][kind[::5, ::5] == ROAD]
    lamp = road.mean(axis=0) if road.size else np.ones(3)
    lamp = 0.5 + 0.5 * lamp / max(float(luminance(np.asarray(lamp, np.float32))), 1e-6)
    out = np.empty_like(light) if out is None else out
    _compose(light, shade.grey, base[0], base[1], share, pattern, kind, _IS_GROUND, shade.usual, _SHADE,
             (SNOW_ALBEDO / ALBEDO).astype(np.float32), by_day.astype(np.float32), lamp.astype(np.float32),
             np.float32(dark), np.float32(min(snow_depth_m / 0.03, 1.0)), out)
    return out


@compiled
def _compose(light: NDArray[np.float32], grey: NDArray[np.float32], ground_base: NDArray[np.float32],
             rest_base: NDArray[np.float32], share: NDArray[np.float32], pattern: NDArray[np.float32],
             kind: NDArray[np.uint8], is_ground: NDArray[np.bool_], usual: NDArray[np.float32],
             shade_left: NDArray[np.float32], brighter: NDArray[np.float32], by_day: NDArray[np.float32],
             lamp: NDArray[np.float32], dark: np.float32, winter: np.float32, out: NDArray[np.float32]) -> None:
    zero, one = np.float32(0.0), np.float32(1.0)
    for v in range(kind.shape[0]):
        for u in range(kind.shape[1]):
            k = kind[v, u]
            covered = share[v, u]
            red, green, blue = light[v, u, 0], light[v, u, 1], light[v, u, 2]
            own = grey[v, u]
            if k == 5:                              # leaves are dull in winter
                dull = np.float32(0.7) * winter
                red += dull * (own * np.float32(1.06) - red)
                green += dull * (own - green)
                blue += dull * (own * np.float32(0.9) - blue)
            elif k == 1:
                wet = one - np.float32(0.35) * winter
                red, green, blue = red * wet, green * wet, blue * wet
            if covered > zero and k != 0:
                base = max(ground_base[v, u] if is_ground[k] else rest_base[v, u], np.float32(1e-4))
                local = own if k == 5 else base
                lit = min(max(local / max(usual[k], np.float32(1e-4)), np.float32(0.15)), np.float32(1.05))
                day = one + shade_left[k] * (lit - one)
                night = np.float32(0.7) * base * brighter[k]
                night = night / (one + np.float32(0.9) * night)
                detail = min(max(own / base - one, np.float32(-0.6)), np.float32(0.25))
                # deep under cars no sky is seen, and the snow has not got there either
                hidden = min(np.float32(0.25) + np.float32(1.5) * own / base, one)
                relief = one + np.float32(0.15) * detail + np.float32(0.10) * (pattern[v, u] - np.float32(0.5))
                day *= relief * hidden * (one - dark)
                night *= relief * hidden * dark
                red += covered * (by_day[0] * day + lamp[0] * night - red)
                green += covered * (by_day[1] * day + lamp[1] * night - green)
                blue += covered * (by_day[2] * day + lamp[2] * night - blue)
            out[v, u, 0], out[v, u, 1], out[v, u, 2] = red, green, blue
