"""What recording plans will cost: frames, bytes on disk, hours of simulators.

Bytes follow from the rig by what frames of the built-in simulator were measured to take; a CARLA server's pictures are
of the same kind. The table behind the constants: 140 frames of rig "kitti" (1242 × 375, 64 × 2083 beams) in four
datasets, deer at day to rain at night.

    picture, PNG            660 to 826 kB each      1.42 to 1.77 bytes a pixel
    sweep and its labels    2.28 to 2.40 MB         20 bytes a return, 0.86 to 0.90 returns a beam
    calibration, labels, side file, record          4 to 6 kB
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sensors.rig import Rig
from simgen.scenario.plan import EpisodePlan, SensingPlan
from simgen.wording import counted

PNG_BYTES_PER_PIXEL = 1.62
BYTES_PER_RETURN = 20           # x, y, z, intensity in .bin; class and instance in .label
BYTES_PER_CAUSE = 11            # in velodyne_cause, of a measured sweep
BYTES_PER_CLEAN_RETURN = 16     # in velodyne_clean, on request
RETURNS_PER_BEAM = 0.88
TEXT_BYTES_PER_FRAME = 5_500
# The label camera's, on request; measured on 20 frames of a town.
TRUTH_BYTES_PER_PIXEL = {"depth": 0.25, "semantic": 0.03, "instance": 0.03}

# CPU seconds of a frame of rig "kitti" in deer_crossing, on one core with no accelerator: simulator 2.65, client 0.09.
BUILT_IN_SECONDS_PER_FRAME = 2.7
SECONDS_PER_EPISODE = 2.0            # world, spawning, records


@dataclass(frozen=True, slots=True)
class Estimate:
    """seconds: from the first to the last frame with all simulators busy."""

    episodes: int
    frames: int
    warmup_frames: float
    bytes: float
    seconds: float
    simulators: int
    seconds_per_frame: float
    twins: int = 0
    rejected: int = 0

    def lines(self) -> Iterator[str]:
        """The words for a person."""
        fleet = "one simulator" if self.simulators == 1 else f"{self.simulators} simulators"
        twins = f" ({self.twins} of them {'a negative twin' if self.twins == 1 else 'negative twins'})"
        yield (f"{counted(self.episodes, 'episode')}{twins if self.twins else ''}, "
               f"{counted(self.frames, 'frame')}, about {human_bytes(self.bytes)}; about "
               f"{human_seconds(self.seconds)} with {fleet} at {self.seconds_per_frame:g} s a frame")
        if self.rejected:
            drawn = self.rejected + self.episodes - self.twins
            was = "was" if self.rejected == 1 else "were"
            yield (f"{self.rejected} of {drawn} draws {was} thrown away ({100.0 * self.rejected / drawn:.1f} %), "
                   "because a condition under 'require' did not hold")


def bytes_per_frame(rig: Rig) -> float:
    """What one recorded frame of a rig takes on disk."""
    pixels = sum(camera.picture.stored.width * camera.picture.stored.height for camera in rig.recorded_cameras)
    beams = sum(lidar.points_per_ring * lidar.channels for lidar in rig.lidars)
    return (PNG_BYTES_PER_PIXEL * pixels + BYTES_PER_RETURN * RETURNS_PER_BEAM * beams + TEXT_BYTES_PER_FRAME)


def picture_bytes_per_frame(rig: Rig, pictures: Iterable[str]) -> float:
    """What the pictures on request add to a frame. The road's plane is a line of text."""
    stored = rig.label_camera.picture.stored
    return stored.width * stored.height * sum(
        TRUTH_BYTES_PER_PIXEL[name] for name in pictures if name != "planes")


def sensing_bytes_per_frame(rig: Rig, sensing: SensingPlan) -> float:
    """What a measured sweep has beside it."""
    if sensing.lidar == "clean":
        return 0.0
    beams = rig.lidar.points_per_ring * rig.lidar.channels
    return RETURNS_PER_BEAM * beams * (BYTES_PER_CAUSE + BYTES_PER_CLEAN_RETURN * ("clean" in sensing.keep))


class Tally:
    """Adds plans up, one at a time, so that any number of them needs no memory."""

    def __init__(self, rigs: dict[str, Rig]) -> None:
        self._rigs = dict(rigs)
        self._bytes = {name: bytes_per_frame(rig) for name, rig in rigs.items()}
        self.episodes = self.frames = self.twins = self.rejected = 0
        self._warmup_frames = self._total_bytes = 0.0
        self._most_frames = 0.0

    def add(self, plan: EpisodePlan) -> None:
        """One more episode. Raises KeyError for a rig that was not given."""
        capture = plan.capture
        self.episodes += 1
        self.frames += capture.frames
        if plan.twin:
            self.twins += 1
        else:
            self.rejected += plan.rejected
        warmup = capture.warmup_s * capture.rate_hz
        self._warmup_frames += warmup
        self._most_frames = max(self._most_frames, capture.frames + warmup)
        each = self._bytes[plan.ego.rig] + picture_bytes_per_frame(self._rigs[plan.ego.rig], plan.output.pictures)
        each += sensing_bytes_per_frame(self._rigs[plan.ego.rig], plan.sensing)
        self._total_bytes += each * capture.frames

    def estimate(self, simulators: int, seconds_per_frame: float) -> Estimate:
        """The cost with so many simulators, each taking so long for a frame.

        Warm-up frames count like others, since sensors run then, too. No episode is split, so the time is never less
        than the longest one's.
        """
        if simulators < 1 or not seconds_per_frame > 0.0:
            raise ValueError(f"needs at least 1 simulator and more than 0 seconds a frame, got {simulators} and "
                             f"{seconds_per_frame:g}")
        work = (self.frames + self._warmup_frames) * seconds_per_frame + self.episodes * SECONDS_PER_EPISODE
        longest = self._most_frames * seconds_per_frame + (SECONDS_PER_EPISODE if self.episodes else 0.0)
        return Estimate(
            self.episodes, self.frames, self._warmup_frames, self._total_bytes,
            max(work / simulators, longest), simulators, seconds_per_frame, self.twins, self.rejected,
        )


def human_bytes(count: float) -> str:
    """ "4.1 GB"."""
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count / 1e3:.3g} kB"


def human_seconds(seconds: float) -> str:
    """ "3 h 20 min", "45 s"."""
    if seconds < 60.0:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60.0)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours / 24.0:.1f} days"
