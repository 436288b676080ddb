"""Writing OpenDRIVE 1.7: closed courses of roads without junctions, for CARLA's client as much as for ``read``.

CARLA's client (0.9.16) cannot go on where a road's predecessor is also its successor, so a course is at least three
roads. It finds a lane's neighbours by counting lane ids, so opposite lanes belong to one road.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from simgen.localsim.places.opendrive.course import DIGITS, Piece, cut, poses
from simgen.localsim.places.opendrive.cubics import Cubics

FEWEST_ROADS = 3
MARK_WIDTH_M = {"solid": 0.15, "broken": 0.15}


@dataclass(frozen=True, slots=True)
class LaneDraft:
    """A lane on each side of the road: its type, its width, and the paint on its outer border."""

    kind: str
    width_m: float
    mark: str = "none"


@dataclass(frozen=True, slots=True)
class TunnelDraft:
    """An underpass: station of its entry, counted from the road's start, and length in metres."""

    s: float
    length_m: float


@dataclass(frozen=True, slots=True)
class RoadDraft:
    """A road of a course: which pieces it takes (from ``first`` up to, not including, ``last``)."""

    name: str
    first: int
    last: int
    tunnels: tuple[TunnelDraft, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class CourseDraft:
    """A closed course.

    origin:       latitude and longitude of (0, 0), degrees.
    kind:         OpenDRIVE's road type: "motorway", "rural", "town", …
    lanes:        one side's lanes from the centre outwards; the other side is its mirror image.
    centre_mark:  paint on the line between both sides.
    landscape:    "", or a word of ``Network.landscape``.
    """

    name: str
    origin: tuple[float, float]
    kind: str
    limit_kmh: float
    lanes: tuple[LaneDraft, ...]
    centre_mark: str
    pieces: Sequence[Piece]
    heights: Cubics
    roads: tuple[RoadDraft, ...]
    landscape: str = ""


def write_course(draft: CourseDraft) -> str:
    """The course as OpenDRIVE text.

    Raises:
        ValueError: fewer roads than CARLA's client can follow, or roads that leave out pieces.
    """
    count = len(draft.roads)
    if count < FEWEST_ROADS:
        raise ValueError(f"a closed course needs at least {FEWEST_ROADS} roads, not {count}")
    joints = [draft.roads[0].first, *(road.last for road in draft.roads)]
    if joints[0] != 0 or joints[-1] != len(draft.pieces) or [r.first for r in draft.roads] != joints[:-1]:
        raise ValueError("the roads must take all pieces one after the other")
    latitude, longitude = draft.origin
    reference = f"+proj=tmerc +lat_0={latitude} +lon_0={longitude} +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
    return "".join([
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<OpenDRIVE>\n',
        f'<header revMajor="1" revMinor="7" name={quoteattr(draft.name)} version="1.00" vendor="simgen">',
        f"<geoReference><![CDATA[{reference}]]></geoReference>",
        f'<userData code="simgen.landscape" value={quoteattr(draft.landscape)}/>' if draft.landscape else "",
        "</header>\n",
        *(_road(draft, number) for number in range(count)),
        "</OpenDRIVE>\n",
    ])


def _road(draft: CourseDraft, number: int) -> str:
    road, count = draft.roads[number], len(draft.roads)
    pieces = draft.pieces[road.first : road.last]
    start = sum(piece.length_m for piece in draft.pieces[: road.first])
    length = sum(piece.length_m for piece in pieces)
    speed = f'<speed max="{_text(draft.limit_kmh / 3.6)}" unit="m/s"/>'
    ties = "".join(
        f'<{which} elementType="road" elementId="{(number + step) % count}" contactPoint="{end}"/>'
        for which, step, end in (("predecessor", -1, "end"), ("successor", 1, "start"))
    )
    tunnels = "".join(
        f'<tunnel id="{number * 10 + k}" s="{_text(t.s)}" length="{_text(t.length_m)}" type="underpass" '
        'lighting="0" daylight="0"/>'
        for k, t in enumerate(road.tunnels)
    )
    return "\n".join([
        f'<road id="{number}" junction="-1" length="{_text(length)}" name={quoteattr(road.name)} rule="RHT">',
        f"<link>{ties}</link>",
        f'<type s="0" type="{draft.kind}">{speed}</type>',
        f"<planView>{_geometry(draft, road)}</planView>",
        f"<elevationProfile>{_elevation(cut(draft.heights, start, start + length))}</elevationProfile>",
        f"<lanes>{_section(draft)}</lanes>",
        f"<objects>{tunnels}</objects>" if tunnels else "<objects/>",
        "</road>\n",
    ])


def _geometry(draft: CourseDraft, road: RoadDraft) -> str:
    joints = poses(draft.pieces)
    rows, s = [], 0.0
    taken = zip(draft.pieces[road.first : road.last], joints[road.first : road.last].tolist(), strict=True)
    for piece, (x, y, heading) in taken:
        if piece.curvature_start != piece.curvature_end:
            curve = f'<spiral curvStart="{piece.curvature_start!r}" curvEnd="{piece.curvature_end!r}"/>'
        elif piece.curvature_start:
            curve = f'<arc curvature="{piece.curvature_start!r}"/>'
        else:
            curve = "<line/>"
        rows.append(f'<geometry s="{_text(s)}" x="{_text(x)}" y="{_text(y)}" hdg="{_text(heading)}" '
                    f'length="{_text(piece.length_m)}">{curve}</geometry>')
        s += piece.length_m
    return "".join(rows)


def _elevation(heights: Cubics) -> str:
    return "".join(
        f'<elevation s="{_text(s)}" a="{a!r}" b="{b!r}" c="{c!r}" d="{d!r}"/>'
        for s, (a, b, c, d) in zip(heights.starts.tolist(), heights.coefficients.tolist(), strict=True)
    )


def _section(draft: CourseDraft) -> str:
    count = len(draft.lanes)
    left = "".join(_lane(draft, k) for k in range(count, 0, -1))
    right = "".join(_lane(draft, -k) for k in range(1, count + 1))
    centre = f'<lane id="0" type="none" level="false">{_mark(draft.centre_mark)}</lane>'
    return (f'<laneSection s="0"><left>{left}</left><center>{centre}</center>'
            f"<right>{right}</right></laneSection>")


def _lane(draft: CourseDraft, lane_id: int) -> str:
    lane = draft.lanes[abs(lane_id) - 1]
    # A median that is level with the carriageways: without a height it would get kerbs.
    height = '<height sOffset="0" inner="0" outer="0"/>' if lane.kind == "median" else ""
    speed = f'<speed sOffset="0" max="{_text(draft.limit_kmh / 3.6)}" unit="m/s"/>' if lane.kind == "driving" else ""
    return (f'<lane id="{lane_id}" type="{lane.kind}" level="false">'
            f'<link><predecessor id="{lane_id}"/><successor id="{lane_id}"/></link>'
            f'<width sOffset="0" a="{_text(lane.width_m)}" b="0" c="0" d="0"/>'
            f"{_mark(lane.mark)}{speed}{height}</lane>")


def _mark(kind: str) -> str:
    if kind == "none":
        return '<roadMark sOffset="0" type="none" weight="standard" color="standard" width="0" laneChange="none"/>'
    change = "both" if kind == "broken" else "none"
    return (f'<roadMark sOffset="0" type="{kind}" weight="standard" color="white" width="{MARK_WIDTH_M[kind]}" '
            f'laneChange="{change}"/>')


def _text(value: float) -> str:
    """A number without the bits in which platforms differ."""
    return repr(round(float(value), DIGITS) + 0.0)
