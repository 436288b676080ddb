"""A place and a renderer small enough to check in one's head: flat ground at z = 0, one straight road, and a renderer
that sees the ground and nothing else. For tests of the server that are not about pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from simgen.localsim.places.opendrive import read_network
from simgen.localsim.places.roadway import stretches
from simgen.localsim.places.signals import signal_posts

STRAIGHT_ROAD = """<?xml version="1.0" encoding="UTF-8"?>
<OpenDRIVE>
  <header revMajor="1" revMinor="4" name="Straight" version="1" date="" north="10" south="-10" east="400" west="-100">
    <geoReference><![CDATA[+proj=tmerc +lat_0=49 +lon_0=8 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m]]></geoReference>
  </header>
  <road name="main" length="500" id="1" junction="-1">
    <type s="0" type="town"><speed max="50" unit="km/h"/></type>
    <planView><geometry s="0" x="-100" y="0" hdg="0" length="500"><line/></geometry></planView>
    <elevationProfile><elevation s="0" a="0" b="0" c="0" d="0"/></elevationProfile>
    <lanes>
      <laneOffset s="0" a="0" b="0" c="0" d="0"/>
      <laneSection s="0">
        <left>
          <lane id="1" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/>
            <roadMark sOffset="0" type="solid" color="standard" width="0.12" laneChange="none"/></lane>
        </left>
        <center><lane id="0" type="none" level="false">
          <roadMark sOffset="0" type="broken" weight="standard" color="standard" width="0.12" laneChange="both"/></lane>
        </center>
        <right>
          <lane id="-1" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/>
            <roadMark sOffset="0" type="solid" color="standard" width="0.12" laneChange="none"/></lane>
        </right>
      </laneSection>
    </lanes>
  </road>
</OpenDRIVE>
"""


# A light that holds the right lane's traffic at x = 100 (s = 200), and a limit behind it.
_SIGNALS = """<signals>
    <signal id="7" name="light" type="1000001" subtype="-1" dynamic="yes" s="200" t="-4.2" orientation="+" zOffset="0"
            hOffset="0" value="-1"><validity fromLane="-1" toLane="-1"/></signal>
    <signal id="8" name="limit" type="274" subtype="-1" dynamic="no" s="240" t="-4.2" orientation="+" zOffset="0"
            hOffset="0" value="30"><validity fromLane="-1" toLane="-1"/></signal>
  </signals></road>
  <controller id="1" name="only"><control signalId="7" type="0"/></controller>"""
SIGNALLED_ROAD = STRAIGHT_ROAD.replace("</road>", _SIGNALS)


class FlatGround:
    def height(self, xy: np.ndarray, below_m: float = 0.0) -> np.ndarray:
        return np.zeros(len(xy))

    def surface(self, xy: np.ndarray, below_m: float = 0.0) -> np.ndarray:
        """No road anywhere: posts stand where they are put."""
        return np.full(len(xy), -1)


def signalled_place(name: str) -> SimpleNamespace:
    """The straight road with a traffic light and a speed limit sign."""
    network, place = read_network(SIGNALLED_ROAD, name), straight_place(name)
    place.opendrive = SIGNALLED_ROAD
    place.signals, _ = signal_posts(network, stretches(network), place.ground)
    return place


def straight_place(name: str = "Straight") -> SimpleNamespace:
    """The straight road along +x, with two spawn points (right-handed: the right lane has y < 0)."""
    points = tuple(SimpleNamespace(x_m=x, y_m=-1.75, z_m=0.3, yaw_rad=0.0) for x in (0.0, 30.0))
    return SimpleNamespace(name=name, opendrive=STRAIGHT_ROAD, spawn_points=points, ground=FlatGround(), parking=(),
                           signals=())


@dataclass
class FlatRenderer:
    """Sees the plane z = 0 (tag 1) with every ray, and nothing else; remembers what it was shown."""

    meshes: dict[str, Any] = field(default_factory=dict)
    instances: Sequence[Any] = ()
    lights: Sequence[Any] = ()
    seeds: list[int] = field(default_factory=list)
    pictures: int = 0

    def has_mesh(self, key: str) -> bool:
        return key in self.meshes

    def add_mesh(self, key: str, mesh: Any) -> None:
        self.meshes[key] = mesh

    def set_weather(self, weather: Any, physical: Any) -> None:
        self.weather, self.physical = weather, physical

    def set_scene(self, instances: Sequence[Any], lights: Sequence[Any], time_s: float, seed: int) -> None:
        self.instances, self.lights = instances, lights
        self.seeds.append(seed)

    def camera(
        self, world_from_camera: np.ndarray, width: int, height: int, fov_rad: float, rgb: bool,
        velocity_mps: np.ndarray, film: Any,
    ) -> Any:
        self.pictures += 1
        colour = np.zeros((height, width, 3), np.uint8)
        colour[..., 0], colour[..., 2] = 200, 10          # reddish, so that a swap of channels shows
        return SimpleNamespace(
            rgb=colour if rgb else None, depth_m=np.full((height, width), 25.0, np.float32),
            tag=np.full((height, width), 7, np.uint8), actor_id=np.full((height, width), 0x1234, np.uint32),
            instance=np.full((height, width), 3, np.int32),
        )

    def silhouettes(
        self, world_from_camera: np.ndarray, width: int, height: int, fov_rad: float, window: Any, carrier: int,
    ) -> list[Any]:
        """Two made-up objects; the first one's edges are the window that was asked for, the second is the carrier."""
        return [
            SimpleNamespace(id=0xFEDCBA98, is_level=False, is_cut=True, visible_px=255, inside_px=0x01FF02FF,
                            outside_px=1.5, edges_px=tuple(float(edge) for edge in window)),
            SimpleNamespace(id=carrier, is_level=True, is_cut=False, visible_px=width, inside_px=height,
                            outside_px=0.0, edges_px=(-0.5, 0.0, 1e6, 2.0)),
        ]

    def normals(self, world_from_camera: np.ndarray, width: int, height: int, fov_rad: float) -> np.ndarray:
        """All that it sees faces a little left and mostly up, but the first pixel: that is sky."""
        seen = np.tile(np.array([0.0, 0.6, 0.8], np.float32), (height, width, 1))
        seen[0, 0] = 0.0
        return seen

    def flow(
        self, world_from_camera: np.ndarray, width: int, height: int, fov_rad: float,
        earlier_world_from_camera: np.ndarray, earlier_world_from_mesh: np.ndarray,
    ) -> np.ndarray:
        """Everywhere what the camera has moved along x and y, a pixel a metre; remembers what it was told."""
        self.earlier_poses = earlier_world_from_mesh
        moved = (world_from_camera - earlier_world_from_camera)[:2, 3].astype(np.float32)
        return np.tile(moved, (height, width, 1))

    def sweep(self, world_from_lidar: np.ndarray, directions: np.ndarray, range_m: float) -> Any:
        world = directions @ world_from_lidar[:3, :3].T
        with np.errstate(divide="ignore"):
            reach = np.where(world[:, 2] < 0, -world_from_lidar[2, 3] / world[:, 2], np.inf)
        reach = np.where((reach > 0) & (reach <= range_m), reach, np.inf).astype(np.float32)
        met = np.isfinite(reach)
        return SimpleNamespace(
            range_m=reach, cos_incidence=np.where(met, -world[:, 2], 0).astype(np.float32),
            actor_id=np.zeros(len(reach), np.uint32), tag=met.astype(np.uint8),
        )


class NoBodies:
    """Bodies without shape."""

    def body_mesh(self, blueprint: str, size_lwh_m: tuple[float, float, float], phase: int) -> str:
        return f"mesh of {blueprint} in phase {phase}"

    def axles(self, blueprint: str, size_lwh_m: tuple[float, float, float]) -> tuple[()]:
        return ()

    def gait_phase(self, blueprint: str, travelled_m: float, speed_mps: float) -> int:
        return 0 if speed_mps == 0 else 1 + int(travelled_m / 0.2) % 8

    def occupants(self, blueprint: str, size_lwh_m: tuple[float, float, float], look: str) -> tuple[()]:
        return ()

    def tints(self, blueprint: str, color: str | None, key: str) -> np.ndarray:
        return np.zeros((3, 3), np.float32)

    def lamps(self, blueprint: str, size: tuple[float, float, float]) -> SimpleNamespace:
        length, width, _ = size
        sides = np.array([[0.0, width / 3, 0.6], [0.0, -width / 3, 0.6]])
        ahead = np.array([length / 2, 0.0, 0.0])
        left, right = sides[:1], sides[1:]
        return SimpleNamespace(
            head=sides + ahead, tail=sides - ahead, fog=sides + ahead, reverse=sides - ahead,
            left=np.concatenate([left + ahead, left - ahead]), right=np.concatenate([right + ahead, right - ahead]),
            beacons=sides)
