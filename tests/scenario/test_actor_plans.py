"""Actors of a file → actors of a plan: who they are, where they start, what they do, and how groups stand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from simgen.scenario import ScenarioMistakes, make_plans
from simgen.scenario.plan import ActorPlan, Condition, MeetPlan, Placement, Step
from simgen.scenario.tables import animals, vehicle_sizes
from tests.scenario.texts import HEAD, actor_of, plan_of, scenario_of

PLACE = "place: {ahead: 40 m, off_road: 2 m, side: right}"


def actors_of(folder: Path, *lines: str) -> tuple[ActorPlan, ...]:
    text = "".join(f"  - {{{line}}}\n" for line in lines)
    return plan_of(folder, f"{HEAD}capture: {{frames: 101}}\nactors:\n{text}").actors


def placement_of(folder: Path, place: str, what: str = "pedestrian: adult") -> Placement:
    return actors_of(folder, "role: van, vehicle: van, place: {ahead: 30 m, off_road: 1 m, side: right}",
                     f"role: x, {what}, place: {{{place}}}")[1].placement


@pytest.mark.parametrize(("what", "kind", "blueprint", "size"), [
    ("vehicle: bus", "vehicle", "vehicle.mitsubishi.fusorosa", (10.27, 3.94, 4.25)),
    ("vehicle: vehicle.tesla.cybertruck", "vehicle", "vehicle.tesla.cybertruck", (6.27, 2.39, 2.10)),
    ("prop: pallet", "prop", "static.prop.pallet", (1.2, 0.8, 0.144)),
    ("pedestrian: stroller", "walker", "walker.pedestrian.stroller", (1.42, 0.60, 1.68)),
    ("pedestrian: walker.pedestrian.0009", "walker", "walker.pedestrian.0009", (0.35, 0.38, 1.25)),
])
def test_who_they_are(tmp_path: Path, what: str, kind: str, blueprint: str, size: tuple[float, ...]) -> None:
    actor = actor_of(tmp_path, f"{what}, {PLACE}")
    assert (actor.kind, actor.blueprint, actor.size_lwh_m) == (kind, blueprint, size)


def test_animals_are_species_and_the_young_are_small(tmp_path: Path) -> None:
    piglet = actor_of(tmp_path, f"animal: wild_boar, age: young, {PLACE}")
    assert (piglet.blueprint, piglet.species, piglet.attributes) == (None, "wild_boar", {"age": "young"})
    assert piglet.size_lwh_m == animals()["wild_boar"].size("young")
    assert 0.3 <= piglet.size_lwh_m[0] <= 0.5


def test_cyclists_are_vehicles_and_wheelchairs_are_asked_for(tmp_path: Path) -> None:
    rider = actor_of(tmp_path, f"cyclist: bicycle, {PLACE}, do: cross")
    assert rider.kind == "vehicle" and rider.blueprint in vehicle_sizes()
    assert rider.program[0].speed_mps == pytest.approx(15 / 3.6, abs=0.01)
    assert actor_of(tmp_path, f"pedestrian: wheelchair, {PLACE}").attributes == {"use_wheelchair": "true"}


@pytest.mark.parametrize(("what", "program"), [
    ("vehicle: car", (Step("park"),)), ("pedestrian: adult", ()), ("animal: sheep", ()), ("prop: cone", ()),
])
def test_vehicles_park_and_others_stand(tmp_path: Path, what: str, program: tuple[Step, ...]) -> None:
    assert actor_of(tmp_path, f"{what}, {PLACE}").program == program


@pytest.mark.parametrize(("place", "expected"), [
    ("ahead: 40 m, off_road: 2 m, side: left", Placement(40.0, side="left", off_road_m=2.0)),
    ("ahead: 40 m, beside: 1 m, side: right", Placement(40.0, side="right", beside_m=1.0)),
    ("ahead: 40 m, lane: oncoming", Placement(40.0, oncoming=True)),
    ("ahead: 40 m, lane: right", Placement(40.0, lane=1)),
    ("ahead: 40 m, lane: -2", Placement(40.0, lane=-2)),
    ("ahead: -5 m, left: 1.5 m", Placement(-5.0, left_m=1.5)),
    ("ahead: 40 m, right: 1.5 m", Placement(40.0, left_m=-1.5)),
    ("of: van, ahead: 6 m", Placement(6.0, of="van", same_line=True)),
    ("of: van, ahead: 6 m, lane: ego", Placement(6.0, of="van", lane=0)),
    ("before: van, gap: 2 m", Placement(-2.0, of="van", between="ends", same_line=True)),
    ("beyond: van, gap: 2 m, lane: ego", Placement(2.0, of="van", between="ends", lane=0)),
    ("behind: van", Placement(0.5, of="van", between="ends", same_line=True)),
])
def test_where_they_start(tmp_path: Path, place: str, expected: Placement) -> None:
    found = placement_of(tmp_path, place + ", facing: along")
    assert found == expected


def test_at_a_crosswalk_ahead_counts_from_it(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, """name: test
road: {kind: town, near: crosswalk}
ego: {speed: [{at: 0 s, speed: 10 m/s}, {at: 4 s, speed: 20 m/s}]}
capture: {frames: 101}
actors:
  - {role: x, pedestrian: adult, place: {at: crosswalk, off_road: 1 m, side: right}, do: cross}
  - {role: y, pedestrian: adult, place: {at: crosswalk, ahead: -2 m, off_road: 1 m, side: left}}
""")
    assert [(actor.placement.of, actor.placement.ahead_m) for actor in plan.actors] == [("near", 0.0), ("near", -2.0)]
    # 60 % of 10 s: 4 s at 15 m/s on average, 2 s at 20 m/s, and half the MKZ's length.
    assert plan.road.near_ahead_m == pytest.approx(4 * 15 + 2 * 20 + 4.89 / 2)


@pytest.mark.parametrize(("line", "degrees"), [
    ("vehicle: car, place: {ahead: 40 m, lane: ego}", 0), ("vehicle: car, place: {ahead: 40 m, lane: oncoming}", 180),
    ("vehicle: car, place: {ahead: 40 m, off_road: 1 m, side: left}", 180),
    ("vehicle: car, place: {ahead: 90 m, lane: ego}, do: {follow_road: {speed: 20, against: true}}", 180),
    ("vehicle: car, place: {ahead: 90 m, lane: oncoming}, do: {follow_road: {speed: 20, against: true}}", 0),
    (f"pedestrian: adult, {PLACE}", 90), (f"pedestrian: adult, {PLACE}, do: walk", 0),
    (f"pedestrian: adult, {PLACE}, do: cross", 90),
    (f"animal: roe_deer, {PLACE}, do: {{cross: {{angle: 20 deg}}}}", 70),
    (f"animal: roe_deer, {PLACE}, do: [{{stand: {{for: 1 s}}}}, {{cross: {{angle: -20 deg}}}}]", 110),
    ("animal: roe_deer, place: {ahead: 40 m, off_road: 2 m, side: left}, do: {cross: {angle: 20 deg}}", -70),
    ("animal: roe_deer, place: {ahead: 40 m, off_road: 2 m, side: left, facing: away}", 90),
    (f"pedestrian: adult, {PLACE}, do: {{follow_road: {{against: true}}}}", 180),
    ("pedestrian: adult, place: {ahead: 40 m, right: 4 m, facing: 33 deg}", 33),
    (f"prop: bus_stop, {PLACE}", 0), ("prop: bus_stop, place: {ahead: 40 m, off_road: 2 m, side: left}", 180),
])
def test_which_way_they_face(tmp_path: Path, line: str, degrees: float) -> None:
    assert math.degrees(actor_of(tmp_path, line).placement.heading_rad) == pytest.approx(degrees)


def test_on_a_junctions_arm_they_face_the_junction(tmp_path: Path) -> None:
    for arm, degrees in (("left", -90), ("right", 90), ("opposite", 180)):
        actor = actor_of(tmp_path, f"vehicle: car, place: {{junction: {arm}}}, meet: {{time: 1 s}}, "
                                   "do: {follow_road: {speed: 40 km/h}}")
        assert (actor.placement.arm, actor.placement.ahead_m) == (arm, None)
        assert math.degrees(actor.placement.heading_rad) == degrees


@pytest.mark.parametrize(("do", "speed_mps"), [
    ("cross", 3.2), ("{cross: {gait: walk}}", 1.1), ("{cross: {gait: gallop}}", 4.96), ("{cross: {gait: trot}}", 2.22),
    ("walk", 1.1), ("flee", 4.96), ("turn_back", 3.2), ("{cross: {speed: 9 km/h}}", 2.5),
])
def test_speeds_and_gaits_come_from_the_species_table(tmp_path: Path, do: str, speed_mps: float) -> None:
    step = actor_of(tmp_path, f"animal: roe_deer, {PLACE}, do: {do}").program[0]
    assert step.speed_mps == pytest.approx(speed_mps)


def test_a_gait_that_the_species_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioMistakes, match=r"a kangaroo does not 'trot' \(it has: walk, hop\)"):
        actor_of(tmp_path, f"animal: kangaroo, {PLACE}, do: {{cross: {{gait: trot}}}}")


def test_a_run_up_is_an_acceleration(tmp_path: Path) -> None:
    """Euro NCAP's CPNA: 5 km/h after 1 m; 4 m then take 3.60 s (and CPFA 8 km/h after 1.5 m, 6 m, 3.38 s)."""
    for speed_kph, run_up_m, way_m, time_s in ((5, 1.0, 4.0, 3.60), (8, 1.5, 6.0, 3.38)):
        step = actor_of(tmp_path, f"pedestrian: adult, {PLACE}, do: {{cross: {{speed: {speed_kph} km/h, "
                                  f"run_up: {run_up_m} m}}}}").program[0]
        assert step.acceleration_mps2 is not None and step.speed_mps is not None
        reached_s = step.speed_mps / step.acceleration_mps2
        assert reached_s + (way_m - run_up_m) / step.speed_mps == pytest.approx(time_s, abs=0.005)


def test_verbs_carry_what_was_said(tmp_path: Path) -> None:
    program = actor_of(tmp_path, """vehicle: car, place: {ahead: 20 m, lane: left}, do: [
      {follow_road: {speed: 15, distance: 50 m, acceleration: 2}}, {brake: {deceleration: 3, to: 5}},
      {speed_up: {to: 12}}, {cut_in: {gap: 8 m, over: 2 s}}, {lane_change: {side: left}},
      {drift: {side: right, speed: 0.4, distance: 1 m}}, {run_red: {speed: 14}}, {stop: {distance: 20 m}}, stop,
      {open_door: {door: rear_left, when: {time: 1 s}, until: {speed: {below: 1}}}}]""").program
    assert program == (
        Step("follow_road", speed_mps=15.0, distance_m=50.0, acceleration_mps2=2.0),
        Step("brake", acceleration_mps2=3.0, speed_mps=5.0),
        Step("speed_up", acceleration_mps2=2.0, speed_mps=12.0),
        Step("cut_in", gap_m=8.0, duration_s=2.0),
        Step("lane_change", side="left", duration_s=4.0),
        Step("drift", side="right", lateral_mps=0.4, distance_m=1.0),
        Step("run_red", speed_mps=14.0),
        Step("stop", distance_m=20.0),
        Step("stop", acceleration_mps2=4.0),
        Step("open_door", door="rear_left", when=Condition("time", 1.0, above=True), until=Condition("speed", 1.0)),
    )


def test_walkers_verbs_carry_what_was_said(tmp_path: Path) -> None:
    actors = actors_of(
        tmp_path, f"role: dog, animal: dog, {PLACE}, do: cross",
        f"role: x, pedestrian: adult, {PLACE}, do: [{{walk_to: {{place: {{of: dog, ahead: 3 m}}}}}}, "
        "{follow_leader: {leader: dog, delay: 2 s}}, {flee: {from: dog, angle: 10 deg}}, {freeze: {for: 2 s}}]")
    assert actors[1].program == (
        Step("walk_to", speed_mps=1.4, place=Placement(3.0, of="dog", same_line=True)),
        Step("follow_leader", leader="dog", delay_s=2.0),
        Step("flee", speed_mps=4.0, leader="dog", angle_rad=math.radians(10)),
        Step("freeze", duration_s=2.0),
    )


@pytest.mark.parametrize(("facing", "degrees"), [("road", -90), ("against", 180), ("40 deg", 40)])
def test_who_walks_to_a_place_turns_there_as_it_says(tmp_path: Path, facing: str, degrees: float) -> None:
    actor = actor_of(tmp_path, f"pedestrian: adult, {PLACE}, do: {{walk_to: {{place: {{ahead: 40 m, off_road: 1 m, "
                               f"side: left, facing: {facing}}}}}}}")
    assert [step.verb for step in actor.program] == ["walk_to", "face"]
    assert math.degrees(actor.program[1].angle_rad) == pytest.approx(degrees)


@pytest.mark.parametrize(("before", "speed_mps"), [
    ("{follow_road: {speed: 20, distance: 30 m}}, {lane_change: {side: left}}", None),
    ("{follow_road: {speed: 20}}, {brake: {to: 8}}", None),
    ("{follow_road: {speed: 20}}, {brake: {until: {speed: {below: 9}}}}", None),
    ("{follow_road: {speed: 20}}, {speed_up: {to: 25}}, {stop: {distance: 60 m}}", 25.0),
    ("{follow_road: {speed: 20}}, {brake: {}}, {stand: {for: 1 s}}", 20.0),
    ("{follow_road: {speed: 20}}, {either: [{chance: 100 %, do: stop}]}", 20.0),
])
def test_a_vehicle_that_is_told_no_speed_goes_on_as_it_did(
    tmp_path: Path, before: str, speed_mps: float | None
) -> None:
    actor = actor_of(tmp_path, f"vehicle: car, place: {{ahead: 20 m, lane: ego}}, do: [{before}, follow_road]")
    assert actor.program[-1] == Step("follow_road", speed_mps=speed_mps)


def test_who_walks_follows_the_road_at_a_walk_whatever_came_before(tmp_path: Path) -> None:
    program = actor_of(tmp_path, f"pedestrian: adult, {PLACE}, do: [{{cross: {{gait: run}}}}, follow_road]").program
    assert [step.speed_mps for step in program] == [4.0, 1.4]
    rider = actor_of(tmp_path, "cyclist: bicycle, place: {ahead: 20 m, lane: ego}, do: follow_road").program
    assert rider[0].speed_mps == pytest.approx(15 / 3.6, abs=0.01)


@pytest.mark.parametrize(("when", "expected"), [
    ("{time: 0.5 s}", Condition("time", 0.5, above=True)),
    ("{ego_distance: 30 m, delay: 1 s}", Condition("ego_distance", 30.0, delay_s=1.0)),
    ("{ego_distance: {above: 30 m}}", Condition("ego_distance", 30.0, above=True)),
    ("{ttc: 2 s}", Condition("ttc", 2.0)), ("{visible: true}", Condition("visible", 0.0)),
    ("{visible: 0.5 s}", Condition("visible", 0.5)),
    ("{ego_speed: {above: 10}}", Condition("ego_speed", 10.0, above=True)),
    ("{event: {actor: ego, did: braked}}", Condition("event", role="ego", did="braked")),
    ("{not: {distance: {to: ego, below: 5 m}}}", Condition("not", parts=(Condition("distance", 5.0, role="ego"),))),
    ("{any: [{ttc: 1 s}, {all: [{time: 1 s}, {visible: true}]}]}", Condition("any", parts=(
        Condition("ttc", 1.0),
        Condition("all", parts=(Condition("time", 1.0, above=True), Condition("visible", 0.0)))))),
])
def test_conditions(tmp_path: Path, when: str, expected: Condition) -> None:
    (actor,) = actors_of(tmp_path, f"role: x, pedestrian: adult, {PLACE}, when: {when}, do: cross")
    assert actor.when == expected


def test_a_meet_takes_place_after_sixty_percent_of_the_clip(tmp_path: Path) -> None:
    deer, hidden = actors_of(
        tmp_path, "role: deer, animal: roe_deer, place: {side: right}, meet: {lead: 2 s, impact: 25 %}, do: cross",
        "role: late, animal: roe_deer, place: {off_road: 3 m, side: left}, meet: {miss: 0.5 s, time: 4 s}, do: cross")
    assert deer.meet == MeetPlan(0.25, 6.0, lead_s=2.0)
    assert deer.placement == Placement(None, side="right", heading_rad=math.pi / 2)
    assert hidden.meet == MeetPlan(0.5, 4.0, miss_s=0.5)
    assert deer.event and hidden.event


def test_who_hides_somebody_has_its_place_along_the_road_left_open(tmp_path: Path) -> None:
    van, child = actors_of(
        tmp_path, "role: van, vehicle: van, place: {beside: 1 m, side: right}",
        "role: child, pedestrian: child, place: {off_road: 2 m, side: right}, meet: {reveal: 1.2 s, behind: van}, "
        "do: cross")
    assert van.placement.ahead_m is None and van.placement.beside_m == 1.0 and not van.event
    assert child.meet == MeetPlan(0.5, 6.0, reveal_s=1.2, behind="van")


def test_a_meet_that_begins_before_the_warm_up_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioMistakes, match="'lead' is 9 s and the meeting 6 s after the first frame"):
        actors_of(tmp_path, "role: x, animal: dog, place: {side: right}, meet: {lead: 9 s}, do: cross")


HERD = "role: herd, animal: red_deer, count: 4, spacing: 3 m"


def test_a_herd_follows_its_leader_in_place_and_time(tmp_path: Path) -> None:
    leader, *followers = actors_of(
        tmp_path,
        f"{HERD}, formation: file, delay: 1.5 s, place: {{off_road: 8 m, side: right}}, meet: {{}}, do: cross")
    assert leader.meet is not None and leader.when is None
    for number, follower in enumerate(followers, start=1):
        place = follower.placement
        assert follower.meet is None and follower.event
        assert follower.when == Condition("event", role=f"herd_{number}", did="started", delay_s=1.5)
        assert (place.of, place.same_line, place.heading_rad) == ("herd_1", True, leader.placement.heading_rad)
        assert (place.ahead_m, place.left_m) == pytest.approx((0.0, -3.0 * number), abs=1e-12)


@pytest.mark.parametrize(("formation", "offsets"), [
    ("along", [(3, 0), (6, 0), (9, 0)]), ("abreast", [(0, -3), (0, -6), (0, -9)]),
])
def test_formations(tmp_path: Path, formation: str, offsets: list[tuple[float, float]]) -> None:
    actors = actors_of(tmp_path, f"{HERD}, formation: {formation}, place: {{off_road: 8 m, side: right}}, meet: {{}}, "
                                 "do: cross")
    assert [(actor.placement.ahead_m, actor.placement.left_m) for actor in actors[1:]] == offsets


@pytest.mark.parametrize(("place", "step"), [
    ("right: 1 m", 3.0), ("lane: right", 3.0), ("left: 1 m", 3.0), ("lane: ego", 3.0),     # on the road: over its width
    ("lane: oncoming", -3.0), ("lane: left", -3.0),
    ("off_road: 1 m, side: left", 3.0), ("right: 5 m", -3.0), ("beside: 1 m, side: right", -3.0),   # beside it: away
])
def test_abreast_nobody_is_sent_off_the_road(tmp_path: Path, place: str, step: float) -> None:
    _, *others = actors_of(tmp_path, f"{HERD}, formation: abreast, place: {{ahead: 40 m, {place}}}")
    assert [actor.placement.left_m for actor in others] == [step, 2 * step, 3 * step]


def test_a_file_goes_on_its_leaders_very_path_and_faces_as_it_does(tmp_path: Path) -> None:
    sow, *piglets = actors_of(
        tmp_path, f"role: sow, animal: wild_boar, {PLACE}, do: {{cross: {{angle: 10 deg}}}}",
        "role: piglet, animal: wild_boar, count: 2, spacing: 1 m, formation: file, place: {of: sow, ahead: 0 m, "
        "off_road: 4 m, side: right}, do: {follow_leader: {leader: sow}}")
    assert [piglet.program for piglet in piglets] == [(Step("follow_path", leader="sow", delay_s=1.0),)] * 2
    assert {piglet.placement.heading_rad for piglet in piglets} == {sow.placement.heading_rad} == {math.radians(80)}
    behind = piglets[1].placement
    assert (behind.ahead_m, behind.left_m) == pytest.approx((-math.cos(math.radians(80)), -math.sin(math.radians(80))))


def test_where_the_leader_of_a_meet_does_nothing_nobody_goes(tmp_path: Path) -> None:
    text = (f"{HEAD}capture: {{frames: 101}}\nactors:\n  - {{role: x, pedestrian: adult, count: 3, "
            "place: {off_road: 2 m, side: right}, meet: {}, do: {either: [{chance: 50 %, do: cross}]}}\n")
    by_itself = list(make_plans([scenario_of(tmp_path, text)], 30, 0))
    idle = [plan for plan in by_itself if not plan.actors[0].program]
    assert 5 < len(idle) < 25
    assert not any(actor.program for plan in idle for actor in plan.actors)
    assert any(actor.program for plan in by_itself if plan not in idle for actor in plan.actors[1:])


def test_a_cluster_keeps_its_distances_and_stays_behind_the_leader(tmp_path: Path) -> None:
    actors = actors_of(tmp_path, "role: crowd, pedestrian: adult, count: 40, spacing: 1 m, formation: cluster, "
                                 "place: {ahead: 40 m, off_road: 1 m, side: right}")
    places = [(0.0, 0.0), *((a.placement.ahead_m or 0.0, a.placement.left_m) for a in actors[1:])]
    assert all(left <= 1e-9 for _, left in places)            # the road is to the left of who stands on the right
    assert min(math.dist(a, b) for n, a in enumerate(places) for b in places[:n]) >= 1.0


def test_along_the_road_copies_keep_draws_of_their_own(tmp_path: Path) -> None:
    a, b, c = actors_of(
        tmp_path, "role: x, pedestrian: adult, count: 3, spacing: 6 m, do: walk, "
                  "place: {ahead: {uniform: [24, 26]}, off_road: {uniform: [2, 3]}, side: left}")
    assert [one.role for one in (a, b, c)] == ["x_1", "x_2", "x_3"]
    assert 24 <= a.placement.ahead_m <= 26 and 30 <= b.placement.ahead_m <= 32 and 36 <= c.placement.ahead_m <= 38  # type: ignore[operator]
    assert len({one.placement.off_road_m for one in (a, b, c)}) == 3


@pytest.mark.parametrize("when", ["", "when: {ttc: 3 s}, "])
def test_who_does_nothing_does_not_hold_up_those_behind_it(tmp_path: Path, when: str) -> None:
    scenario = scenario_of(tmp_path, (
        f"{HEAD}actors:\n  - {{role: x, pedestrian: adult, count: 5, delay: 0.3 s, {when}place: {{ahead: 40 m, "
        "off_road: 2 m, side: right}, do: {either: [{chance: 50 %, do: cross}]}}\n"))
    waiting = 0
    for plan in make_plans([scenario], 20, 0):
        moving = {actor.role for actor in plan.actors if actor.program}
        begins_s = {"x_1": 0.0}                                # after the first of the group begins, or would have
        for number, actor in enumerate(plan.actors):
            if actor.role not in moving or number == 0:
                continue
            assert actor.when is not None
            if actor.when.kind == "event":
                assert actor.when.role in moving and actor.when.role < actor.role
                begins_s[actor.role] = begins_s[actor.when.role] + actor.when.delay_s
            elif when:
                assert actor.when.kind == "ttc"
                begins_s[actor.role] = actor.when.delay_s
            else:
                assert actor.when.kind == "time" and actor.when.value is not None
                begins_s[actor.role] = actor.when.value + plan.capture.warmup_s
            assert begins_s[actor.role] == pytest.approx(0.3 * number)
            waiting += actor.when.role != f"x_{number}"
    assert waiting > 10


def test_who_names_a_group_means_its_first(tmp_path: Path) -> None:
    *_, car = actors_of(tmp_path, f"{HERD}, place: {{ahead: 40 m, off_road: 8 m, side: right}}",
                        "role: car, vehicle: car, place: {beyond: herd, lane: ego}, do: {follow_road: {speed: 10}}, "
                        "when: {event: {actor: herd, did: hit}}")
    assert car.placement.of == "herd_1"
    assert car.when is not None and car.when.role == "herd_1"


def test_the_ego_reacts_turns_and_ends_as_told(tmp_path: Path) -> None:
    ego = plan_of(tmp_path, """name: test
road: {kind: town}
ego: {speed: 36 km/h, route: [left, straight], reacts: {aeb: {ttc: 1.2 s, range: 40 m}}, on_crash: end, color: red}
""").ego
    assert ego.route == ("left", "straight") and ego.on_crash == "end" and ego.color == "130,18,20"
    assert ego.aeb is not None
    assert (ego.aeb.ttc_s, ego.aeb.delay_s, ego.aeb.deceleration_mps2, ego.aeb.range_m) == (1.2, 0.3, 9.0, 40.0)
    assert plan_of(tmp_path, HEAD).ego.aeb is None


@pytest.mark.parametrize(("what", "step", "who"), [
    ("animal: goose", "cross: {speed: {normal: [2.4, 0.3]}}", "a goose goes at most at 2.5 m/s"),
    ("pedestrian: {choice: [adult, child]}", "cross: {speed: {normal: [6, 1]}}", "goes at most at"),
    ("cyclist: bicycle", "follow_road: {speed: {normal: [15, 2]}}", "goes at most at 16.7 m/s"),
])
def test_a_drawn_speed_that_nobody_of_its_kind_reaches_is_refused(
    tmp_path: Path, what: str, step: str, who: str
) -> None:
    scenario = scenario_of(tmp_path, f"{HEAD}actors:\n  - {{role: x, {what}, {PLACE}, do: {{{step}}}}}\n")
    with pytest.raises(ScenarioMistakes, match=rf"test.yaml:5:\d+: actors.x.do.*speed: drawn in episode \d+: .* is "
                                               rf"impossible: .*{who}.*; narrow the distribution"):
        list(make_plans([scenario], 60, 0))
