"""SimgenHighway01: a motorway of two carriageways with three lanes each."""

from __future__ import annotations

from itertools import accumulate

from simgen.localsim.places.opendrive.course import Piece, Summit, bend, closed, hills
from simgen.localsim.places.opendrive.write import CourseDraft, LaneDraft, RoadDraft, TunnelDraft, write_course

LIMIT_KMH = 130.0
MEDIAN_M = 2.0            # half of the green strip between the carriageways
STRAIGHT_M = 760.0
UNDERPASS_M = 60.0
UNDERPASS_AT_M = 560.0    # on the second straight

LANES = (
    LaneDraft("median", MEDIAN_M),
    LaneDraft("shoulder", 0.75, "solid"),
    LaneDraft("driving", 3.75, "broken"),
    LaneDraft("driving", 3.75, "broken"),
    LaneDraft("driving", 3.75, "solid"),
    LaneDraft("shoulder", 2.5),
)

SUMMITS = (
    Summit(1000.0, 0.0, 120.0), Summit(1700.0, 14.0, 120.0), Summit(2900.0, 2.0, 150.0), Summit(4700.0, -2.0, 120.0),
    Summit(5400.0, 11.0, 120.0), Summit(6300.0, 0.0, 120.0),
)


def highway(origin: tuple[float, float]) -> str:
    """OpenDRIVE text: a closed course of some 7 km, straights of 760 m and more, bends with radii of 600 to 1000 m.

    origin: latitude and longitude of (0, 0), degrees.
    """
    spiral = 150.0
    pieces = closed([
        Piece(STRAIGHT_M),                                   # 0: Plain Straight
        *bend(110.0, 600.0, spiral),                         # 1 to 3
        Piece(60.0),                                         # 4: free
        *bend(70.0, 900.0, spiral),                          # 5 to 7
        Piece(STRAIGHT_M),                                   # 8: Green Bridge Straight, free
        *bend(115.0, 600.0, spiral),                         # 9 to 11
        Piece(80.0),                                         # 12
        *bend(65.0, 1000.0, spiral),                         # 13 to 15
    ], free=(4, 8))
    length = [*accumulate(piece.length_m for piece in pieces)][-1]
    return write_course(CourseDraft(
        name="SimgenHighway01",
        origin=origin,
        kind="motorway",
        limit_kmh=LIMIT_KMH,
        lanes=LANES,
        centre_mark="none",
        pieces=pieces,
        heights=hills(SUMMITS, length),
        roads=(
            RoadDraft("Plain Straight", 0, 1),
            RoadDraft("Upper Bends", 1, 8),
            RoadDraft("Green Bridge Straight", 8, 9, (TunnelDraft(UNDERPASS_AT_M, UNDERPASS_M),)),
            RoadDraft("Lower Bends", 9, 16),
        ),
        landscape="open",
    ))
