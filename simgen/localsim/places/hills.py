"""SimgenRural02: a narrow country road over hills, through woods and beneath a railway."""

from __future__ import annotations

from itertools import accumulate

from simgen.localsim.places.opendrive.course import Piece, Summit, bend, closed, hills
from simgen.localsim.places.opendrive.write import CourseDraft, LaneDraft, RoadDraft, TunnelDraft, write_course

LIMIT_KMH = 100.0
UNDERPASS_M = 26.0
UNDERPASS_AT_M = 165.0    # on the railway straight

LANES = (LaneDraft("driving", 3.1, "solid"), LaneDraft("shoulder", 0.4))

# Crests and dips. The first crest rounds a change of A = 14 % over L = 84 m (K = 6). The sight distance over it, from
# an eye at 1.65 m to a roof at 1.45 m, is L / 2 + 100 (sqrt(1.65) + sqrt(1.45))^2 / A = 86 m (AASHTO's case S > L): a
# car that stands behind it appears late. The others, with K from 9 to 12, are as sharp as on many country roads.
SUMMITS = (
    Summit(60.0, 0.0, 6.0), Summit(190.0, 9.1, 6.0), Summit(310.0, 0.7, 8.0),
    Summit(660.0, 14.7, 9.0), Summit(850.0, 5.2, 8.0),
    Summit(1200.0, 27.95, 12.0), Summit(1500.0, 20.45, 15.0), Summit(1880.0, 7.15, 12.0),
    Summit(2300.0, 11.35, 15.0), Summit(2480.0, 9.55, 10.0), Summit(2640.0, 17.55, 10.0),
    Summit(2900.0, 1.95, 10.0), Summit(3050.0, 0.0, 15.0),
)


def hilly_road(origin: tuple[float, float]) -> str:
    """OpenDRIVE text: a closed course of some 3.1 km with bends of 50 to 120 m and three sharp crests.

    origin: latitude and longitude of (0, 0), degrees.
    """
    pieces = closed([
        Piece(400.0),                          # 0: Crest Road, free
        *bend(80.0, 110.0, 45.0),              # 1 to 3
        Piece(190.0),                          # 4
        *bend(-60.0, 70.0, 35.0),              # 5 to 7
        Piece(160.0),                          # 8
        *bend(115.0, 50.0, 30.0),              # 9 to 11: the hairpin, on a slope of 6.5 %
        Piece(200.0),                          # 12
        *bend(-45.0, 90.0, 35.0),              # 13 to 15
        Piece(60.0),                           # 16
        *bend(100.0, 120.0, 45.0),             # 17 to 19
        Piece(300.0),                          # 20
        *bend(75.0, 60.0, 35.0),               # 21 to 23
        Piece(120.0),                          # 24: Railway Straight, free
        *bend(-40.0, 80.0, 30.0),              # 25 to 27
        Piece(80.0),                           # 28
        *bend(45.0, 90.0, 30.0),               # 29 to 31
        Piece(160.0),                          # 32
        *bend(90.0, 75.0, 40.0),               # 33 to 35
    ], free=(0, 24))
    length = [*accumulate(piece.length_m for piece in pieces)][-1]
    return write_course(CourseDraft(
        name="SimgenRural02",
        origin=origin,
        kind="rural",
        limit_kmh=LIMIT_KMH,
        lanes=LANES,
        centre_mark="broken",
        pieces=pieces,
        heights=hills(SUMMITS, length),
        roads=(
            RoadDraft("Crest Road", 0, 1),
            RoadDraft("Ridge Bends", 1, 8),
            RoadDraft("Hairpin Rise", 8, 16),
            RoadDraft("Forest Road", 16, 24),
            RoadDraft("Railway Straight", 24, 25, (TunnelDraft(UNDERPASS_AT_M, UNDERPASS_M),)),
            RoadDraft("Mill Descent", 25, 36),
        ),
        landscape="wooded",
    ))
