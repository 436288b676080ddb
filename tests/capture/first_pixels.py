"""The instance camera as judge of a reveal: from which picture on are there some pixels of the actor?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from sensors.rig import Rig, parse_rig, rig_file
from simgen.capture import Endpoint, open_episode
from simgen.scenario.plan import EpisodePlan
from tests.capture.crossings import RATE_HZ, Case

BEFORE_S, AFTER_S = 0.4, 0.4        # of the asked reveal: from when to when pictures are taken
WARM_UP_S = 4.0
LEAST_PX = 4                        # fewer are not seen
SMALL = {
    "render_width_px: 1264": "render_width_px: 632", "render_height_px: 404": "render_height_px: 202",
    "focal_px: 721.5377": "focal_px: 360.76885", "crop_left_px: 22": "crop_left_px: 11",
    "crop_top_px: 29": "crop_top_px: 14", " width_px: 1242": " width_px: 621", " height_px: 375": " height_px: 187",
    "rate_hz: 10": "rate_hz: 20", "points_per_ring: 2083": "points_per_ring: 90",
    "{position_m: [1.03, -0.47, 1.65], record: true}": "{position_m: [1.03, -0.47, 1.65], record: false}",
}


def small_rig() -> Rig:
    """The KITTI rig with half the pixels, one camera, a thin LiDAR, and 20 pictures a second."""
    text = rig_file("kitti").read_text(encoding="utf-8")
    for old, new in SMALL.items():
        assert old in text, old
        text = text.replace(old, new)
    return parse_rig(text, "small", "small.yaml")


def pictured(case: Case) -> EpisodePlan:
    """The same crossing, filmed only round its reveal: everything before is warm-up."""
    assert case.reveal_s is not None
    actor = case.plan.actors[-1]
    assert actor.meet is not None
    return replace(
        case.plan,
        actors=(*case.plan.actors[:-1], replace(actor, meet=replace(actor.meet, time_s=case.reveal_s + BEFORE_S))),
        capture=replace(case.plan.capture, warmup_s=WARM_UP_S, frames=round((BEFORE_S + AFTER_S) * RATE_HZ) + 1),
    )


@dataclass(frozen=True)
class FirstPixels:
    """Seconds before the asked impact: the last picture without the actor and the first with it (nan: none such)."""

    hidden_s: float
    seen_s: float
    asked_s: float

    @property
    def late_s(self) -> float:
        """How much later than asked it is seen, taking the middle between the two pictures; negative: earlier."""
        return self.asked_s - (self.hidden_s + self.seen_s) / 2


def first_pixels(endpoint: Endpoint, case: Case) -> FirstPixels:
    """Film a case with the small rig. Raises PlacementError as the episode does."""
    plan, rig = pictured(case), small_rig()
    meet = plan.actors[-1].meet
    assert meet is not None and case.reveal_s is not None
    times, seen = [], []
    with open_episode(endpoint, plan, rig) as episode:
        for frame in episode.frames():
            number = next(actor.simulator_id for actor in frame.actors if actor.role == "crosser") & 0xFFFF
            ids = frame.views[rig.label_camera.name].instance_id
            assert ids is not None
            times.append(frame.time_s)
            seen.append(int(np.count_nonzero(ids == number)) >= LEAST_PX)
    hidden = [k for k, visible in enumerate(seen) if not visible]
    if not hidden or hidden[-1] + 1 == len(seen):
        return FirstPixels(math.nan, math.nan, case.reveal_s)
    last = hidden[-1]
    return FirstPixels(meet.time_s - times[last], meet.time_s - times[last + 1], case.reveal_s)
