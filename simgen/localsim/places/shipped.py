"""The places that come with the simulator. The town and the level country road are laid out with roadgen here, the
hilly road and the motorway as closed courses in modules of their own."""

from __future__ import annotations

import math
from itertools import pairwise

import roadgen

from simgen.localsim.places import highway as motorway_course
from simgen.localsim.places import hills as hill_course

ORIGIN = (49.0094, 8.4122, 0.0)     # where (0, 0) lies on Earth: latitude, longitude, altitude

# The town's streets lie on these lines; the outer four form a ring with rounded corners.
WEST, MID_WEST, MID_EAST, EAST = -172.0, -58.0, 66.0, 172.0
SOUTH, MIDDLE, NORTH = -104.0, 0.0, 104.0
MOUTH_M = 15.0                      # from a junction's centre to the end of an arm
CORNER_RADIUS_M = 22.0
CROSSWALK_SETBACK_M = 3.2           # middle of a crosswalk from the arm's end
CROSSWALK_WIDTH_M = 3.6
STOP_SETBACK_M = 6.2

Point = tuple[float, float]


def town() -> str:
    """OpenDRIVE text of SimgenTown01: a ring street round six blocks, with two junctions inside and six on the ring."""
    return _Town().opendrive()


def rural() -> str:
    """OpenDRIVE text of SimgenRural01: a closed loop of 2.5 km with two level straights of 430 m.

    The loop is one half laid twice: any run of bends that turns by 180° in all meets its own copy, turned by 180°. Each
    half is two roads, because CARLA's client (0.9.16) cannot go on where a road's predecessor is also its successor.
    """
    network = roadgen.Map("SimgenRural01", origin=ORIGIN)
    way = roadgen.Alignment(start=(0.0, 0.0, 0.0), heading=0.0)
    roads = []

    def finish(name: str) -> None:
        nonlocal way
        roads.append(
            network.add_road(_country_lanes(), alignment=way, name=name, type_="rural", speed_limit_kph=100.0)
        )
        way = roadgen.Alignment(start=tuple(way.point), heading=way.heading)

    for straight, bends in (("Birch Road", "Deer Bends"), ("Meadow Road", "Mill Bends")):
        way.line(430.0)
        _bend(way, 70.0, 110.0, rise=2.0)
        way.line(40.0, rise=0.6)
        finish(straight)
        _bend(way, -45.0, 150.0, rise=1.4)
        way.line(50.0)
        _bend(way, 80.0, 100.0, rise=-2.0)
        _bend(way, 75.0, 110.0, rise=-2.0)
        finish(bends)
    for road, following in zip(roads, roads[1:] + roads[:1], strict=True):
        network.connect(road, following)
    return str(network.to_opendrive_xml())


def hilly() -> str:
    """OpenDRIVE text of SimgenRural02: a narrow road over sharp crests, through woods, beneath a railway."""
    return hill_course.hilly_road(ORIGIN[:2])


def highway() -> str:
    """OpenDRIVE text of SimgenHighway01: a motorway of two times three lanes that passes beneath a planted bridge."""
    return motorway_course.highway(ORIGIN[:2])


def _bend(way: roadgen.Alignment, turn_deg: float, radius_m: float, rise: float) -> None:
    """A bend with transition spirals of 45 m; positive turns left."""
    spiral = 45.0
    turn = math.radians(abs(turn_deg))
    curvature = math.copysign(1.0 / radius_m, turn_deg)
    # Each spiral turns by half of what the arc would over the same length.
    way.spiral(spiral, curvature, rise=rise * 0.25)
    way.arc(turn * radius_m - spiral, curvature, rise=rise * 0.5)
    way.spiral(spiral, 0.0, rise=rise * 0.25)


def _country_lanes() -> list[roadgen.Lane]:
    return _both_ways(("driving", 3.25, "dashed", "solid"), ("shoulder", 0.6, "solid", "none"))


def _street_lanes(parking: bool) -> list[roadgen.Lane]:
    pavement = ("sidewalk", 3.0, "none", "none")
    if parking:
        return _both_ways(("driving", 3.5, "dashed", "solid"), ("parking", 2.2, "solid", "none"), pavement)
    return _both_ways(("driving", 3.5, "dashed", "none"), pavement)


def _both_ways(*half: tuple[str, float, str, str]) -> list[roadgen.Lane]:
    """Lanes of both directions from rows (type, width, inner marking, outer marking), the centre first."""
    lanes = []
    for direction in ("forward", "backward"):
        for kind, width, inner, outer in half:
            # roadgen's left and right are those of the reference line, whichever way a lane runs.
            left, right = (inner, outer) if direction == "forward" else (outer, inner)
            height = (0.13, 0.15) if kind == "sidewalk" else None
            lanes.append(
                roadgen.Lane(width, direction, kind, left_marking=left, right_marking=right, height=height)
            )
    return lanes


class _Town:
    """Lays the streets between junctions, then ties their ends together."""

    def __init__(self) -> None:
        self.network = roadgen.Map("SimgenTown01", origin=ORIGIN)
        self.arms: dict[Point, list[tuple[roadgen.Road, str]]] = {}
        self.names: list[str] = []

    def opendrive(self) -> str:
        for y, name in ((SOUTH, "South Street"), (MIDDLE, "High Street"), (NORTH, "North Street")):
            stops = (WEST, MID_WEST, MID_EAST, EAST) if y == MIDDLE else (MID_WEST, MID_EAST)
            for a, b in pairwise(stops):
                self._street(name, (a, y), (b, y), parking=True)
        for x, name in ((MID_WEST, "Mill Lane"), (MID_EAST, "Church Lane")):
            for a, b in ((SOUTH, MIDDLE), (MIDDLE, NORTH)):
                self._street(name, (x, a), (x, b), parking=True)
        for x, inner, name in ((WEST, MID_WEST, "West Ring"), (EAST, MID_EAST, "East Ring")):
            for y in (SOUTH, NORTH):
                self._corner(name, (x, MIDDLE), (x, y), (inner, y))
        for centre, arms in sorted(self.arms.items()):
            junction = self.network.add_junction(f"{centre[0]:g},{centre[1]:g}")
            for k, (road, end) in enumerate(arms):
                for other, other_end in arms[k + 1 :]:
                    self.network.connect(road, other, junction=junction, ends=(end, other_end))
        return str(self.network.to_opendrive_xml())

    def _street(self, name: str, a: Point, b: Point, parking: bool) -> None:
        length = math.dist(a, b)
        ux, uy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
        way = roadgen.Alignment(start=(a[0] + ux * MOUTH_M, a[1] + uy * MOUTH_M, 0.0), heading=math.atan2(uy, ux))
        way.line(length - 2.0 * MOUTH_M)
        self._add(name, way, a, b, length - 2.0 * MOUTH_M, parking)

    def _corner(self, name: str, a: Point, corner: Point, b: Point) -> None:
        """A street from junction ``a`` round a corner to junction ``b``."""
        first, second = math.dist(a, corner), math.dist(corner, b)
        heading = math.atan2(corner[1] - a[1], corner[0] - a[0])
        onward = math.atan2(b[1] - corner[1], b[0] - corner[0])
        turn = math.remainder(onward - heading, 2.0 * math.pi)
        start = (a[0] + MOUTH_M * math.cos(heading), a[1] + MOUTH_M * math.sin(heading), 0.0)
        way = roadgen.Alignment(start=start, heading=heading)
        lengths = (
            first - MOUTH_M - CORNER_RADIUS_M, abs(turn) * CORNER_RADIUS_M, second - MOUTH_M - CORNER_RADIUS_M
        )
        way.line(lengths[0])
        way.arc(lengths[1], math.copysign(1.0 / CORNER_RADIUS_M, turn))
        way.line(lengths[2])
        self._add(name, way, a, b, sum(lengths), parking=False)

    def _add(
        self, name: str, way: roadgen.Alignment, a: Point, b: Point, length: float, parking: bool
    ) -> None:
        lanes = _street_lanes(parking)
        name = f"{name} {1 + sum(name in x for x in self.names)}"       # roadgen wants each name once
        self.names.append(name)
        road = self.network.add_road(lanes, alignment=way, name=name, type_="town", speed_limit_kph=50.0)
        self.arms.setdefault(a, []).append((road, "start"))
        self.arms.setdefault(b, []).append((road, "end"))
        for fraction in (CROSSWALK_SETBACK_M / length, 1.0 - CROSSWALK_SETBACK_M / length):
            self.network.add_crosswalk(road, fraction, CROSSWALK_WIDTH_M)
        for index, lane in enumerate(lanes):
            if lane.type_ == "driving":
                end = "end" if lane.direction == "forward" else "start"
                self.network.add_stop_line(road.lane(index), end, STOP_SETBACK_M)
