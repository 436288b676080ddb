"""``maps/expansion/<location>.json``: the vector map that ``NuScenesMap`` reads, version 1.3.

Areas are made from the lanes by drawing them on a grid of 10 cm, so that lanes that overlap in a junction become one
area; lanes, pavements and crosswalks keep their exact outlines. Lane markings are not known (type NIL), and there are
no stop lines and no traffic lights: OpenDRIVE does not say which of nuScenes' kinds they would be.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, permutations
from typing import Any

import numpy as np

from simgen.export.nuscenes.areas import drivable_picture, place_of, road_segments, shapes
from simgen.export.nuscenes.canvas import Canvas, Points, Ring, rings, union
from simgen.export.nuscenes.roads import DRIVING, PARKING, SIDEWALK, Lane, RoadMap
from simgen.export.nuscenes.tokens import token

VERSION = "1.3"
_NODE_STEP_M = 5.0
_RADIUS_M = 1000.0          # of the empty arcs of a straight piece; the devkit divides by it
_LAYERS = (
    "polygon", "line", "node", "drivable_area", "road_segment", "road_block", "lane", "ped_crossing", "walkway",
    "stop_line", "carpark_area", "road_divider", "lane_divider", "traffic_light", "lane_connector",
)


def expansion_text(roads: RoadMap, canvas: Canvas) -> str:
    """The file's content. ``canvas``: its south-west corner is the origin of the coordinates."""
    layers = _Layers(roads.name, canvas)
    found = road_segments(roads)
    area = layers.add("drivable_area", "all", polygon_tokens=[
        layers.polygon(f"drivable{k}", ring) for k, ring in enumerate(rings(canvas, drivable_picture(canvas, found)))
    ])
    junctions = {place_of(lane) for lane in roads.lanes if lane.junction is not None}
    segments = {
        place: layers.add("road_segment", place, polygon_token=layers.polygon(place, pieces[0]),
                          is_intersection=place in junctions, drivable_area_token=area)
        for place, pieces in found.items()
    }
    blocks = _road_blocks(layers, roads, segments)
    _lanes(layers, roads)
    _dividers(layers, roads, segments)
    by_lane = {lane.identity: lane for lane in roads.lanes}
    for crosswalk in roads.crosswalks:
        road = next((place_of(by_lane[lane]) for lane in crosswalk.lanes if lane in by_lane), "")
        layers.add("ped_crossing", crosswalk.identity, polygon_token=layers.outline(crosswalk.identity,
                   crosswalk.outline), road_segment_token=segments.get(road, ""))
    for lane in roads.of_kind(SIDEWALK):
        layers.add("walkway", lane.identity, polygon_token=layers.outline(lane.identity, lane.outline))
    for lane in roads.of_kind(PARKING):
        ahead = lane.centre[-1] - lane.centre[0]
        layers.add("carpark_area", lane.identity, polygon_token=layers.outline(lane.identity, lane.outline),
                   orientation=round(float(np.arctan2(ahead[1], ahead[0])), 6),
                   road_block_token=blocks.get((lane.road, lane.section, lane.forward), ""))
    return layers.text()


@dataclass
class _Layers:
    """The file while it is being put together."""

    name: str
    canvas: Canvas
    layers: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {layer: [] for layer in _LAYERS})
    paths: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    connectivity: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def token(self, layer: str, about: str) -> str:
        return token(layer, self.name, about)

    def add(self, layer: str, about: str, **values: Any) -> str:
        key = self.token(layer, about)
        self.layers[layer].append({"token": key, **values})
        return key

    def nodes(self, about: str, points: Points) -> list[str]:
        corner = (self.canvas.west_m, self.canvas.south_m)
        places = np.round(points - corner, 4).tolist()
        return [self.add("node", f"{about}/{k}", x=x, y=y) for k, (x, y) in enumerate(places)]

    def polygon(self, about: str, ring: Ring) -> str:
        holes = [{"node_tokens": self.nodes(f"{about}/hole{k}", hole)} for k, hole in enumerate(ring.holes)]
        return self.add("polygon", about, exterior_node_tokens=self.nodes(about, ring.outer), holes=holes)

    def outline(self, about: str, points: Points) -> str:
        return self.polygon(about, Ring(points))

    def line(self, about: str, points: Points) -> str:
        return self.add("line", about, node_tokens=self.nodes(f"{about}/line", points))

    def divider(self, layer: str, about: str, points: Points, **values: Any) -> str:
        """A record of a layer of lines."""
        return self.add(layer, about, line_token=self.line(f"{layer}/{about}", points), **values)

    def text(self) -> str:
        """One record a line, in the order of the layers."""
        lists = [f'"{name}": [\n' + ",\n".join(map(json.dumps, records)) + "\n]"
                 for name, records in self.layers.items()]
        rest = {"arcline_path_3": self.paths, "connectivity": self.connectivity, "version": VERSION,
                "canvas_edge": [self.canvas.width_m, self.canvas.height_m]}
        return "{\n" + ",\n".join([*lists, *(f'"{key}": {json.dumps(value)}' for key, value in rest.items())]) + "\n}\n"


def _road_blocks(layers: _Layers, roads: RoadMap, segments: dict[str, str]) -> dict[tuple[str, int, bool], str]:
    """Road, section and direction → token: the lanes side by side that go the same way, on the open road."""
    members: dict[tuple[str, int, bool], list[Lane]] = defaultdict(list)
    for lane in roads.of_kind(DRIVING):
        if lane.junction is None:
            members[lane.road, lane.section, lane.forward].append(lane)
    tokens = {}
    for key, lanes in members.items():
        about = "/".join(map(str, key))
        start, end = (np.array([side[k] for lane in lanes for side in (lane.left, lane.right)]) for k in (0, -1))
        tokens[key] = layers.add(
            "road_block", about, polygon_token=layers.polygon(f"block/{about}", union(shapes(lanes))[0]),
            from_edge_line_token=layers.line(f"block/{about}/from", start),
            to_edge_line_token=layers.line(f"block/{about}/to", end),
            road_segment_token=segments[place_of(lanes[0])])
    return tokens


def _lanes(layers: _Layers, roads: RoadMap) -> None:
    """Lanes of the open road, connectors in junctions; how one gets from one to another; and where their middle is."""
    kind = {lane.identity: "lane_connector" if lane.junction is not None else "lane"
            for lane in roads.of_kind(DRIVING)}
    key = {name: layers.token(layer, name) for name, layer in kind.items()}
    before: dict[str, list[str]] = {name: [] for name in kind}
    for name, after in roads.successors.items():
        for other in after:
            before[other].append(name)
    for lane in roads.of_kind(DRIVING):
        name = lane.identity
        polygon = layers.outline(name, lane.outline)
        if kind[name] == "lane_connector":
            layers.add("lane_connector", name, polygon_token=polygon)
        else:
            sides = {"left": lane.left, "right": lane.right}
            layers.add(
                "lane", name, polygon_token=polygon, lane_type="CAR",
                from_edge_line_token=layers.line(f"{name}/from", np.array([lane.left[0], lane.right[0]])),
                to_edge_line_token=layers.line(f"{name}/to", np.array([lane.left[-1], lane.right[-1]])),
                **{f"{side}_lane_divider_segments": _unmarked(layers.nodes(f"{name}/{side}", border))
                   for side, border in sides.items()})
        layers.paths[key[name]] = _straight_pieces(lane.centre - (layers.canvas.west_m, layers.canvas.south_m))
        layers.connectivity[key[name]] = {"incoming": [key[other] for other in before[name]],
                                          "outgoing": [key[other] for other in roads.successors[name]]}


def _dividers(layers: _Layers, roads: RoadMap, segments: dict[str, str]) -> None:
    """Between lanes that go the same way a lane divider, between the two directions a road divider."""
    abreast: dict[tuple[str, int], list[Lane]] = defaultdict(list)
    for lane in roads.of_kind(DRIVING):
        if lane.junction is None:
            abreast[lane.road, lane.section].append(lane)
    for lanes in abreast.values():
        for lane, other in permutations(lanes, 2):
            about = f"{lane.identity}|{other.identity}"
            if lane.forward == other.forward and _same(lane.right, other.left):
                border = dense(lane.right)
                nodes = layers.nodes(f"{about}/marking", border)
                layers.divider("lane_divider", about, border, lane_divider_segments=_unmarked(nodes))
            elif lane.forward and not other.forward and _same(lane.left, other.left[::-1]):
                layers.divider("road_divider", about, dense(lane.left), road_segment_token=segments[place_of(lane)])


def dense(line: Points) -> Points:
    """A line with further points, none more than ``_NODE_STEP_M`` from the next: the devkit finds a line in a patch by
    its nodes, and would pass over a long straight one."""
    parts = [np.linspace(a, b, math.ceil(float(np.linalg.norm(b - a)) / _NODE_STEP_M), endpoint=False)
             for a, b in pairwise(line)]
    return np.concatenate([*parts, line[-1:]])


def _same(one: Points, two: Points) -> bool:
    return bool(np.linalg.norm(one[0] - two[0]) < 0.05 and np.linalg.norm(one[-1] - two[-1]) < 0.05)


def _unmarked(nodes: Sequence[str]) -> list[dict[str, str]]:
    return [{"node_token": node, "segment_type": "NIL"} for node in nodes]


def _straight_pieces(line: Points) -> list[dict[str, Any]]:
    """A line as nuScenes' arc-line paths, one for each stretch: two empty arcs with a straight piece between them."""
    steps = np.diff(line, axis=0)
    length = np.linalg.norm(steps, axis=1)
    yaw = np.arctan2(steps[:, 1], steps[:, 0])
    start = np.round(np.column_stack([line[:-1], yaw]), 6).tolist()
    end = np.round(np.column_stack([line[1:], yaw]), 6).tolist()
    return [
        {"start_pose": a, "end_pose": b, "shape": "LSL", "radius": _RADIUS_M, "segment_length": [0.0, d, 0.0]}
        for a, b, d in zip(start, end, np.round(length, 6).tolist(), strict=True) if d > 0
    ]
