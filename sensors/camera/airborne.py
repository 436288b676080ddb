"""Drops and flakes between a camera and its scene: which of them it can resolve, where they are, and their streaks.

Most of what falls is too far away and too small to be seen one by one; that is what the veil of ``fog.py`` is made of.
What covers more than a given part of a pixel is drawn: from a spectrum of sizes follows how far away each size can be,
so the number of those that are drawn is known before the first is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.camera.scene import CameraScene
from sensors.compiled import compiled
from sensors.pinhole import Intrinsics
from sensors.precipitation import Spectrum

NEAREST_M = 0.5         # the body of the car and the lens hood keep the rest away
MOST_PARTICLES = 5_000      # in one picture: where there are more, only wider ones are drawn
# One code value of sRGB, in black and near white: streaks that neither give nor take as much are not drawn.
_FAINT_LIGHT, _FAINT_COVER = 1.0 / (255.0 * 12.92), 1.0 / (255.0 * 0.44)
_MARGIN_PX = 32         # streaks come in from beyond the picture's edge
_CLASSES = 128


@dataclass(frozen=True, eq=False, slots=True)
class Airborne:
    """Particles in the air.

    position_m: (N, 3) optical axes, farthest first. diameter_mm: (N,) as light meets them.
    """

    position_m: NDArray[np.float64]
    diameter_mm: NDArray[np.float64]


def expected_count(spectrum: Spectrum, intrinsics: Intrinsics, least_px: float, farthest_m: float) -> float:
    """How many particles a picture resolves, on average: those at least ``least_px`` wide, up to ``farthest_m``."""
    return float(_counts(spectrum, intrinsics, least_px, farthest_m)[1].sum())


def finest_px(spectrum: Spectrum, intrinsics: Intrinsics, least_px: float, farthest_m: float) -> float:
    """The width from which on particles are drawn: ``least_px``, or more where those would be too many to count."""
    while expected_count(spectrum, intrinsics, least_px, farthest_m) > MOST_PARTICLES:
        least_px *= 1.1
    return least_px


def in_view(spectrum: Spectrum, intrinsics: Intrinsics, least_px: float, farthest_m: float,
            rng: np.random.Generator) -> Airborne:
    """The particles that a picture resolves: a Poisson number of them, evenly spread in space.

    Args:
        least_px: width of the smallest, sharp and at rest. farthest_m: along the optical axis.
    """
    melted, counts = _counts(spectrum, intrinsics, least_px, farthest_m)
    number = int(rng.poisson(counts.sum()))
    share = np.concatenate(([0.0], np.cumsum(counts)))
    edge = np.interp(rng.random(number) * share[-1], share, np.arange(_CLASSES + 1.0))
    diameter = spectrum.diameter_mm(np.interp(edge, np.arange(_CLASSES + 1.0), melted))
    far = np.minimum(_reach_m(spectrum, diameter, intrinsics, least_px), farthest_m)
    near_cubed = NEAREST_M**3
    depth = np.cbrt(near_cubed + rng.random(number) * np.maximum(far**3 - near_cubed, 0.0))
    u = rng.random(number) * (intrinsics.width + 2 * _MARGIN_PX) - _MARGIN_PX - 0.5
    v = rng.random(number) * (intrinsics.height + 2 * _MARGIN_PX) - _MARGIN_PX - 0.5
    order = np.argsort(-depth, kind="stable")
    depth, u, v, diameter = depth[order], u[order], v[order], diameter[order]
    x, y = (u - intrinsics.cx) / intrinsics.f * depth, (v - intrinsics.cy) / intrinsics.f * depth
    return Airborne(np.column_stack([x, y, depth]), diameter)


def _reach_m(spectrum: Spectrum, diameter_mm: NDArray[np.float64], intrinsics: Intrinsics,
             least_px: float) -> NDArray[np.float64]:
    return 1e-3 * intrinsics.f * diameter_mm / least_px


def _counts(spectrum: Spectrum, intrinsics: Intrinsics, least_px: float, farthest_m: float
            ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Edges of classes of melted diameters (mm), and the number expected in each."""
    narrowest = float(spectrum.melted_mm(1e3 * NEAREST_M * least_px / intrinsics.f))
    melted = narrowest + np.linspace(0.0, 1.0, _CLASSES + 1) ** 2 * 14.0 / spectrum.slope_per_mm
    middle = 0.5 * (melted[1:] + melted[:-1])
    reach = np.minimum(_reach_m(spectrum, spectrum.diameter_mm(middle), intrinsics, least_px), farthest_m)
    area = (intrinsics.width + 2 * _MARGIN_PX) * (intrinsics.height + 2 * _MARGIN_PX) / intrinsics.f**2
    volume = area / 3 * np.maximum(reach**3 - NEAREST_M**3, 0.0)
    below = np.exp(-spectrum.slope_per_mm * melted)
    per_m3 = spectrum.intercept_per_m3_mm / spectrum.slope_per_mm * (below[:-1] - below[1:])
    return melted, per_m3 * volume


@dataclass(frozen=True, eq=False, slots=True)
class Streaks:
    """What particles leave on a picture while the shutter is open.

    from_px, to_px: (N, 2) middle of the particle as the shutter opens and closes (right, down).
    size_px:        (N,) its diameter, sharp.
    width_px:       (N,) of the streak: the particle, out of focus.
    cover:          (N,) share of the light behind that it takes from a pixel on the streak.
    depth_m:        (N,)
    """

    from_px: NDArray[np.float64]
    to_px: NDArray[np.float64]
    size_px: NDArray[np.float64]
    width_px: NDArray[np.float64]
    cover: NDArray[np.float64]
    depth_m: NDArray[np.float64]

    @property
    def length_px(self) -> NDArray[np.float64]:
        """(N,) between the middles."""
        return np.asarray(np.hypot(*(self.to_px - self.from_px).T))


def blur_disc_px(depth_m: NDArray[np.float64], intrinsics: Intrinsics, aperture_m: float,
                 focus_m: float) -> NDArray[np.float64]:
    """Diameter of the disc into which a lens blurs a point: f·(aperture)·|1/Z − 1/Z_focus| pixels."""
    return np.asarray(intrinsics.f * aperture_m * np.abs(1.0 / depth_m - 1.0 / focus_m))


def streaks(particles: Airborne, velocity_mps: NDArray[np.float64], intrinsics: Intrinsics, *, exposure_s: float,
            aperture_m: float, focus_m: float) -> Streaks:
    """The streaks of particles that move with ``velocity_mps`` (N, 3) past the camera, in optical axes.

    What a particle covers is conserved: its disc, smeared along the way and spread by the lens, takes the same light in
    all. So a long exposure or an open aperture makes rain vanish.
    """
    half = 0.5 * exposure_s * velocity_mps
    first, last = particles.position_m - half, particles.position_m + half
    first[:, 2], last[:, 2] = np.maximum(first[:, 2], 0.1), np.maximum(last[:, 2], 0.1)
    from_px, to_px = intrinsics.project(first), intrinsics.project(last)
    depth = particles.position_m[:, 2]
    size = 1e-3 * particles.diameter_mm * intrinsics.f / depth
    width = np.hypot(size, blur_disc_px(depth, intrinsics, aperture_m, focus_m))
    drawn = np.maximum(width, 1.0)
    area = np.pi / 4 * drawn * drawn + drawn * np.hypot(*(to_px - from_px).T)
    return Streaks(from_px, to_px, size, width, np.minimum(np.pi / 4 * size * size / area, 1.0), depth)


def passing_mps(scene: CameraScene, position_m: NDArray[np.float64], wind_mps: NDArray[np.float64],
                fall_mps: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) how particles in the wind move past the camera, in optical axes."""
    moved = wind_mps - np.asarray(scene.velocity_mps) - np.asarray(scene.up) * fall_mps[:, None]
    return np.asarray(moved - np.cross(np.asarray(scene.turning_radps), position_m))


def draw(light: NDArray[np.float32], depth_m: NDArray[np.float32], marks: Streaks, colour: NDArray[np.float32],
         softness: float, out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """A picture with streaks before what is farther away than they are. Those too faint to change a code value are part
    of the veil.

    Args:
        colour: (N, 3) light of each particle. softness: share of a streak's width over which its edge fades.
        out: where to draw it, ``light`` itself if it is no longer needed; None: on a copy.
    """
    if out is None:
        out = light.copy()
    elif out is not light:
        out[...] = light
    shows = (marks.cover * colour.max(axis=1) > _FAINT_LIGHT) | (marks.cover > _FAINT_COVER)
    rows = np.column_stack([marks.from_px, marks.to_px, np.maximum(marks.width_px, 1.0), marks.cover, marks.depth_m])
    _draw(out, depth_m, rows[shows].astype(np.float32), np.ascontiguousarray(colour[shows], dtype=np.float32),
          np.float32(softness))
    return out


@compiled
def _draw(light: NDArray[np.float32], depth_m: NDArray[np.float32], rows: NDArray[np.float32],
          colour: NDArray[np.float32], softness: np.float32) -> None:
    height, width = depth_m.shape
    half, one, zero = np.float32(0.5), np.float32(1.0), np.float32(0.0)
    for i in range(rows.shape[0]):
        x0, y0, x1, y1 = rows[i, 0], rows[i, 1], rows[i, 2], rows[i, 3]
        wide, cover, distance = rows[i, 4], rows[i, 5], rows[i, 6]
        red, green, blue = colour[i, 0], colour[i, 1], colour[i, 2]
        fade = max(one, softness * wide)
        outer = half * wide + half * fade
        dx, dy = x1 - x0, y1 - y0
        squared = dx * dx + dy * dy
        # an edge that fades makes round ends wider
        area = np.float32(np.pi / 4) * wide * wide + wide * np.sqrt(squared)
        strength = cover / fade * area / (area + np.float32(np.pi / 12) * fade * fade)
        inverse = one / squared if squared > np.float32(1e-6) else zero
        # row by row (or column by column) along the longer axis, and across it only where the streak can be
        upright = abs(dy) >= abs(dx)
        slope = zero
        if inverse > zero:
            slope = dx / dy if upright else dy / dx
        secant = np.sqrt(one + slope * slope)
        cosine = one / secant
        at_ends = outer * (secant + abs(slope))
        first_along, last_along = (min(y0, y1), max(y0, y1)) if upright else (min(x0, x1), max(x0, x1))
        # between its round ends a streak is as wide everywhere
        slanted = outer * abs(slope) * cosine
        straight_from, straight_to = first_along + slanted, last_along - slanted
        size_along, size_across = (height, width) if upright else (width, height)
        for a in range(max(0, int(np.ceil(first_along - outer))), min(size_along, int(last_along + outer) + 1)):
            step = np.float32(a)
            straight = straight_from <= step <= straight_to
            reach = outer * secant if straight else at_ends
            middle = (x0 + (step - y0) * slope) if upright else (y0 + (step - x0) * slope)
            for b in range(max(0, int(np.ceil(middle - reach))), min(size_across, int(middle + reach) + 1)):
                x, y = (b, a) if upright else (a, b)
                if depth_m[y, x] <= distance:
                    continue
                if straight:
                    off = outer - abs(np.float32(b) - middle) * cosine
                else:
                    ox, oy = np.float32(x) - x0, np.float32(y) - y0
                    along = min(max((ox * dx + oy * dy) * inverse, zero), one)
                    ox -= along * dx
                    oy -= along * dy
                    off = outer - np.sqrt(ox * ox + oy * oy)
                if off > zero:
                    share = strength * min(off, fade)
                    light[y, x, 0] += share * (red - light[y, x, 0])
                    light[y, x, 1] += share * (green - light[y, x, 1])
                    light[y, x, 2] += share * (blue - light[y, x, 2])
