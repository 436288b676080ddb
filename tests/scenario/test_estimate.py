"""What recording costs, and the summary of what was drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensors.rig import load_rig
from simgen.scenario import make_plans
from simgen.scenario.estimate import (
    Tally,
    bytes_per_frame,
    human_bytes,
    human_seconds,
    picture_bytes_per_frame,
    sensing_bytes_per_frame,
)
from simgen.scenario.plan import SensingPlan
from simgen.scenario.summaries import Column, Summary, dimensions_of, episode_lines
from tests.scenario.texts import HEAD, plan_of, scenario_of


def test_a_frame_of_the_kitti_rig_takes_what_frames_were_measured_to_take() -> None:
    """Datasets of the built-in simulator: 3.77, 3.98, 4.06 and 4.33 MB a frame."""
    assert bytes_per_frame(load_rig("kitti")) == pytest.approx(4.0e6, rel=0.1)


def test_frames_bytes_and_time_add_up(tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path, HEAD + "capture: {frames: 30, rate: 10 Hz, warmup: 1 s}\n")
    tally = Tally({"kitti": load_rig("kitti")})
    for plan in make_plans([scenario], 10, 0):
        tally.add(plan)
    one, many = tally.estimate(1, 2.0), tally.estimate(5, 2.0)
    assert (one.episodes, one.frames) == (10, 300)
    rig = load_rig("kitti")
    causes = sensing_bytes_per_frame(rig, SensingPlan("measured"))
    assert one.bytes == pytest.approx(300 * (bytes_per_frame(rig) + causes))
    assert causes == pytest.approx(11 * 0.88 * 64 * 2083) and sensing_bytes_per_frame(rig, SensingPlan()) == 0.0
    assert sensing_bytes_per_frame(rig, SensingPlan("measured", keep=("clean",))) == pytest.approx(27 / 11 * causes)
    assert one.seconds == pytest.approx(10 * (40 * 2.0 + 2.0))
    assert many.seconds == pytest.approx(one.seconds / 5)
    assert tally.estimate(1000, 2.0).seconds == pytest.approx(40 * 2.0 + 2.0)       # no episode is split
    assert "10 episodes, 300 frames" in next(one.lines())
    with pytest.raises(ValueError, match="at least 1 simulator"):
        tally.estimate(0, 1.0)


def test_twins_cost_frames_and_rejected_draws_are_told(tmp_path: Path) -> None:
    text = HEAD.replace("36 km/h", "{uniform: [36 km/h, 72 km/h]}") + "twin: negative\nrequire: [ego.speed > 54 km/h]\n"
    tally = Tally({"kitti": load_rig("kitti")})
    plans = make_plans([scenario_of(tmp_path, text)], 50, 0)
    for plan in plans:
        tally.add(plan)
    told = list(tally.estimate(1, 1.0).lines())
    assert "100 episodes (50 of them negative twins)" in told[0]
    rejected = sum(plan.rejected for plan in plans) // 2
    assert 30 < rejected < 80
    assert told[1].startswith(f"{rejected} of {rejected + 50} draws were thrown away")


def test_a_summary_has_least_mean_and_greatest_with_units_and_counts_of_words(tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path, HEAD.replace("36 km/h", "{choice: [36 km/h, 72 km/h]}") + """
lights: {choice: [on, off]}
actors: [{role: x, pedestrian: adult, count: 2, spacing: 3 m,
          place: {ahead: {uniform: [40, 50]}, off_road: 1 m, side: left, facing: {choice: [90 deg]}}}]
""")
    summary = Summary(dimensions_of([scenario]))
    plans = make_plans([scenario], 200, 0)
    for plan in plans:
        summary.add(plan)
    told = {line.split()[0]: line for line in summary.lines()}
    assert told["ego.speed"].endswith("20 m/s") and "10 … 1" in told["ego.speed"]
    assert "actors.x_2.place.ahead" in told and told["actors.x_2.place.ahead"].endswith(" m")
    on = sum(plan.lights == "on" for plan in plans)
    assert f"on {on}" in told["lights"] and f"off {200 - on}" in told["lights"]
    shown = list(episode_lines(plans[0], 7, dimensions_of([scenario])))
    assert shown[0] == "test-0000  frames 000007–000026  10 Hz"
    assert "    actors.x_1.place.facing: 90 deg" in shown


def test_a_column_of_many_words_does_not_grow_without_end() -> None:
    column = Column()
    for number in range(1000):
        column.add(f"word {number}")
    assert column.count == 1000 and len(column.words) == 50 and column.others == 950
    assert column.text("x", {}).endswith("others 994")
    assert Column().mean is None


@pytest.mark.parametrize(("seconds", "text"), [(12, "12 s"), (150, "2 min"), (3600, "1 h"), (12_000, "3 h 20 min"),
                                               (400_000, "4.6 days")])
def test_times_for_people(seconds: float, text: str) -> None:
    assert human_seconds(seconds) == text


def test_sizes_for_people(tmp_path: Path) -> None:
    assert [human_bytes(count) for count in (4e12, 4.1e9, 5.5e6, 300)] == ["4 TB", "4.1 GB", "5.5 MB", "0.3 kB"]
    assert plan_of(tmp_path, HEAD).rejected == 0


def test_pictures_on_request_take_their_share() -> None:
    rig = load_rig("kitti")
    assert picture_bytes_per_frame(rig, ()) == 0.0
    assert picture_bytes_per_frame(rig, ("depth", "semantic")) == pytest.approx(0.28 * 1242 * 375)
