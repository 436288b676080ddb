"""What a run keeps of its episodes agrees with their plans, and a million of them fit."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from simgen.errors import RequestError
from simgen.fleet.ledger import Jobs, Ledger
from simgen.fleet.run import missing
from simgen.kitti.manifest import DatasetRequest, EpisodeEntry, RigSource, ScenarioSource
from simgen.kitti.splits import set_of
from simgen.scenario import Plans, frame_numbers, load_scenario, make_plans
from simgen.scenario.library import library

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def plans() -> Plans:
    small = load_scenario(ROOT / "tests" / "data" / "small.yaml")
    deer = load_scenario(library()["animals/deer_crossing"])
    return make_plans([small, deer, replace(small, model=small.model.model_copy(update={
        "name": "small-twice", "twin": "negative"}))], 7, 3)


def test_a_ledger_says_of_each_episode_what_its_plan_says(plans: Plans) -> None:
    ledger = Ledger(plans)
    assert len(ledger) == len(plans) == 28
    assert list(ledger.names()) == [plan.name for plan in plans] == list(ledger.digests)
    assert dict(ledger.digests) == {plan.name: plan.digest() for plan in plans}
    some = ledger.digests_of([2, 9])
    assert dict(some) == {plans[n].name: plans[n].digest() for n in (2, 9)} and plans[3].name not in some
    assert dict(ledger.sets) == {
        plan.name: set_of(plan.scenario, plan.index, asdict(plan.output.split)) for plan in plans}
    assert [ledger.first_frame(n) for n in range(28)] == [frames.start for frames in frame_numbers(plans)]
    assert ledger.frames == sum(plan.capture.frames for plan in plans)
    assert [ledger.number(plan.name) for plan in plans] == list(range(28))
    assert [ledger.number(name) for name in ("small-0007", "small", "small-0000-twin", "x-0000", "")] == [None] * 5
    assert ledger.plan_json("small-0003") == json.loads(json.dumps(plans[3].to_json()))


def test_its_entries_are_those_of_the_dataset_s_request(plans: Plans) -> None:
    entries = Ledger(plans).entries
    as_tuple = tuple(EpisodeEntry(plan.name, plan.digest()) for plan in plans)
    assert entries == as_tuple and as_tuple == entries and entries[:3] == as_tuple[:3]
    assert entries != as_tuple[:-1]
    rest = {"seed": 3, "scenarios": (ScenarioSource('a "b"', "0"),), "rigs": (RigSource("kitti", "1"),)}
    lazy, plain = (DatasetRequest(episodes=some, **rest) for some in (entries, as_tuple))       # type: ignore[arg-type]
    assert lazy == plain
    assert lazy.to_text() == plain.to_text() == as_json(plain)
    assert DatasetRequest.from_text(lazy.to_text()) == plain
    none = replace(plain, episodes=())
    assert none.to_text() == as_json(none)


def as_json(request: DatasetRequest) -> str:
    value = asdict(request)
    assert value.pop("merged") == ()
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def test_jobs_are_made_when_they_are_asked_for(plans: Plans) -> None:
    ledger = Ledger(plans)
    jobs = Jobs(ledger, [2, 9], lambda plan: plan.scenario)
    assert [job.plan for job in jobs] == [plans[2], plans[9]] == [job.plan for job in jobs[:]]
    assert [job.first_frame for job in jobs] == [frame_numbers(plans)[n].start for n in (2, 9)]
    assert jobs[1].xodr_text == "deer_crossing"
    work = jobs.work
    assert list(work.kinds) == [0, 1] and list(work.ticks) == [3 + 5, ledger.frames_of(9) + round(
        plans[9].capture.warmup_s * plans[9].capture.rate_hz)]


def test_missing_are_those_without_a_record_or_those_of_them_that_are_named(plans: Plans) -> None:
    ledger = Ledger(plans)
    recorded = {plan.name for plan in plans} - {"small-0001", "small-0004", "deer_crossing-0000"}
    assert list(missing(ledger, recorded, ())) == [1, 4, 7]
    assert list(missing(ledger, recorded, ["deer_crossing-0000", "small-0000", "small-0001"])) == [1, 7]
    with pytest.raises(RequestError, match=r"^moose-0000: no episode of this dataset; they are small-0000 to"):
        missing(ledger, recorded, ["moose-0000"])
