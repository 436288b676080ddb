"""Where one can drive and walk: areas made from the lanes of a map, drawn on a grid of 10 cm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from simgen.export.nuscenes.canvas import Canvas, Picture, Ring, closed, union
from simgen.export.nuscenes.roads import PAVED, SIDEWALK, Lane, RoadMap

_SEAM_M = 0.5               # between areas that meet
_JUNCTION_GAP_M = 4.0       # a junction is paved between the ways through it and up to its pavements


def shapes(lanes: Iterable[Lane]) -> list[Ring]:
    return [Ring(lane.outline) for lane in lanes]


def road_segments(roads: RoadMap) -> dict[str, tuple[Ring, ...]]:
    """The paved area of each place (``place_of``), largest piece first."""
    paved: dict[str, list[Lane]] = defaultdict(list)
    pavement: dict[str, list[Lane]] = defaultdict(list)
    for lane in roads.lanes:
        if lane.kind in PAVED:
            paved[place_of(lane)].append(lane)
        elif lane.kind == SIDEWALK:
            pavement[place_of(lane)].append(lane)
    return {place: (union(shapes(lanes), shapes(pavement[place]), _JUNCTION_GAP_M) if lanes[0].junction is not None
                    else union(shapes(lanes))) or (Ring(lanes[0].outline),)
            for place, lanes in paved.items()}


def place_of(lane: Lane) -> str:
    """What a lane's road segment is called: all of a junction is one, as is each section of a road."""
    return lane.junction if lane.junction is not None else f"{lane.road}/{lane.section}"


def drivable_picture(canvas: Canvas, segments: dict[str, tuple[Ring, ...]]) -> Picture:
    """255 where a wheel may roll."""
    picture = canvas.blank()
    canvas.fill(picture, (ring for some in segments.values() for ring in some))
    return closed(picture, _SEAM_M)


def prior_picture(canvas: Canvas, roads: RoadMap) -> Picture:
    """255 where one may drive or walk: nuScenes' semantic prior."""
    picture = drivable_picture(canvas, road_segments(roads))
    canvas.fill(picture, shapes(roads.of_kind(SIDEWALK)))
    canvas.fill(picture, (Ring(crosswalk.outline) for crosswalk in roads.crosswalks))
    return closed(picture, _SEAM_M)
