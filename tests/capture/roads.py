"""Roads by hand that fit in the head.

``STRAIGHT`` runs along +x for 400 m: two lanes of 3.5 m, lane −1 drives along +x and lane 1 comes towards it.
"""

from __future__ import annotations

import math
from typing import Any

from simgen.capture.road import CarlaRoad, road_from_xodr
from simgen.scenario.plan import (
    ActorPlan,
    CapturePlan,
    EgoPlan,
    EpisodePlan,
    Placement,
    RoadWish,
    SpawnWish,
    SpeedPoint,
    WeatherPoint,
)

NOON = {
    "cloudiness": 10.0, "precipitation": 0.0, "precipitation_deposits": 0.0, "wind_intensity": 5.0,
    "sun_azimuth_angle": 60.0, "sun_altitude_angle": 45.0, "fog_density": 0.0, "fog_distance": 0.0, "fog_falloff": 0.0,
    "wetness": 0.0, "scattering_intensity": 1.0, "mie_scattering_scale": 0.03, "rayleigh_scattering_scale": 0.0331,
    "dust_storm": 0.0,
}
LINE = "<line/>"
SIDE = (("driving", 3.5), ("shoulder", 1.0))


def _lanes(side: tuple[tuple[str, float], ...], sign: int) -> str:
    ids = range(1, len(side) + 1)
    lanes = [
        f'<lane id="{sign * number}" type="{side[number - 1][0]}" level="false">'
        f'<width sOffset="0" a="{side[number - 1][1]}" b="0" c="0" d="0"/></lane>'
        for number in (reversed(ids) if sign > 0 else ids)
    ]
    return "".join(lanes)


def xodr(
    side: tuple[tuple[str, float], ...] = SIDE, geometry: str = LINE, length_m: float = 400.0,
    elevation: str = '<elevation s="0" a="0" b="0" c="0" d="0"/>', objects: str = "",
) -> str:
    """One road from (0, 0) along +x, ``side`` its lanes on either side from the centre outwards."""
    return f"""<?xml version="1.0"?>
<OpenDRIVE>
  <header revMajor="1" revMinor="4" name="straight" north="0" south="0" east="0" west="0">
    <geoReference><![CDATA[+proj=tmerc +lat_0=49 +lon_0=8]]></geoReference>
  </header>
  <road name="r" length="{length_m}" id="1" junction="-1">
    <type s="0" type="rural"><speed max="22.2" unit="m/s"/></type>
    <planView><geometry s="0" x="0" y="0" hdg="0" length="{length_m}">{geometry}</geometry></planView>
    <elevationProfile>{elevation}</elevationProfile>
    <lanes><laneSection s="0">
      <left>{_lanes(side, 1)}</left>
      <center><lane id="0" type="none" level="false"/></center>
      <right>{_lanes(side, -1)}</right>
    </laneSection></lanes>
    <objects>{objects}</objects>
  </road>
</OpenDRIVE>
"""


STRAIGHT = xodr()


def straight_road() -> CarlaRoad:
    return road_from_xodr("straight", STRAIGHT)


def circle_road(radius_m: float) -> CarlaRoad:
    """A left bend of 400 m, the reference line's radius given; the ego's lane lies 1.75 m outside of it."""
    return road_from_xodr("circle", xodr(geometry=f'<arc curvature="{1 / radius_m!r}"/>'))


def plan(
    speed_mps: float = 10.0, placement: Placement | None = None, frames: int = 21, index: int | None = None,
    route: tuple[str, ...] = (), **wish: Any,
) -> EpisodePlan:
    """Two seconds at 10 Hz after a warm-up of one; a deer beside the road 30 m ahead unless ``placement`` says else."""
    deer = ActorPlan(
        "deer", "animal", None, "roe_deer", (1.1, 0.3, 0.7),
        placement or Placement(30.0, side="right", off_road_m=2.0, heading_rad=math.pi / 2),
    )
    road = RoadWish(**wish) if "kind" in wish else RoadWish(name="by hand", **wish)
    return EpisodePlan(
        scenario="trial", index=0, seed=0, road=road, weather=(WeatherPoint(0.0, NOON),), lights="auto",
        ego=EgoPlan("vehicle.tesla.model3", "kitti", (SpeedPoint(0.0, speed_mps),),
                    SpawnWish(index=index, pick=None if index is not None else 0.5), route=route),
        actors=(deer,), capture=CapturePlan(10.0, frames, 1.0), drawn={},
    )
