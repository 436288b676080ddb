"""Do two renderers see the same place? Asked before a GPU's pictures are believed.

Both make small pictures of it, by day and on a wet night, and a small sweep. Two processors round differently, so a few
rays pass an edge on its other side, and a few pixels draw another chance; whatever is really wrong with a driver, a
compiler or a ray tracer shows in all of them. The other one must also make the same bytes twice.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Light
from simgen.localsim.render.renderer import CameraBuffers, Renderer, SweepHits
from simgen.localsim.render.weather import Weather

WIDTH, HEIGHT, FOV_RAD = 192, 96, 1.4
RANGE_M = 100.0
_WEATHERS = (
    Weather(cloudiness=30.0),
    Weather(cloudiness=90.0, precipitation=60.0, precipitation_deposits=60.0, wetness=100.0, fog_density=15.0,
            sun_altitude_angle=-30.0))

MOST_OTHERS = 0.005         # share of pixels or rays that may meet something else
DISTANCE_M, DISTANCE_SHARE = 2e-3, 1e-4         # by which the rest may be nearer or farther
MOST_OFF, OFF_LEVELS, MEAN_LEVELS = 0.03, 32, 2.0       # of 255: share of pixels far off, and the mean of all


def disagreement(trusted: Renderer, other: Renderer, eye: NDArray[np.float64], thing: str | None) -> str | None:
    """How ``other`` sees a place differently, as half a sentence; None if it does not. Both show the same place.

    eye: (4, 4) world_from_camera. thing: key of a mesh that both know, to stand before the camera as an actor.
    """
    lamp = Light(eye[:3, 3] + eye[:3, 0], eye[:3, 0], np.array([14.0, 13.0, 11.5], np.float32), 1, 70.0)
    ahead = eye.copy()
    ahead[:3, 3] += 8.0 * eye[:3, 0] - 1.5 * eye[:3, 2]
    actors = [] if thing is None else [Instance(thing, ahead, actor_id=1)]
    try:
        for weather in _WEATHERS:
            seen, swept = zip(*(_look(one, weather, eye, actors, lamp) for one in (trusted, other)), strict=True)
            found = (_other_labels(*seen) or _other_returns(*swept) or _other_picture(*seen)
                     or _not_repeated(seen[1], swept[1], *_look(other, weather, eye, actors, lamp)))
            if found is not None:
                return found
    finally:
        trusted.set_weather(Weather())
        trusted.set_scene([], [], 0.0, 0)
    other.set_weather(Weather())
    other.set_scene([], [], 0.0, 0)
    return None


def _look(view: Renderer, weather: Weather, eye: NDArray[np.float64], actors: list[Instance],
          lamp: Light) -> tuple[CameraBuffers, SweepHits]:
    view.set_weather(weather)
    view.set_scene(actors, [lamp], 1.0, 1)
    return view.camera(eye, WIDTH, HEIGHT, FOV_RAD, rgb=True), view.sweep(eye, _beams(), RANGE_M)


def _beams() -> NDArray[np.float32]:
    """(4096, 3) unit directions: 16 channels of a LiDAR."""
    azimuth, elevation = np.meshgrid(np.linspace(0.0, 2.0 * math.pi, 256, endpoint=False),
                                     np.radians(np.linspace(4.0, -20.0, 16)))
    level = np.cos(elevation)
    rays = np.stack([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)], axis=-1)
    return rays.reshape(-1, 3).astype(np.float32)


def _other_labels(trusted: CameraBuffers, other: CameraBuffers) -> str | None:
    same = (trusted.instance == other.instance) & (trusted.tag == other.tag) & (trusted.actor_id == other.actor_id)
    if (share := 1.0 - same.mean()) > MOST_OTHERS:
        return f"{share:.1%} of a picture's pixels show something else"
    if (share := _far_off(trusted.depth_m[same], other.depth_m[same])) > MOST_OTHERS:
        return f"{share:.1%} of a picture's depths differ"
    return None


def _other_returns(trusted: SweepHits, other: SweepHits) -> str | None:
    same = (trusted.tag == other.tag) & (trusted.actor_id == other.actor_id)
    if (share := 1.0 - same.mean()) > MOST_OTHERS:
        return f"{share:.1%} of a LiDAR's rays meet something else"
    met = same & np.isfinite(trusted.range_m)
    if (share := _far_off(trusted.range_m[met], other.range_m[met])) > MOST_OTHERS:
        return f"{share:.1%} of a LiDAR's ranges differ"
    return None


def _far_off(trusted_m: NDArray[np.float32], other_m: NDArray[np.float32]) -> float:
    """Share of distances that are not the same; what is no number is not."""
    near = np.abs(trusted_m - other_m) <= DISTANCE_M + DISTANCE_SHARE * trusted_m
    return 1.0 - float(near.mean()) if near.size else 0.0


def _other_picture(trusted: CameraBuffers, other: CameraBuffers) -> str | None:
    if trusted.rgb is None or other.rgb is None:
        return "one of two pictures is missing"
    off = np.abs(trusted.rgb.astype(np.int16) - other.rgb)
    if (share := float((off.max(axis=-1) > OFF_LEVELS).mean())) > MOST_OFF or off.mean() > MEAN_LEVELS:
        return f"{share:.1%} of a picture's pixels have another colour, by {off.mean():.1f} of 255 in the mean"
    return None


def _not_repeated(seen: CameraBuffers, swept: SweepHits, again: CameraBuffers, swept_again: SweepHits) -> str | None:
    pairs = ((seen.rgb, again.rgb), (seen.depth_m, again.depth_m), (seen.instance, again.instance),
             (swept.range_m, swept_again.range_m), (swept.actor_id, swept_again.actor_id))
    same = all(one is not None and two is not None and one.tobytes() == two.tobytes() for one, two in pairs)
    return None if same else "two pictures or sweeps of one moment are not the same bytes"
