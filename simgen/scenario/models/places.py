"""``place`` and ``meet``: where an actor starts, or where and when it would touch the ego."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar

from simgen.scenario.models.road import AHEAD, FEATURES
from simgen.scenario.quantities import ANGLE, DURATION, LENGTH, SHARE, Limits
from simgen.scenario.readers import Plain, QuantityReader, RoleReader, WordOrNumberReader, WordOrQuantityReader, one_of
from simgen.scenario.section import Problem, Section, key
from simgen.scenario.values import Value

LENGTHWAYS = ("ahead", "before", "beyond", "behind", "junction")
SIDEWAYS = ("off_road", "beside", "lane", "left", "right")
SIDES = ("left", "right")
FACINGS = ("along", "against", "road", "away")

_LATERAL = QuantityReader(LENGTH, Limits(-50, 50, reason="who stands further away is not on this road"))


class PlaceModel(Section):
    """Where an actor starts: along the ego's road, across it, and which way it faces."""

    ahead: Annotated[Value[float], QuantityReader(LENGTH, AHEAD)] | None = key(
        "metres along the road from the ego's middle at the first frame; from what `of` or `at` names, if there is one")
    of: Annotated[str, Plain(RoleReader())] | None = key(
        "the actor that `ahead` counts from; without a key for across, on its line")
    before: Annotated[str, Plain(RoleReader())] | None = key("between the ego and this actor, `gap` short of it")
    beyond: Annotated[str, Plain(RoleReader())] | None = key("further away than this actor, `gap` behind it")
    behind: Annotated[str, Plain(RoleReader())] | None = key(
        "hidden from the ego by this actor: like `beyond`, on its line unless told otherwise")
    gap: Annotated[Value[float], QuantityReader(LENGTH, Limits(-20, 200))] = key(
        "for `before`, `beyond`, `behind`: the distance between the facing ends", "0.5 m")
    at: Annotated[str, Plain(one_of(FEATURES))] | None = key(
        "at what the road is `near`; `ahead` then counts from it, 0 m by default")
    junction: Annotated[Value[str], one_of(("left", "right", "opposite"))] | None = key(
        "on that arm of the junction ahead, in the lane that leads to it; needs `meet`")
    off_road: Annotated[Value[float], QuantityReader(LENGTH, Limits(-5, 100))] | None = key(
        "with `side`: so far beyond the outer edge of the driving lanes; negative is on the road")
    beside: Annotated[Value[float], QuantityReader(LENGTH, Limits(0, 50))] | None = key(
        "with `side`: so wide a gap between the ego's flank and this actor's")
    lane: Annotated[Value[str | int], WordOrNumberReader(("ego", "oncoming", "right", "left"), -6, 6)] | None = key(
        "in the middle of that lane; 1 is the next to the right of the ego's, -1 the next to the left")
    left: Annotated[Value[float], _LATERAL] | None = key("so far to the left of the middle of the ego's lane")
    right: Annotated[Value[float], _LATERAL] | None = key("so far to the right of it")
    side: Annotated[Value[str], one_of(SIDES)] | None = key(
        "of the road; for `off_road` and `beside`, or alone where `meet.lead` says how far away it starts")
    facing: Annotated[Value[str | float], WordOrQuantityReader(
        FACINGS, ANGLE, Limits(-2 * math.pi, 2 * math.pi))] | None = key(
        "along the ego's way, against it, the road, away from it, or counter-clockwise from along; by default vehicles "
        "face with their side's traffic, walkers along, others the road")

    hints: ClassVar[dict[str, str]] = {
        "in_front_of": "write 'before: ROLE'", "next_to": "write 'beside: 1 m' with 'side'",
        "distance": "write 'ahead: 40 m'", "x": "say it in words of the road: 'ahead: 40 m'",
        "y": "say it in words of the road: 'left: 1.2 m'",
    }

    @classmethod
    def what(cls) -> str:
        return "a place such as {ahead: 40 m, off_road: 2 m, side: right}"

    def problems(self) -> Iterator[Problem]:
        yield from self.several(("before", "beyond", "behind", "junction", "at", "of"), "keep one of them")
        for name in ("before", "beyond", "behind", "junction"):
            if {name, "ahead"} <= self.given:
                yield "ahead", f"belongs to 'of' or 'at'; with '{name}', write 'gap'" if name != "junction" else (
                    "a meeting says how far down the arm it starts; remove it")
        if "gap" in self.given and not self.given & {"before", "beyond", "behind"}:
            yield "gap", "belongs to 'before', 'beyond' and 'behind'; remove it, or say what the gap is to"
        if "of" in self.given and not self.given & {"ahead", *SIDEWAYS}:
            yield "of", "needs 'ahead', such as 'ahead: 5 m', or a key that says where across the road"
        if "junction" in self.given and self.given & {*SIDEWAYS, "side"}:
            across = min(self.given & {*SIDEWAYS, "side"})
            yield across, "who comes down a junction's arm keeps its lane; remove it"
        cure = "give one of them, such as 'off_road: 2 m' with 'side: right'"
        yield from self.several(SIDEWAYS, cure)
        for name in ("off_road", "beside"):
            if name in self.given and "side" not in self.given:
                yield name, f"needs 'side' (left or right) with '{name}'"
        for name in ("lane", "left", "right"):
            if {name, "side"} <= self.given:
                yield "side", f"belongs to 'off_road' and 'beside', not to '{name}'; remove it"
        in_the_middle = any(value is not None and 0.0 in value.outcomes() for value in (self.left, self.right))
        if self.facing is not None and {"road", "away"} & {*self.facing.outcomes()}:
            if self.lane is not None or in_the_middle:
                yield "facing", "a place on a lane has no road beside it; write along, against or an angle"
            elif not self.given & {*SIDEWAYS, "side"}:
                yield "facing", "which side the road is on is not said here; write along, against or an angle"


class MeetModel(Section):
    """Where and when the actor would touch the ego if neither reacted; when and where it starts is solved from it."""

    at: Annotated[str, Plain(one_of(("ego_front",)))] = key("what of the ego it meets", "ego_front")
    impact: Annotated[Value[float], QuantityReader(SHARE, Limits(
        0, 1, reason="0 % is the front's edge on the side the actor comes from, 100 % the far one; a share of 0.5 is "
                     "50 %"))] = key("where across the ego's front, from the side the actor comes from", "50 %")
    time: Annotated[Value[float], QuantityReader(DURATION, Limits(0, 3600, above=True))] | None = key(
        "when, after the first frame; by default after 60 % of the clip. After the last frame is allowed: the "
        "recording then ends before they touch")
    reveal: Annotated[Value[float], QuantityReader(DURATION, Limits(0, 60, above=True))] | None = key(
        "so long before that it is first seen past `behind`")
    behind: Annotated[str, Plain(RoleReader())] | None = key(
        "the actor that hides it; its place says where across the road, where along is solved")
    lead: Annotated[Value[float], QuantityReader(DURATION, Limits(0, 60, above=True))] | None = key(
        "so long before that it starts to move; how far away it then waits is solved, its place says only `side` or "
        "`junction`")
    miss: Annotated[Value[float], QuantityReader(DURATION, Limits(-10, 10))] = key(
        "a near miss: so much later (negative: earlier) than the ego it is there", "0 s")

    hints: ClassVar[dict[str, str]] = {
        "ttc": "write 'time' for when they meet, 'reveal' for how long before it the actor is seen",
    }

    @classmethod
    def what(cls) -> str:
        return "a meeting such as {impact: 50 %, time: 2 s}"

    def problems(self) -> Iterator[Problem]:
        if "reveal" in self.given and "behind" not in self.given:
            yield "reveal", "needs 'behind': the role of the actor that hides this one until then"
        if "behind" in self.given and "reveal" not in self.given:
            yield "behind", "needs 'reveal', such as 'reveal: 1.5 s': how long before the meeting it comes into sight"
        if {"reveal", "lead"} <= self.given:
            yield "lead", "excludes 'reveal': both say when it starts; keep one of them"
        if self.time is not None and self.reveal is not None:
            times, reveals = self.time.outcomes(), self.reveal.outcomes()
            if times and reveals and max(reveals) > min(times):
                yield "reveal", "would come before the first frame; make 'time' later or 'reveal' shorter"
