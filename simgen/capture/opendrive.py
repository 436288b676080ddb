"""What an OpenDRIVE document says that ``carla.Map`` does not tell: tunnels, and where its roads end."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from simgen.errors import RequestError


@dataclass(frozen=True, slots=True)
class RoadNote:
    """One road. sections: stations where its lane sections begin. tunnels: stations of begin and end; both in metres
    along the road's reference line. most_lanes: on one side, of any kind."""

    road_id: int
    length_m: float
    in_junction: bool
    starts_somewhere: bool
    ends_somewhere: bool
    right_hand: bool
    sections: tuple[float, ...]
    most_lanes: int
    tunnels: tuple[tuple[float, float], ...]


def read_roads(text: str, name: str) -> tuple[RoadNote, ...]:
    """Every road, in file order. Raises RequestError if ``text`` is no OpenDRIVE document."""
    try:
        root = ElementTree.fromstring(text.encode())
        return tuple(_road(road) for road in root.iter("road"))
    except (ElementTree.ParseError, KeyError, ValueError, AttributeError) as error:
        raise RequestError(f"map {name}: its OpenDRIVE text cannot be read: {error!r}") from None


def _road(road: ElementTree.Element) -> RoadNote:
    tunnels = [(float(tunnel.attrib["s"]), float(tunnel.attrib["length"])) for tunnel in road.iter("tunnel")]
    return RoadNote(
        road_id=int(road.attrib["id"]),
        length_m=float(road.attrib["length"]),
        in_junction=road.attrib.get("junction", "-1") != "-1",
        starts_somewhere=road.find("link/predecessor") is not None,
        ends_somewhere=road.find("link/successor") is not None,
        right_hand=road.attrib.get("rule", "RHT") != "LHT",
        sections=tuple(float(section.attrib["s"]) for section in road.iter("laneSection")),
        most_lanes=max((abs(int(lane.attrib["id"])) for lane in road.iter("lane")), default=0),
        tunnels=tuple((s, s + length_m) for s, length_m in tunnels),
    )
