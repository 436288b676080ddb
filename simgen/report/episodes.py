"""Which frames somebody means: an episode's, a span of them, or the one that tells the most."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simgen.errors import DatasetError, RequestError, unreadable
from simgen.kitti.labels import DONT_CARE
from simgen.kitti.layout import EPISODES, frame_path
from simgen.kitti.objects import FrameObjects
from simgen.kitti.reader import frame_ids, is_testing
from simgen.kitti.records import EpisodeRecord, read_record
from simgen.report.scene import check_frame_exists


def episode_record(root: Path, episode: str) -> EpisodeRecord:
    """The record of an episode, with at least one frame.

    Raises:
        RequestError: if the dataset has none of this name, saying which names are near.
        DatasetError: if the record is wrong.
    """
    names = _episode_names(root)
    if not names:
        if not root.is_dir():
            check_frame_exists(root, "")
        raise RequestError(f"{root}: has no episodes; only datasets that 'simgen run' recorded have them")
    record = read_record(root, episode) if episode in names else None
    if record is None:
        near = difflib.get_close_matches(episode, names, n=3, cutoff=0.4) or names[:3]
        raise RequestError(f"{root} has no episode '{episode}'; the nearest of its {len(names)}: {', '.join(near)}")
    if not record.frames:
        raise RequestError(f"{root}: the episode {episode} ended before its first frame")
    return record


def frames_named(root: Path, words: Sequence[str]) -> tuple[str, ...]:
    """The frames that words name, each a frame's id or an episode's name; in the order of the words.

    Raises:
        RequestError: saying which frames or episodes there are, if one is not there.
    """
    episodes, known = _episode_names(root), {*frame_ids(root), *frame_ids(root, testing=True)}
    found: list[str] = []
    for word in words:
        if word in known:
            found.append(word)
        elif word in episodes or (episodes and not word.isdecimal()):
            found += episode_record(root, word).frames
        else:
            check_frame_exists(root, word)
    return tuple(dict.fromkeys(found))


def spread(frames: Sequence[str], count: int) -> tuple[str, ...]:
    """So many of the frames, evenly, the first and the last among them; all of them if there are no more."""
    if len(frames) <= count:
        return tuple(frames)
    return tuple(frames[k] for k in np.linspace(0, len(frames) - 1, count).round().astype(int))


def telling_frame(root: Path) -> str:
    """The first frame that labels an object of a scenario's event; without one, the frame with the most labels.

    Raises:
        RequestError: if the folder holds no labelled frame.
        DatasetError: naming a file that is wrong.
    """
    for name in _episode_names(root):
        record = read_record(root, name)
        frame = None if record is None else _first_of_event(root, record)
        if frame is not None:
            return frame
    training = frame_ids(root)
    known = training or frame_ids(root, testing=True)
    if not known:
        check_frame_exists(root, "")
    return max(known, key=lambda frame: _label_count(root / frame_path("label_2", frame, not training)))


def read_side(root: Path, frame: str) -> FrameObjects:
    """A frame's side file.

    Raises:
        DatasetError: naming it, if it is missing or wrong.
    """
    path = root / frame_path("objects", frame, is_testing(root, frame))
    try:
        return FrameObjects.from_text(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{path}: {unreadable(error)}") from error
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from error


def _first_of_event(root: Path, record: EpisodeRecord) -> str | None:
    event = {actor["role"] for actor in record.plan.get("actors", ()) if actor.get("event")}
    for frame in record.labelled_frames if event else ():
        if any(row.role in event and row.type != DONT_CARE for row in read_side(root, frame).rows):
            return frame
    return None


def _label_count(path: Path) -> int:
    content = path.read_bytes()
    return sum(bool(line.strip()) and not line.startswith(DONT_CARE.encode()) for line in content.splitlines())


def _episode_names(root: Path) -> list[str]:
    return sorted(path.stem for path in (root / EPISODES).glob("*.json"))
