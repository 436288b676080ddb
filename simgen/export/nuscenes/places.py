"""Which map each episode is on, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from simgen.errors import DatasetError
from simgen.export.dataset import Dataset, Moment
from simgen.export.folder import ExportFolder
from simgen.export.nuscenes.areas import prior_picture
from simgen.export.nuscenes.canvas import Canvas, Picture
from simgen.export.nuscenes.expansion import expansion_text
from simgen.export.nuscenes.ground import Ground
from simgen.export.nuscenes.roads import RoadMap, read_roads
from simgen.export.nuscenes.tokens import token
from simgen.kitti.maps import MAPS

_MARGIN_M = 100.0               # of a canvas round all roads: the devkit's pictures must not reach over its border
_REACH_M = 130.0                # of a canvas round the recorded poses: as far as the LiDAR sees
_INSTEAD = "maps/expansion is left out and the map picture shows what the LiDAR saw"
_LARGEST_M = 1200.0             # larger maps are cut to what was recorded: 10 pixels a metre


@dataclass(frozen=True)
class Place:
    """A map: its location's name in nuScenes' tables, the piece that is exported, its roads if they are known."""

    location: str
    canvas: Canvas
    roads: RoadMap | None

    @property
    def token(self) -> str:
        return token("map", self.location)


def find_places(dataset: Dataset, moments: Mapping[str, Sequence[Moment]], folder: ExportFolder) -> dict[str, Place]:
    """Each location of the dataset; what is missing becomes a note.

    Args:
        moments: of each episode, by its name; all with an ego.
    """
    places = {}
    for location in dict.fromkeys(episode.location for episode in dataset.episodes):
        here = [moment for episode in dataset.episodes if episode.location == location
                for moment in moments[episode.name]]
        path = dataset.root / MAPS / f"{location}.xodr"
        roads = _roads(path, folder)
        if roads is not None and not roads.within(Canvas.around(_bounds(here), _MARGIN_M).bounds_m).lanes:
            folder.note(f"no vector map of {location}: {path} has no road where the car drove; {_INSTEAD}")
            roads = None
        places[location] = _place(location, _bounds(here), roads)
    return places


def _roads(path: Path, folder: ExportFolder) -> RoadMap | None:
    if not path.exists():
        folder.note(f"no vector map of {path.stem}: the dataset does not hold its OpenDRIVE text "
                    f"({MAPS}/{path.name}); {_INSTEAD}")
        return None
    try:
        return read_roads(path)
    except DatasetError as error:
        folder.note(f"no vector map of {path.stem}: {error}; {_INSTEAD}")
        return None


def _place(location: str, recorded_m: tuple[float, float, float, float], roads: RoadMap | None) -> Place:
    if roads is None:
        return Place(location, Canvas.around(recorded_m, _REACH_M), None)
    canvas = Canvas.around(roads.bounds_m, _MARGIN_M)
    if max(canvas.width_m, canvas.height_m) > _LARGEST_M:
        canvas = Canvas.around(recorded_m, _REACH_M)
        roads = roads.within(canvas.bounds_m)
    return Place(location, canvas, roads)


def _bounds(moments: Sequence[Moment]) -> tuple[float, float, float, float]:
    """Smallest x and y, largest x and y of where the rig was."""
    poses = np.array([moment.ego.rig_pose().translation_m[:2] for moment in moments if moment.ego is not None])
    (left, bottom), (right, top) = poses.min(axis=0), poses.max(axis=0)
    return float(left), float(bottom), float(right), float(top)


def write_map(folder: ExportFolder, place: Place, ground: Ground) -> str:
    """The map's files; returns the path of the semantic prior, which the table ``map`` names.

    * ``maps/<token>.png``: where one can drive or walk, 255, as nuScenes' MapMask reads it;
    * ``maps/basemap/<location>.png``: the LiDAR base map;
    * ``maps/expansion/<location>.json``: the vector map, if the roads are known.
    """
    prior = f"maps/{place.token}.png"
    picture = ground.surface_picture() if place.roads is None else prior_picture(place.canvas, place.roads)
    folder.write(prior, _png(picture))
    folder.write(f"maps/basemap/{place.location}.png", _png(ground.brightness))
    if place.roads is not None:
        folder.write(f"maps/expansion/{place.location}.json", expansion_text(place.roads, place.canvas))
    return prior


def _png(picture: Picture) -> bytes:
    done, data = cv2.imencode(".png", picture)
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} cannot be encoded as PNG")
    return bytes(data)
