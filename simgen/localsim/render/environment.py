"""From weather to light: the numbers of ``Environment``, worked out once for each weather."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.physical_weather import NOTHING, PhysicalWeather
from simgen.localsim.render.air import CARLA_DUST_PER_M, air_of, carla_extinction, in_snowlight, precipitation_of_rain
from simgen.localsim.render.clouds import cloud_map
from simgen.localsim.render.device import Device
from simgen.localsim.render.kernels import atmosphere, clouds, sky
from simgen.localsim.render.kernels.noise import TEXTURE_SIZE
from simgen.localsim.render.kernels.surface import Conditions
from simgen.localsim.render.noise_texture import noise_texture
from simgen.localsim.render.sign_faces import material_texture
from simgen.localsim.render.warp_runtime import wp
from simgen.localsim.render.weather import STRONGEST_WIND_MPS, WIND_DIRECTION, Weather

_RAYLEIGH_PER_KM = np.array([5.8e-3, 13.5e-3, 33.1e-3])     # sea level, at 680, 550 and 440 nm
_MIE_PER_KM = 21e-3 * 1.2                                   # a little more than clean air
_OZONE_PER_KM = np.array([0.65e-3, 1.88e-3, 0.085e-3])
_CARLA_RAYLEIGH, _CARLA_MIE = 0.0331, 0.03                  # CARLA's scales for ordinary air
# What the table of single scattering lacks round sunset: blue, a hundredth of a noon sky at the zenith.
_TWILIGHT = np.array([0.008, 0.021, 0.034])
_OFTEN_SCATTERED = np.array([0.90, 1.0, 1.22], dtype=np.float32)
_GROUND_ALBEDO = 0.30
_SNOW_ALBEDO = 0.75
_DUST_COLOUR = np.array([1.0, 0.72, 0.42])
_DARKEST_SUN_DEG = -12.0        # below, the sun adds nothing to the sky (nautical twilight)
_MOONLIGHT = 0.020 * np.array([0.80, 0.92, 1.12])
_MOON_DISC = 0.11
_MOON_ALTITUDE_DEG = (16.0, 50.0)       # it stands about where a full moon would, but not lower or higher
_MOON_ASIDE_DEG = 28.0                  # from the sun's opposite, so it is not quite full
_CLOUD_WIND = 1.6                       # so much faster than near the ground


@dataclass(frozen=True, eq=False, slots=True)
class Light:
    """The light of one weather.

    data, conditions:  what kernels read; time and seed are set for each picture.
    exposure: what a camera as it comes multiplies light by. It follows from the weather alone, so that nothing that
              passes by makes pictures pump.
    against_sun: how many stops less when it looks into the sun.
    by_sun:   how much of the light comes from the sun itself.
    bloom:    share of light spread by the lens.
    shutter_s:  how long the film is exposed; only flakes are fast enough to show it.
    falling:  what falls besides rain.
    wind_mps: near the ground.
    """

    data: Any
    conditions: Any
    exposure: float
    against_sun: float
    by_sun: float
    bloom: float
    shutter_s: float
    falling: PhysicalWeather
    wind_mps: float

    def exposure_towards(self, forward: NDArray[np.float64], sun_share: float) -> float:
        """What a camera as it comes multiplies light by when it looks along ``forward`` (3,): less against a low sun,
        and more where clouds leave it only a share of the sun."""
        facing = max(float(forward @ np.array(self.data.sun_direction, dtype=np.float64)), 0.0)
        lit = 1.0 - self.by_sun * (1.0 - sun_share)
        return self.exposure * math.pow(2.0, -self.against_sun * facing * facing) / math.sqrt(lit)

    def place_clouds(self, x_m: float, y_m: float) -> None:
        """Set from where clouds are seen, and how far the wind has carried them by ``conditions.time_s``."""
        env = self.data
        way = _CLOUD_WIND * self.wind_mps * self.conditions.time_s
        env.clouds.eye = wp.vec2(x_m, y_m)
        env.clouds.drift = wp.vec2(WIND_DIRECTION[0] * way, WIND_DIRECTION[1] * way)
        # the map of shadows lies on one grid of the world, wherever the eye is in a cell
        cell, half = float(sky.SHADE_CELL_M), int(sky.SHADE_CELLS) // 2
        env.shade_corner = wp.vec2(*(cell * (math.floor(at / cell) - half) for at in (x_m, y_m)))


def _ramp(low: float, high: float, x: float) -> float:
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def _level_above(share: float) -> float:
    """The value that this share of the noise texture lies above."""
    finest = noise_texture()[: int(TEXTURE_SIZE) ** 2, 0]
    return float(np.quantile(finest, 1.0 - share)) if share > 0.0 else 2.0


@lru_cache(maxsize=4)
def _texture(device: Device) -> Any:
    """Noise and sign faces on a device: the same for all weathers."""
    return device.upload(material_texture(), wp.vec2)


def _vec(values: NDArray[np.float64]) -> Any:
    return wp.vec3(*(float(x) for x in values))


def _sunlight(altitude_deg: float, rayleigh: NDArray[np.float64], mie: float) -> NDArray[np.float64]:
    """Irradiance of the sun after the air: Beer-Lambert with Kasten and Young's (1989) air mass."""
    altitude = max(altitude_deg, -0.5)
    mass = 1.0 / (math.sin(math.radians(max(altitude, 0.2))) + 0.50572 * (altitude + 6.07995) ** -1.6364)
    depth = rayleigh * 7.994 + mie * 1.1 * 1.2 + _OZONE_PER_KM * 15.0
    risen = _ramp(-0.8, 0.8, altitude_deg)
    return np.asarray(float(atmosphere.SUN_POWER) * np.exp(-depth * mass) * risen)


def _calm(dome: NDArray[np.float32], altitude_deg: float) -> None:
    """Cap the dome's brightest parts (a low sun's aureole) and give their light to the rest, in place.

    One ray a pixel would turn them into blotches. The sky stays as bright in all, but not as yellow: the table knows
    light that was scattered once, while most of what a low sun's sky sheds on the ground was scattered often and is
    blue. That is why shadows are, at that hour.
    """
    weights = np.array([0.25, 0.65, 0.10], dtype=np.float32)
    luminance = dome @ weights
    before = float(luminance.mean(dtype=np.float64)) + 1e-9
    cap = 2.5 * before
    dome *= np.minimum(1.0, cap / np.maximum(luminance, 1e-9))[..., None].astype(np.float32)
    blue = (dome @ weights)[..., None] * _OFTEN_SCATTERED
    dome += (blue - dome) * np.float32(0.75 * _ramp(28.0, 4.0, altitude_deg))
    dome *= np.float32(before / (float((dome @ weights).mean(dtype=np.float64)) + 1e-9))


def _moon_direction(sun: NDArray[np.float64], sun_azimuth_deg: float) -> NDArray[np.float64]:
    """(3,) to the moon: nearly opposite to the sun, but at a height where one sees it."""
    low, high = _MOON_ALTITUDE_DEG
    altitude = math.radians(min(max(math.degrees(math.asin(-sun[2])), low), high))
    azimuth = math.radians(180.0 + _MOON_ASIDE_DEG - sun_azimuth_deg)
    return np.array([math.cos(altitude) * math.cos(azimuth), math.cos(altitude) * math.sin(azimuth),
                     math.sin(altitude)])


def _clouds(device: Device, cloudiness: float, light_direction: NDArray[np.float64]) -> Any:
    """Broken clouds that cover a share of the sky: heaps in fair weather, flatter and closer as they grow together."""
    data = clouds.Clouds()
    data.cover = min(cloudiness, 0.97)
    data.map = device.upload(cloud_map(data.cover, light_direction), wp.vec2)
    data.heap_m = 620.0 - 380.0 * _ramp(0.3, 0.8, cloudiness)
    data.veil = _ramp(0.02, 0.25, cloudiness) * (1.0 - _ramp(0.6, 0.9, cloudiness))
    data.drift, data.eye = wp.vec2(0.0, 0.0), wp.vec2(0.0, 0.0)
    return data


def light_of(device: Device, weather: Weather, physical: PhysicalWeather = NOTHING) -> Light:
    """Work out sun, sky, fog, wetness and snow of a weather, for kernels of a device."""
    if physical.rain_mmh is not None:
        weather = replace(weather, precipitation=precipitation_of_rain(physical.rain_mmh))
    altitude = weather.sun_altitude_angle
    night = _ramp(-1.0, -10.0, altitude)
    cloud, rain = weather.cloudiness / 100.0, weather.precipitation / 100.0
    dust = weather.dust_storm / 100.0
    overcast = max(_ramp(0.62, 0.97, cloud), 0.8 * _ramp(0.2, 1.0, rain), 0.9 * _ramp(0.0, 2.0, physical.snowfall_mmh))
    murk = 1.0 if physical.visibility_m is not None else _ramp(0.0, 0.5, physical.snowfall_mmh)
    cover = _ramp(0.0, 0.04, physical.snow_depth_m)
    rayleigh = _RAYLEIGH_PER_KM * (weather.rayleigh_scattering_scale / _CARLA_RAYLEIGH)
    mie = _MIE_PER_KM * (weather.mie_scattering_scale / _CARLA_MIE)

    data = sky.Environment()
    data.texture = _texture(device)
    data.sun_direction = _vec(weather.sun_direction)
    clear = device.zeros((int(atmosphere.ROWS), int(atmosphere.COLUMNS)), wp.vec3)
    if altitude > _DARKEST_SUN_DEG:
        device.start(atmosphere.fill_atmosphere, clear.shape, [
            float(weather.sun_direction[2]), _vec(rayleigh), float(mie), _vec(_OZONE_PER_KM), clear])
    data.clear = clear
    data.twilight = _vec(_TWILIGHT * math.exp(-abs(altitude) / 3.0) if altitude > _DARKEST_SUN_DEG else np.zeros(3))
    table = device.download(clear)
    above = _sunlight(altitude, rayleigh, mie)
    moon = _moon_direction(weather.sun_direction, weather.sun_azimuth_angle)
    moonlit = _ramp(-4.0, -10.0, altitude) * 0.5 * (1.0 - float(moon @ weather.sun_direction))
    sun = (above + _MOONLIGHT * moonlit) * (1.0 - overcast) ** 2 * (1.0 - 0.9 * dust)
    data.light_direction = _vec(weather.sun_direction if moonlit == 0.0 else moon)
    data.moon_direction, data.moon = _vec(moon), _MOON_DISC * _ramp(1.0, -6.0, altitude)
    zenith = table[-3, 0, 1] * np.ones(3)
    horizon = table[int(atmosphere.ROWS) // 2].mean(axis=0)
    # What a closed cloud layer lets through of sun and sky, spread evenly; never less than the twilight above it.
    through = (0.30 * above.mean() * max(float(weather.sun_direction[2]), 0.0) / math.pi
               + 0.25 * zenith + 0.55 * horizon.mean())
    data.overcast_sky = _vec(in_snowlight(through * np.array([0.97, 1.0, 1.05]), altitude, murk))
    data.cloud_light = _vec((above + _MOONLIGHT * moonlit) * (1.0 - 0.9 * overcast))
    data.overcast, data.night, data.storm = overcast, night, _ramp(0.3, 0.9, rain)
    data.clouds = _clouds(device, cloud, np.array(data.light_direction, dtype=np.float64))
    data.shade = device.zeros((int(sky.SHADE_CELLS),) * 2, float)
    data.shade_corner = wp.vec2(0.0, 0.0)
    rows = ((np.arange(int(atmosphere.ROWS)) + 0.5) / int(atmosphere.ROWS)) ** 2
    weights = rows * np.gradient(rows)
    data.ambient = _vec((table.mean(axis=1) * weights[:, None]).sum(axis=0) / weights.sum() * (1 - overcast)
                        + through * overcast)
    filled = device.zeros((int(sky.DOME), int(sky.DOME)), wp.vec3)
    device.start(sky.fill_dome, filled.shape, [data, filled])
    dome = device.download(filled)
    _calm(dome, altitude)
    data.dome = device.upload(dome, wp.vec3)
    ambient = dome.mean(axis=(0, 1), dtype=np.float64)
    data.ambient = _vec(ambient)
    ground = _GROUND_ALBEDO + (_SNOW_ALBEDO - _GROUND_ALBEDO) * cover
    bounce = ground * (ambient + sun * max(float(data.light_direction[2]), 0.0) / math.pi * 0.6)
    data.bounce = _vec(bounce)
    data.sun_light = _vec(sun)

    air = air_of(weather, physical)
    density = air.extinction_per_m
    edge = np.concatenate([dome[0], dome[-1], dome[:, 0], dome[:, -1]])
    colour = 0.45 * edge.mean(axis=0, dtype=np.float64) + 0.55 * ambient
    # thick fog scatters light many times: it goes grey
    colour += (float(colour.mean()) - colour) * 0.8 * _ramp(0.0, 0.008, density)
    colour = in_snowlight(colour, altitude, murk)
    # the air takes its colour from what dims it most
    dusty = CARLA_DUST_PER_M * dust / (CARLA_DUST_PER_M * dust + carla_extinction(replace(weather, dust_storm=0.0)))
    data.fog_colour = _vec(colour + (_DUST_COLOUR * float(colour.mean()) - colour) * dusty)
    data.fog_density, data.fog_start = density, air.start_m
    data.fog_falloff, data.fog_top = air.falloff_per_m, air.top_m
    data.fog_glow = (0.5 + 1.2 * min(1.0, 80.0 * density)) * (1 - overcast) * (1 - night) * weather.scattering_intensity
    data.air_glow = 0.00012 + 0.05 * density + 0.0007 * rain
    # air that one does not notice by day shows no beam at night
    data.beam_glow = 0.6 * density * _ramp(0.0006, 0.003, density)
    data.halo_reach = 2.0 + 5.0 * _ramp(0.0002, 0.0012, data.air_glow)
    data.rain, data.wind = rain, weather.wind_intensity / 100.0
    data.seed = 0
    evening = _ramp(3.0, -9.0, altitude)        # dusk shall look like dusk
    reflected = bounce * 0.5 + 0.18 * (ambient + sun / math.pi * 0.5)
    exposure = _automatic(reflected, overcast, rain, evening, min(1.0, 60.0 * density), cover)
    direct = float(sun.mean()) / math.pi
    conditions = _conditions(weather, physical, ambient, night, overcast)
    conditions.texture = data.texture
    return Light(data=data, conditions=conditions, exposure=exposure,
                 against_sun=1.2 * _ramp(35.0, 10.0, altitude) * (1.0 - overcast) * (1.0 - night),
                 by_sun=0.7 * direct / (direct + float(ambient.mean()) + 1e-9), bloom=0.06 + 0.10 * night,
                 shutter_s=0.0015 + 0.0045 * evening, falling=physical,
                 wind_mps=STRONGEST_WIND_MPS * weather.wind_intensity / 100.0)


def _automatic(reflected: NDArray[np.float64], overcast: float, rain: float, evening: float, murk: float,
               cover: float) -> float:
    """The exposure of a weather. ``reflected``: what a mid-grey surface typically sends back; ``evening``: dusk shall
    look like dusk; ``murk``: of thick air, which is bright itself; ``cover``: of snow."""
    usual = (float(reflected.mean()) + 0.004) * (0.38 + 0.48 * max(murk, cover))
    day = 0.25 - 0.06 * overcast - 0.06 * rain
    key = day + (0.052 - day) * evening + (0.09 * murk + 0.12 * cover) * (1.0 - evening)
    # snow sends ten times as much of the car's own beams back as asphalt does: no auto-exposure would let it burn out
    return key / usual * (1.0 - 0.6 * cover * evening)


def _conditions(weather: Weather, physical: PhysicalWeather, ambient: NDArray[np.float64], night: float,
                overcast: float) -> Any:
    """What the weather does to surfaces. Rain wets everything, even where a client left ``wetness`` at 0."""
    rain, deposits = weather.precipitation / 100.0, weather.precipitation_deposits / 100.0
    conditions = Conditions()
    conditions.room_light = _vec(0.16 * ambient)
    conditions.night, conditions.rain, conditions.puddles = night, rain, deposits
    conditions.wetness = max(weather.wetness / 100.0, min(1.0, 1.6 * rain), 0.5 * deposits)
    conditions.windows_lit = 0.34 * _ramp(-6.0, 4.0, -weather.sun_altitude_angle) + 0.06 * overcast
    conditions.lamps_lit = 1.0 if weather.street_lamps_on else 0.0
    conditions.time_s = 0.0
    conditions.snow_depth, conditions.snowing = physical.snow_depth_m, physical.snowfall_mmh
    conditions.windward = _vec(-np.array(WIND_DIRECTION))
    conditions.ice, conditions.ice_level = physical.ice, _level_above(physical.ice)
    return conditions
