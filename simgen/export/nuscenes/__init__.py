"""nuScenes' layout and tables, version 1.0, for the unmodified nuscenes-devkit.

    v1.0-trainval/{category,attribute,…,map}.json  splits.json
    samples/{CAM_FRONT,CAM_FRONT_STEREO,LIDAR_TOP}/<episode>__<channel>__<microseconds>.{png,pcd.bin}
    sweeps/…                                                                the same of the frames between samples
    maps/<token>.png  maps/basemap/<location>.png  maps/expansion/<location>.json

| module | for |
| --- | --- |
| ``tables``, ``tokens`` | the tables and their keys |
| ``taxonomy`` | categories, attributes, visibility, from ``taxonomy.yaml`` |
| ``scene``, ``scenes``, ``annotations`` | the records of an episode |
| ``poses``, ``sweeps`` | quaternions and axes; points in five columns |
| ``places``, ``canvas``, ``ground`` | which map an episode is on; pictures of it |
| ``roads``, ``expansion`` | OpenDRIVE to the vector map |

The version is called v1.0-trainval because trainers accept no other name; the splits are ``simgen_train``,
``simgen_val`` and ``simgen_test`` of ``splits.json``, since the devkit's own splits are lists of nuScenes' scenes.
"""

from __future__ import annotations

import json
from pathlib import Path

from sensors.rig import Rig
from simgen.export.dataset import Dataset, Episode, Moment
from simgen.export.folder import ExportFolder, ExportReport
from simgen.export.nuscenes.ground import Ground
from simgen.export.nuscenes.places import Place, find_places, write_map
from simgen.export.nuscenes.scene import Scene, ego_of
from simgen.export.nuscenes.scenes import write_scene
from simgen.export.nuscenes.sweeps import rig_of
from simgen.export.nuscenes.tables import NAMES, Tables, new_tables

__all__ = ["VERSION", "write_nuscenes"]

VERSION = "v1.0-trainval"


def write_nuscenes(dataset: Dataset, out: Path) -> ExportReport:
    """Fill ``out`` with nuScenes' layout.

    Raises:
        RequestError: if the dataset does not say where the car was.
        DatasetError: naming the file that is missing or wrong.
    """
    folder, tables = ExportFolder(out), new_tables()
    moments = {episode.name: episode.moments() for episode in dataset.episodes}
    for moment in (moment for some in moments.values() for moment in some):
        ego_of(moment)
    for place in find_places(dataset, moments, folder).values():
        here = [episode for episode in dataset.episodes if episode.location == place.location]
        _write_place(dataset, folder, tables, place, here, moments)
    for name in NAMES:
        folder.write(f"{VERSION}/{name}.json", tables.text(name))
    folder.write(f"{VERSION}/splits.json", _splits_text(dataset))
    return folder.report(len(dataset.episodes), len(dataset.frames))


def _write_place(dataset: Dataset, folder: ExportFolder, tables: Tables, place: Place, episodes: list[Episode],
                 moments: dict[str, list[Moment]]) -> None:
    """The scenes on one map, and the map."""
    ground = Ground.empty(place.canvas)
    scenes = []
    for episode in episodes:
        rig = _rig(dataset, episode, folder)
        scenes.append(Scene(episode, moments[episode.name], place, None if rig is None else rig.lidar.elevations_rad(),
                            {} if rig is None else {camera.number: camera.name for camera in rig.cameras}))
    for scene in scenes:
        write_scene(tables, folder, scene, ground)
    tables.add("map", place.token, log_tokens=[scene.token("log") for scene in scenes], category="semantic_prior",
               filename=write_map(folder, place, ground), location=place.location,
               world_origin_m=[place.canvas.west_m, place.canvas.south_m])


def _rig(dataset: Dataset, episode: Episode, folder: ExportFolder) -> Rig | None:
    """The rig that an episode was recorded with, if its file is still here and the same."""
    name = episode.record.plan.get("ego", {}).get("rig", "")
    source = next((rig for rig in dataset.request.rigs if rig.name == name), None)
    rig = None if source is None else rig_of(source)
    if rig is None:
        folder.note(f"the sweeps have no ring numbers (−1): the file of rig {name!r} is not here or was changed")
    return rig


def _splits_text(dataset: Dataset) -> str:
    splits = {f"simgen_{split}": [episode.name for episode in dataset.episodes if episode.split == split]
              for split in ("train", "val", "test")}
    return json.dumps(splits, indent=1, ensure_ascii=False) + "\n"
