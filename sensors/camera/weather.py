"""The weather between a camera and its scene, drawn onto a picture that was rendered without it.

For what a simulator does not draw: CARLA has no snow at all, fog without units and faint rain. Physics is done on
linear light. Effects are drawn from the ground upwards and from far to near: what lies, what hangs in the air, what
falls through it, what clings to the lens.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from sensors.camera import headlamps
from sensors.camera.fog import CLOUD_BASE_M, DUST_COLOUR, FOG_TOP_M, airlight, fogged, greyed, tinted
from sensors.camera.rain import with_rain
from sensors.camera.rays import compass
from sensors.camera.scene import CameraScene
from sensors.camera.snowfall import with_snowfall
from sensors.chance import generator
from sensors.conditions import Conditions
from sensors.precipitation import Spectrum, gunn_marshall, marshall_palmer

EFFECTS = ("fog", "rain", "snowfall")


def weathered(light: NDArray[np.float32], scene: CameraScene, conditions: Conditions, *, seed: int,
              exposure_s: float = 0.005, aperture_m: float = 1e-3, focus_m: float = math.inf, heading_rad: float = 0.0,
              effects: Collection[str] = EFFECTS) -> NDArray[np.float32]:
    """A picture as it looks in the weather.

    Args:
        light: (H, W, 3) float32, linear; 1 is white. It is not changed.
        seed: of all chance in this frame.
        exposure_s: how long the shutter is open.
        aperture_m: diameter of the lens's opening (focal length / f-number). focus_m: the distance it is sharp at.
        heading_rad: where the camera looks on the map, counter-clockwise from +x: wind and sun are told by the map.
        effects: which of ``EFFECTS`` to draw, if the conditions have them.

    Returns:
        (H, W, 3) float32; the argument itself if the weather changes nothing.

    Raises:
        ValueError: an effect is unknown, or light and scene are of different sizes.
    """
    unknown = sorted(set(effects) - set(EFFECTS))
    if unknown:
        raise ValueError(f"effects: there is no {unknown[0]!r}; known are {', '.join(EFFECTS)}")
    if light.shape != (*scene.depth_m.shape, 3) or light.dtype != np.float32:
        raise ValueError(f"light is {light.dtype} {light.shape}, expected float32 {(*scene.depth_m.shape, 3)}")
    loss = conditions.extinction()
    dark = headlamps.darkness(conditions.sun_altitude_deg)
    lamps = dark * headlamps.reference_light(light, scene) if dark > 0.0 else 0.0
    wind = -conditions.wind_mps * compass(scene, math.radians(conditions.wind_from_deg), heading_rad)
    air = airlight(light, scene)
    if loss.weather > 0.0:
        dusty = loss.dust / loss.weather
        air = tinted(greyed(air, 0.7 * (1.0 - dusty)), DUST_COLOUR, dusty)
    out = light
    if "fog" in effects and loss.weather > 0.0:
        column = loss.fog * FOG_TOP_M + (loss.rain + loss.snow + loss.dust) * CLOUD_BASE_M
        out = fogged(out, scene, loss.weather, air, column=column, dark=dark, headlamp_light=lamps)
    if "snowfall" in effects and loss.snow > 0.0:
        flakes = _thinned(gunn_marshall(conditions.snowfall_mmph), conditions)
        out = with_snowfall(out, scene, flakes, air, generator(seed, "snowfall"), exposure_s=exposure_s, wind_mps=wind,
                            aperture_m=aperture_m, focus_m=focus_m, headlamp_light=lamps)
    if "rain" in effects and loss.rain > 0.0:
        drops = _thinned(marshall_palmer(conditions.rain_mmph), conditions)
        out = with_rain(out, scene, drops, air, generator(seed, "rain"), exposure_s=exposure_s, wind_mps=wind,
                        aperture_m=aperture_m, focus_m=focus_m, headlamp_light=lamps)
    return out


def _thinned(spectrum: Spectrum, conditions: Conditions) -> Spectrum:
    """As many particles as the visibility leaves room for."""
    return spectrum.scaled_to(conditions.particle_share() * spectrum.extinction_per_m)
