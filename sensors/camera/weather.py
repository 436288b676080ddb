"""The weather between a camera and its scene, drawn onto a picture that was rendered without it.

For what a simulator does not draw: CARLA has no snow at all, fog without units and faint rain. Physics is done on
linear light. Effects are drawn from the ground upwards and from far to near: what lies, what hangs in the air, what
falls through it, what clings to the glass, what the lens scatters. No effect moves anything: labels stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensors.axes import angle_from_carla_azimuth_rad
from sensors.camera import headlamps
from sensors.camera.droplets import GLASS_M, WIPER_S, dirt, drops_at, with_dirt, with_drops, with_frost
from sensors.camera.fog import (
    CLOUD_BASE_M,
    DUST_COLOUR,
    FOG_TOP_M,
    airlight,
    fogged,
    greyed,
    lamps_of,
    tinted,
)
from sensors.camera.glare import with_sun_glare, with_veiling_glare
from sensors.camera.overcast import overcast
from sensors.camera.rain import with_rain
from sensors.camera.rays import compass, luminance
from sensors.camera.scene import CameraScene
from sensors.camera.snow_cover import with_snow_cover
from sensors.camera.snowfall import with_snowfall
from sensors.camera.surfaces import kinds
from sensors.camera.wet import wetted
from sensors.chance import generator
from sensors.conditions import Conditions, Extinction
from sensors.precipitation import Spectrum, gunn_marshall, marshall_palmer

EFFECTS = ("overcast", "wet_ground", "snow_cover", "fog", "snowfall", "rain", "drops", "dirt", "frost", "glare")
# Light of a cloudy horizon by day, as cameras expose it; lying snow gives the clouds more of it back.
_CLOUDY = (0.55, 0.80)
_CLOUDY_OVER_SNOW = (0.68, 0.82)
# Below clouds twilight is blue: ozone has taken the rest of the light that comes from high up.
_TWILIGHT, _LOW_SUN_DEG = (0.88, 0.97, 1.12), 6.0
_LAMP_OVER_WHITE = 15.0         # as many times brighter are lamps at night than the white they were cut off at
_FEW_CLOUDS = 0.1               # beside those that are in the picture already do not show


@dataclass(frozen=True, slots=True)
class Glass:
    """What is before a lens and gets wet and dirty: a windscreen, or its own front glass.

    distance_m: from the lens's opening. wiper_s: from wipe to wipe; for glass that nobody wipes, how long it has been
                out. dirt, frost: share of it that is under mud and ice. seed: the same for all pictures of a camera.
    """

    distance_m: float = GLASS_M
    wiper_s: float = WIPER_S
    dirt: float = 0.0
    frost: float = 0.0
    seed: int = 0


def weathered(light: NDArray[np.float32], scene: CameraScene, conditions: Conditions, *, seed: int,
              exposure_s: float = 0.005, aperture_m: float = 1e-3, focus_m: float = math.inf, heading_rad: float = 0.0,
              position_m: tuple[float, float] = (0.0, 0.0), time_s: float = 0.0, glass: Glass | None = None,
              veiling_glare: float = 0.0, effects: Collection[str] = EFFECTS,
              space: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """A picture as it looks in the weather.

    Args:
        light: (H, W, 3) float32, linear; 1 is white. It is not changed.
        seed: of all chance in this frame.
        exposure_s: how long the shutter is open.
        aperture_m: diameter of the lens's opening (focal length / f-number). focus_m: the distance it is sharp at.
        heading_rad, position_m: where the camera looks, counter-clockwise from +x, and stands, on the map: by it wind
            and sun are told, and by it patches of snow and puddles stay in their places.
        time_s: of the picture; drops gather on the glass over time.
        glass: what is before the lens; None: nothing that drops, dirt or frost could be on.
        veiling_glare: share of light that the lens scatters, 0.01 … 0.03; 0: no glare, of the sun neither.
        effects: which of ``EFFECTS`` to draw, if the conditions, the glass and the lens have them.
        space: (H, W, 3) float32 to draw on; None: a new array.

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
    now, loss = conditions, conditions.extinction()
    dark = headlamps.darkness(now.sun_altitude_deg)
    lamps = dark * headlamps.reference_light(light, scene) if dark > 0.0 and loss.weather > 0.0 else 0.0
    lies = now.snow_depth_m > 0.0 or now.road_snow > 0.0
    is_wet = now.wetness > 0.0 or now.water_film_mm > 0.0
    column = loss.fog * FOG_TOP_M + (loss.rain + loss.snow + loss.dust) * CLOUD_BASE_M
    clouds = (1.0 - dark) * (1.0 - math.exp(-column)) * (1.0 - now.cloudiness)
    out = light
    kind = None
    if loss.weather > 0.0 or lies or is_wet:
        air = _air(light, scene, loss, dark, lies, now.sun_altitude_deg)
        kind = kinds(scene)
        # each effect writes over what the one before has made
        space = np.empty_like(light) if space is None else space
        if "overcast" in effects and clouds > _FEW_CLOUDS:
            out = overcast(out, scene, air, clouds, kind, out=space)
        if "wet_ground" in effects and is_wet:
            out = wetted(out, scene, now.wetness, now.water_film_mm, air, dark=dark, heading_rad=heading_rad,
                         position_m=position_m, kind=kind, out=space)
        if "snow_cover" in effects and lies:
            out = with_snow_cover(out, scene, now.snow_depth_m, air, road_snow=now.road_snow, dark=dark,
                                  heading_rad=heading_rad, position_m=position_m, kind=kind, out=space)
        if "fog" in effects:
            out = fogged(out, scene, loss.weather, air, column=column, dark=dark, headlamp_light=lamps, kind=kind,
                         out=space)
        wind = -now.wind_mps * compass(scene, math.radians(now.wind_from_deg), heading_rad)
        if "snowfall" in effects and loss.snow > 0.0:
            flakes = _thinned(gunn_marshall(now.snowfall_mmph), now)
            out = with_snowfall(out, scene, flakes, air, generator(seed, "snowfall"), exposure_s=exposure_s,
                                wind_mps=wind, aperture_m=aperture_m, focus_m=focus_m, headlamp_light=lamps, out=space)
        if "rain" in effects and loss.rain > 0.0:
            drops = _thinned(marshall_palmer(now.rain_mmph), now)
            out = with_rain(out, scene, drops, air, generator(seed, "rain"), exposure_s=exposure_s, wind_mps=wind,
                            aperture_m=aperture_m, focus_m=focus_m, headlamp_light=lamps, out=space)
    if glass is not None:
        out = _through_glass(out, scene, now, glass, aperture_m, time_s, effects)
    if "glare" in effects and veiling_glare > 0.0:
        own = space if out is light else out
        lamp = lamps_of(light, scene, kinds(scene) if kind is None else kind) if dark > 0.0 else None
        out = with_veiling_glare(out, veiling_glare, lamps=1.0 + dark * (_LAMP_OVER_WHITE - 1.0), lamp=lamp, out=own)
        out = _sun(out, scene, now, heading_rad, veiling_glare, column)
    return out


def _air(light: NDArray[np.float32], scene: CameraScene, loss: Extinction, dark: float, snow_lies: bool,
         sun_altitude_deg: float) -> NDArray[np.float32]:
    """(3,) airlight: the picture's sky without its blue, by day as bright as a cloudy horizon is."""
    air = airlight(light, scene)
    dusty = loss.dust / loss.weather if loss.weather > 0.0 else 0.0
    low_sun = min(max((_LOW_SUN_DEG - sun_altitude_deg) / _LOW_SUN_DEG, 0.0), 1.0)
    air = tinted(greyed(air, 0.7 * (1.0 - dusty)), _TWILIGHT, 0.5 * low_sun * (1.0 - dusty))
    air = tinted(air, DUST_COLOUR, dusty)
    least, most = _CLOUDY_OVER_SNOW if snow_lies or loss.snow > 0.0 else _CLOUDY
    grey = max(float(luminance(air)), 1e-4)
    wanted = min(max(grey, least), most)
    return np.asarray(air * ((1.0 - dark) * wanted / grey + dark), dtype=np.float32)


def _through_glass(light: NDArray[np.float32], scene: CameraScene, now: Conditions, glass: Glass, aperture_m: float,
                   time_s: float, effects: Collection[str]) -> NDArray[np.float32]:
    camera = scene.intrinsics
    out = light
    if "dirt" in effects and glass.dirt > 0.0:
        spots = dirt(camera, glass.dirt, glass.seed, glass_m=glass.distance_m)
        out = with_dirt(out, spots, camera, aperture_m=aperture_m, glass_m=glass.distance_m)
    if "drops" in effects and now.rain_mmph > 0.0:
        speed = float(np.linalg.norm(scene.velocity_mps))
        spots = drops_at(_thinned(marshall_palmer(now.rain_mmph), now), camera, speed_mps=speed, time_s=time_s,
                         seed=glass.seed, glass_m=glass.distance_m, wiper_s=glass.wiper_s)
        out = with_drops(out, spots, camera, aperture_m=aperture_m, glass_m=glass.distance_m)
    return with_frost(out, glass.frost, glass.seed) if "frost" in effects else out


def _sun(light: NDArray[np.float32], scene: CameraScene, now: Conditions, heading_rad: float, share: float,
         column: float) -> NDArray[np.float32]:
    altitude = math.radians(now.sun_altitude_deg)
    if altitude <= 0.0:
        return light
    level = compass(scene, angle_from_carla_azimuth_rad(now.sun_azimuth_deg), heading_rad)
    sun = math.cos(altitude) * level + math.sin(altitude) * np.asarray(scene.up)
    # clear air takes more of a low sun, and of its blue; Kasten and Young's air mass, near enough from 1° on
    mass = 1.0 / (math.sin(altitude) + 0.025)
    strength = math.exp(-0.12 * (mass - 1.0) - column / math.sin(altitude)) * (1.0 - now.cloudiness) ** 2
    colour = (math.exp(0.02 * (mass - 1.0)), 1.0, math.exp(-0.035 * (mass - 1.0)))
    return with_sun_glare(light, scene, sun, strength=strength, share=share, colour=colour, out=light)


def _thinned(spectrum: Spectrum, conditions: Conditions) -> Spectrum:
    """As many particles as the visibility leaves room for."""
    return spectrum.scaled_to(conditions.particle_share() * spectrum.extinction_per_m)
