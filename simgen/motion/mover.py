"""The planned state of one body while the play runs: where it is at the end of every tick, exactly."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from simgen.motion.bodies import Body
from simgen.motion.doors import Door
from simgen.motion.lines import Line
from simgen.motion.road import Place
from simgen.motion.speeds import Gait

COMFORTABLE_MPS2 = 3.0
LANE_END_M = 1.0            # left free before the end of a lane; more than a tick's delay in braking costs


@dataclass(slots=True)
class Trail:
    """Where something has been: places and distances gone at ascending times."""

    times_s: list[float] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    gone_m: list[float] = field(default_factory=list)

    def add(self, time_s: float, place: Place, gone_m: float) -> None:
        if self.times_s and time_s <= self.times_s[-1] + 1e-9:
            return
        self.times_s.append(time_s)
        self.places.append(place)
        self.gone_m.append(gone_m)

    def at(self, time_s: float) -> tuple[Place, float]:
        """Place and distance gone then, linearly between the known times; the first's and the last's outside."""
        index = bisect.bisect_right(self.times_s, time_s)
        if index == 0:
            return self.places[0], self.gone_m[0]
        if index == len(self.times_s):
            return self.places[-1], self.gone_m[-1]
        share = (time_s - self.times_s[index - 1]) / (self.times_s[index] - self.times_s[index - 1])
        gone = self.gone_m[index - 1] + share * (self.gone_m[index] - self.gone_m[index - 1])
        return self._between(index, share), gone

    def where(self, gone_m: float) -> Place:
        """Place at which so much way was gone, likewise; of those without a move in between, the last."""
        index = bisect.bisect_right(self.gone_m, gone_m)
        if index in (0, len(self.gone_m)):
            return self.places[min(index, len(self.places) - 1)]
        share = (gone_m - self.gone_m[index - 1]) / (self.gone_m[index] - self.gone_m[index - 1])
        return self._between(index, share)

    def _between(self, index: int, share: float) -> Place:
        """At a share of the way from the place before ``index`` to that one."""
        one, two = self.places[index - 1], self.places[index]
        turn = math.remainder(two.yaw_rad - one.yaw_rad, math.tau)
        return Place(
            one.x_m + share * (two.x_m - one.x_m), one.y_m + share * (two.y_m - one.y_m),
            one.z_m + share * (two.z_m - one.z_m), one.yaw_rad + share * turn,
        )


@dataclass(slots=True, eq=False)
class Mover:
    """One body and how it goes.

    line, arc_m:  what it follows and where on it its origin is; None: it has not moved yet.
    gait:         its speed along the line, unless ``schedule`` gives the arc length by time, or ``leads`` the whole
                  place by time (following somebody's trail).
    line_ends:    must it stop before the line's end (a vehicle whose lane ends)?
    urge_mps2:    acceleration that keeps a gap to the vehicle ahead; None: no such care.
    turns:        it has turned on the spot, and who shows it has not been told yet.
    doors:        those that it has opened.
    detour_m:     so much longer than the line that was taken it has become by stepping aside.
    held:         it stands in this tick, to make way, and goes on afterwards as it went.
    slides_mps:   it was struck and slides with that speed, slowed by ``slide_mps2``, towards ``slide_yaw_rad``.
    """

    role: str
    body: Body
    place: Place
    home: Place
    line: Line | None = None
    arc_m: float = 0.0
    gait: Gait = field(default_factory=Gait)
    schedule: Callable[[float], float] | None = None
    leads: Callable[[float], Place] | None = None
    line_ends: bool = False
    urge_mps2: float | None = None
    turns: bool = False
    doors: list[Door] = field(default_factory=list)
    detour_m: float = 0.0
    held: bool = False
    slides_mps: float | None = None
    slide_mps2: float = 0.0
    slide_yaw_rad: float = 0.0
    gone_m: float = 0.0
    trail: Trail = field(default_factory=Trail)

    @property
    def speed_mps(self) -> float:
        if self.slides_mps is not None:
            return self.slides_mps
        return 0.0 if self.held else self.gait.speed_mps

    @property
    def velocity_mps(self) -> tuple[float, float]:
        """In map axes."""
        yaw = self.place.yaw_rad if self.slides_mps is None else self.slide_yaw_rad
        return self.speed_mps * math.cos(yaw), self.speed_mps * math.sin(yaw)

    def solids(self, place: Place, time_s: float) -> Iterator[tuple[Door | None, Place, Body]]:
        """What of it can be touched if it is at a place then: its body (None), and the doors that stand out."""
        yield None, place, self.body
        for door in self.doors:
            if door.stands_out:
                yield door, door.place(place, time_s), door.leaf

    def take(self, line: Line, arc_m: float, ends: bool = False) -> None:
        """Follow another line from ``arc_m`` on."""
        self.line, self.arc_m, self.line_ends, self.leads, self.detour_m = line, arc_m, ends, None, 0.0

    def step_aside(self, over_m: float, left_m: float) -> None:
        """Go on ``left_m`` beside its line, within the next ``over_m``."""
        assert self.line is not None
        moved, detour = self.line.shifted(self.arc_m, over_m, left_m), self.detour_m
        start = moved.arc_of(self.place.xy_m)
        longer = moved.arc_of(self.line.at(self.arc_m + over_m).shifted(0.0, left_m).xy_m) - start - over_m
        detour += start - self.arc_m + longer
        self.take(moved, start, self.line_ends)
        self.detour_m = detour

    def travel(self, now_s: float, duration_s: float) -> None:
        """Let time pass."""
        if duration_s <= 0.0:
            return
        if self.slides_mps is not None:
            self._slide(duration_s)
        elif self.held:
            return
        elif self.leads is not None:
            self._trot_behind(self.leads(now_s + duration_s), duration_s)
        elif self.line is not None:
            self._follow(self.line, now_s, duration_s)

    def time_for(self, distance_m: float) -> float:
        """How long until it has gone so much farther, if nothing changes; infinite if it does not go."""
        return math.inf if self.held and distance_m > 0.0 else self.gait.time_for(distance_m)

    def _follow(self, line: Line, now_s: float, duration_s: float) -> None:
        before = self.arc_m
        if self.schedule is not None:
            self.arc_m = self.schedule(now_s + duration_s)
            ahead = self.schedule(now_s + duration_s + 1e-4)
            self.gait.speed_mps = (ahead - self.arc_m) / 1e-4
        elif self.urge_mps2 is not None:
            after = max(0.0, self.gait.speed_mps + self.urge_mps2 * duration_s)
            self.arc_m += (self.gait.speed_mps + after) / 2 * duration_s
            self.gait.speed_mps = after
        else:
            if self.line_ends and self._must_stop(line):
                self.gait.aim(0.0, COMFORTABLE_MPS2)
            self.arc_m += self.gait.advance(duration_s)
        if self.arc_m != before:
            self.place = line.at(self.arc_m)
            self.gone_m += self.arc_m - before

    def _must_stop(self, line: Line) -> bool:
        left = line.length_m - self.body.front_m - self.arc_m - LANE_END_M
        return left < self.gait.speed_mps**2 / (2 * COMFORTABLE_MPS2)

    def _trot_behind(self, place: Place, duration_s: float) -> None:
        way = math.hypot(place.x_m - self.place.x_m, place.y_m - self.place.y_m)
        self.place = place if way > 1e-9 else self.place
        self.gone_m += way
        self.gait.aim(way / duration_s, None)

    def _slide(self, duration_s: float) -> None:
        assert self.slides_mps is not None
        sliding = min(duration_s, self.slides_mps / self.slide_mps2) if self.slide_mps2 > 0.0 else duration_s
        way = sliding * (self.slides_mps - self.slide_mps2 * sliding / 2)
        self.slides_mps = max(0.0, self.slides_mps - self.slide_mps2 * sliding)
        c, s = math.cos(self.slide_yaw_rad), math.sin(self.slide_yaw_rad)
        self.place = Place(self.place.x_m + way * c, self.place.y_m + way * s, self.place.z_m, self.place.yaw_rad)
        self.gone_m += way

    def way_back(self) -> Line | None:
        """The line along which it came, from here to where it began; None if it has not moved."""
        spots = [self.place, *reversed(self.trail.places), self.home]
        xyz = np.array([(spot.x_m, spot.y_m, spot.z_m) for spot in spots])
        kept = [0]
        for index in range(1, len(xyz)):
            if np.hypot(*(xyz[index] - xyz[kept[-1]])[:2]) > 1e-3:
                kept.append(index)
        return Line(xyz[kept]) if len(kept) > 1 else None
