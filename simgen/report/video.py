"""An episode as a video file: the frames as ``show_frame`` draws them, at the rate they were recorded.

Only codecs inside OpenCV's wheel are used, so what is written depends on no program beside it: VP9 in MP4, which
browsers and most players show, and Motion JPEG in AVI, large but old enough for everything else. H.264 is not in the
wheel. What was written is read back before it gets its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from simgen.errors import DatasetError, RequestError
from simgen.report.brush import Picture
from simgen.report.episodes import episode_record, read_side
from simgen.report.show import show_frame
from simgen.report.targets import VIDEO, check_target

CODECS = {".mp4": "vp09", ".avi": "MJPG"}


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a video file holds, as it is read back. rate_hz: frames a second."""

    frames: int
    width: int
    height: int
    rate_hz: float


def save_video(root: Path, episode: str, path: Path, tell: Callable[[int, int], None] = lambda *_: None) -> VideoFacts:
    """Write an episode as a video.

    tell: takes how many of how many frames are done.
    Raises RequestError if there is no such episode, or the video cannot be written or does not read back as it was
    written; DatasetError naming a file that is wrong. A file that is there already stays until the new one is whole.
    """
    check_target(path, VIDEO, root)
    frames = episode_record(root, episode).frames
    rate_hz = recorded_rate_hz(root, frames)

    def pictures() -> Iterator[Picture]:
        for number, frame in enumerate(frames, start=1):
            tell(number, len(frames))
            yield show_frame(root, frame)

    return write_video(path, pictures(), rate_hz)


def recorded_rate_hz(root: Path, frames: Sequence[str]) -> float:
    """Frames a second, from the moments of the first and the last one; 10 for a single frame.

    Raises DatasetError if the side files do not count time forward.
    """
    if len(frames) < 2:
        return 10.0
    first, last = (read_side(root, frame).time_s for frame in (frames[0], frames[-1]))
    if last <= first:
        raise DatasetError(f"{root}: frame {frames[-1]} is not later than frame {frames[0]}")
    return (len(frames) - 1) / (last - first)


def write_video(path: Path, pictures: Iterator[Picture], rate_hz: float) -> VideoFacts:
    """Write RGB pictures of one size, at least one, as a video, and read it back.

    An odd edge loses its last row or column: codecs halve the colours' resolution.
    Raises RequestError if it cannot be written, or reads back otherwise.
    """
    check_target(path, VIDEO)
    partial = path.with_name(f"{path.stem}.partial{path.suffix}")
    first = next(pictures)
    height, width = (edge - edge % 2 for edge in first.shape[:2])
    codec = CODECS[path.suffix.lower()]
    writer = cv2.VideoWriter(str(partial), cv2.VideoWriter.fourcc(*codec), rate_hz, (width, height))
    try:
        if not writer.isOpened():
            raise RequestError(f"{path}: cannot be written: OpenCV {cv2.__version__} opens no {codec} encoder there; "
                               "try another folder, or a name that ends in .avi")
        count = 0
        for picture in chain([first], pictures):
            count += 1
            if picture.shape[0] < height or picture.shape[1] < width:
                raise RequestError(f"{path}: pictures of a video have one size; {picture.shape[1]}×{picture.shape[0]} "
                                   f"follows {width}×{height}")
            writer.write(cv2.cvtColor(np.ascontiguousarray(picture[:height, :width]), cv2.COLOR_RGB2BGR))
        writer.release()
        facts = read_facts(partial)
        expected = VideoFacts(count, width, height, facts.rate_hz)
        if facts != expected or abs(facts.rate_hz - rate_hz) > 0.01 * rate_hz:
            raise RequestError(f"{path}: does not read back as it was written: {facts} instead of {expected}")
        partial.replace(path)
    finally:
        writer.release()
        partial.unlink(missing_ok=True)
    return facts


def read_facts(path: Path) -> VideoFacts:
    """Play a video through and say what it holds. One that cannot be read has 0 frames."""
    video = cv2.VideoCapture(str(path))
    try:
        frames, shape = 0, (0, 0)
        while True:
            there, picture = video.read()
            if not there:
                return VideoFacts(frames, shape[1], shape[0], float(video.get(cv2.CAP_PROP_FPS)))
            frames, shape = frames + 1, picture.shape[:2]
    finally:
        video.release()
