"""What each key of a scenario means, by plans one can check in one's head."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import pytest

from simgen.scenario import ScenarioMistakes, load_scenario, make_plans
from simgen.scenario.plan import Behaviour, Placement, RoadWish, SpawnWish, Trigger
from simgen.scenario.tables import (
    OPEN_AZIMUTH_DEG,
    WEATHER_FIELDS,
    animal_speeds,
    pedestrian_kinds,
    times_of_day,
    vehicle_kinds,
    weather_presets,
)
from tests.scenario.texts import HEAD, actor_of, plan_of, scenario_of

RIGHT_VERGE = "place: {ahead: 40 m, off_road: 2 m, side: right}"
LEFT_VERGE = "place: {ahead: 40 m, off_road: 2 m, side: left}"


def test_the_smallest_scenario_gets_the_defaults(tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path, HEAD)
    plan = make_plans([scenario], None, 5)[3]
    assert scenario.episodes == 4 and scenario.description == ""
    assert (plan.scenario, plan.index, plan.seed, plan.name) == ("test", 3, 5, "test-0003")
    assert plan.road == RoadWish(kind="rural")
    assert plan.ego.blueprint == "vehicle.lincoln.mkz_2020" and plan.ego.rig == "kitti"
    assert plan.ego.speed_mps == 10.0 and plan.ego.color is None
    assert plan.ego.spawn.index is None and 0.0 < (plan.ego.spawn.pick or 0.0) < 1.0
    assert plan.lights == "auto" and plan.actors == ()
    assert (plan.capture.rate_hz, plan.capture.frames, plan.capture.warmup_s) == (10.0, 20, 1.0)
    assert list(plan.drawn) == ["ego.spawn.pick"]


def test_unset_weather_is_clear_noon_and_not_zeros(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, HEAD)
    assert list(plan.weather) == list(WEATHER_FIELDS) and len(plan.weather) == 14
    assert plan.weather == {**weather_presets()["ClearNoon"], "sun_azimuth_angle": OPEN_AZIMUTH_DEG}


def test_fields_differ_from_the_preset_they_start_from(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, HEAD + "weather: {preset: HardRainNoon, fog_density: 40 %, fog_distance: 1 km}\n")
    assert plan.weather["fog_density"] == 40.0 and plan.weather["fog_distance"] == 1000.0
    assert plan.weather["precipitation"] == 100.0 and plan.weather["wetness"] == 0.0


def test_the_time_of_day_and_the_sun_override_the_weathers_sun(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, HEAD + "weather: HardRainNight\ntime_of_day: golden_hour\n")
    assert (plan.weather["sun_altitude_angle"], plan.weather["sun_azimuth_angle"]) == times_of_day()["golden_hour"]
    plan = plan_of(tmp_path, HEAD + "weather: HardRainNight\nsun: {azimuth: 120 deg}\n")
    assert (plan.weather["sun_altitude_angle"], plan.weather["sun_azimuth_angle"]) == (-90.0, 120.0)


def test_the_preset_table_is_carlas() -> None:
    carla = pytest.importorskip("carla")
    for name, fields in weather_presets().items():
        preset = getattr(carla.WeatherParameters, name)
        assert set(fields) == set(WEATHER_FIELDS)
        for field, value in fields.items():
            assert math.isclose(getattr(preset, field), value, rel_tol=1e-6), f"{name}.{field}"
    offered = {name for name in dir(carla.WeatherParameters) if name[0].isupper()}
    assert offered - set(weather_presets()) == {"Default"}


def test_lights_can_be_on_without_quotes(tmp_path: Path) -> None:
    assert plan_of(tmp_path, HEAD + "lights: on\n").lights == "on"


def test_a_map_by_name_and_by_file(tmp_path: Path) -> None:
    assert plan_of(tmp_path, "name: t\nmap: Town10HD_Opt\nego: {speed: 0}\n").road == RoadWish(name="Town10HD_Opt")
    (tmp_path / "roads").mkdir()
    (tmp_path / "roads" / "x.xodr").write_text("<OpenDRIVE><road/></OpenDRIVE>")
    scenario = scenario_of(tmp_path, "name: t\nmap: roads/x.xodr\nego: {speed: 0}\n")
    sha256 = hashlib.sha256(b"<OpenDRIVE><road/></OpenDRIVE>").hexdigest()
    assert make_plans([scenario], 1, 0)[0].road == RoadWish(xodr="roads/x.xodr", xodr_sha256=sha256)
    assert scenario.road.files["roads/x.xodr"].path == tmp_path / "roads" / "x.xodr"


def test_the_ego_can_be_told_where_and_what_it_is(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "name: t\nmap: A\nego: {speed: 10 mph, spawn: {index: 7}, blueprint: vehicle.audi.tt, "
                             "color: '10,20,30'}\n")
    assert plan.ego.spawn == SpawnWish(index=7) and plan.ego.color == "10,20,30"
    assert plan.ego.blueprint == "vehicle.audi.tt" and plan.ego.speed_mps == 4.4704
    assert plan.drawn == {}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("ahead: 40 m, off_road: 2 m, side: right", Placement(40.0, side="right", off_road_m=2.0)),
        ("ahead: -5 m, lane: ego", Placement(-5.0, lane=0)),
        ("ahead: 40 m, lane: right", Placement(40.0, lane=1)),
        ("ahead: 40 m, lane: left", Placement(40.0, lane=-1)),
        ("ahead: 40 m, lane: -2", Placement(40.0, lane=-2)),
        ("ahead: 40 m, lane: oncoming", Placement(40.0, oncoming=True, heading_rad=math.pi)),
        ("ahead: 40 m, left: 1.2 m", Placement(40.0, left_m=1.2)),
        ("ahead: 40 m, right: 1.2 m", Placement(40.0, left_m=-1.2)),
        ("ahead: 40 m, off_road: 1 m, side: left", Placement(40.0, side="left", off_road_m=1.0, heading_rad=math.pi)),
        ("ahead: 40 m, lane: oncoming, facing: along", Placement(40.0, oncoming=True)),
        ("ahead: 40 m, lane: ego, facing: 90 deg", Placement(40.0, lane=0, heading_rad=math.pi / 2)),
    ],
)
def test_a_car_stands_where_and_as_its_place_says(tmp_path: Path, place: str, expected: Placement) -> None:
    actor = actor_of(tmp_path, f"vehicle: vehicle.audi.tt, place: {{{place}}}")
    assert actor.placement == expected
    assert actor.behaviour == Behaviour("park") and actor.trigger == Trigger()


@pytest.mark.parametrize(
    ("line", "heading_deg"),
    [
        (RIGHT_VERGE, 90), (LEFT_VERGE, -90), ("place: {ahead: 9, right: 3}", 90), ("place: {ahead: 9, left: 3}", -90),
        ("place: {ahead: 9, left: 0}", 0), ("place: {ahead: 9, lane: ego}", 0),
        ("place: {ahead: 9, right: 3, facing: away}", -90), ("place: {ahead: 9, right: 3, facing: against}", 180),
        (f"{RIGHT_VERGE}, do: walk", 0), (f"{LEFT_VERGE}, do: walk", 0),
        (f"{RIGHT_VERGE}, do: cross", 90), (f"{LEFT_VERGE}, do: cross", -90),
        (f"{RIGHT_VERGE}, do: {{cross: {{angle: 10 deg}}}}", 80), (f"{LEFT_VERGE}, do: {{cross: {{angle: 10}}}}", -80),
        ("place: {ahead: 9, off_road: 2, side: right, facing: along}, do: cross", 0),
    ],
)
def test_people_and_animals_face_the_road_unless_they_walk_along_it(
    tmp_path: Path, line: str, heading_deg: float
) -> None:
    """A crossing's angle leans along the ego's way from either side."""
    actor = actor_of(tmp_path, f"animal: dog, {line}")
    assert math.isclose(actor.placement.heading_rad, math.radians(heading_deg), abs_tol=1e-12)


def test_speeds_come_from_the_tables_unless_they_are_given(tmp_path: Path) -> None:
    def speed(line: str) -> float:
        return actor_of(tmp_path, f"{line}, {RIGHT_VERGE}").behaviour.speed_mps

    def do(line: str, what: str) -> float:
        return actor_of(tmp_path, f"{line}, {RIGHT_VERGE}, do: {what}").behaviour.speed_mps

    assert speed("animal: moose") == 0.0
    assert do("animal: white_tailed_deer", "cross") == 4.2
    assert do("animal: white_tailed_deer", "walk") == 1.4
    assert do("animal: white_tailed_deer", "{walk: {speed: 2 m/s}}") == 2.0
    assert do("pedestrian: adult", "cross") == 1.4
    assert do("pedestrian: child", "cross") == 1.39
    assert do("pedestrian: walker.pedestrian.0012", "walk") == 1.1       # a child's id
    assert do("vehicle: car", "{drive: {speed: 36 km/h, distance: 20 m}}") == 10.0


def test_who_is_who(tmp_path: Path) -> None:
    deer = actor_of(tmp_path, f"animal: roe_deer, {RIGHT_VERGE}")
    assert (deer.kind, deer.species, deer.blueprint) == ("animal", "roe_deer", None)
    child = actor_of(tmp_path, f"pedestrian: child, {RIGHT_VERGE}")
    assert (child.kind, child.species) == ("walker", None) and child.blueprint in pedestrian_kinds()["child"]
    van = actor_of(tmp_path, f"vehicle: van, {RIGHT_VERGE}, color: red")
    assert (van.kind, van.color) == ("vehicle", "130,18,20") and van.blueprint in vehicle_kinds()["van"]
    tram = actor_of(tmp_path, f"vehicle: vehicle.own.tram, {RIGHT_VERGE}")
    assert tram.blueprint == "vehicle.own.tram"        # the server knows whether it has it


def test_triggers(tmp_path: Path) -> None:
    crossing = f"animal: dog, {RIGHT_VERGE}, do: cross"
    assert actor_of(tmp_path, crossing).trigger == Trigger()
    assert actor_of(tmp_path, f"{crossing}, when: {{time: -500 ms}}").trigger == Trigger(time_s=-0.5)
    assert actor_of(tmp_path, f"{crossing}, when: {{ego_distance: 30}}").trigger == Trigger(ego_distance_m=30.0)


def test_copies_stand_apart_and_draw_for_themselves(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, HEAD + """actors:
  - {role: herd, animal: sheep, count: 3, spacing: 2 m, do: {walk: {speed: {uniform: [1, 2]}}},
     place: {ahead: 20 m, off_road: 1 m, side: left}}
""")
    assert [actor.role for actor in plan.actors] == ["herd_1", "herd_2", "herd_3"]
    assert [actor.placement.ahead_m for actor in plan.actors] == [20.0, 22.0, 24.0]
    assert len({actor.behaviour.speed_mps for actor in plan.actors}) == 3
    assert set(plan.drawn) == {"ego.spawn.pick", *(f"actors.herd_{i}.do.walk.speed" for i in (1, 2, 3))}


def test_a_random_count_may_be_nobody(tmp_path: Path) -> None:
    text = f"{HEAD}actors:\n  - {{role: x, animal: dog, count: {{uniform: [0, 2]}}, spacing: 2, {RIGHT_VERGE}}}\n"
    counts = {len(plan.actors) for plan in make_plans([scenario_of(tmp_path, text)], 40, 0)}
    assert counts == {0, 1, 2}


def test_what_is_drawn_is_in_the_record_in_the_plans_units(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, HEAD + f"""lights: {{choice: [on, off]}}
weather: {{choice: {{ClearNoon: 1, CloudyNoon: 1}}}}
actors:
  - role: deer
    animal: {{choice: [roe_deer, red_deer]}}
    {RIGHT_VERGE}
    do: {{choice: {{cross: 1, stand: 1}}}}
""")
    actor = plan.actors[0]
    assert plan.drawn["lights"] == plan.lights
    assert plan.drawn["weather.preset"] in ("ClearNoon", "CloudyNoon")
    assert plan.drawn["actors.deer.animal"] == actor.species
    assert plan.drawn["actors.deer.do"] == actor.behaviour.action
    assert plan.drawn["ego.spawn.pick"] == plan.ego.spawn.pick


def test_angles_are_drawn_in_degrees_and_recorded_in_radians(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, HEAD + f"""actors:
  - {{role: deer, animal: roe_deer, {RIGHT_VERGE}, do: {{cross: {{angle: {{uniform: [10 deg, 20 deg]}}}}}}}}
""")
    angle = plan.actors[0].behaviour.angle_rad
    assert math.radians(10) < angle < math.radians(20)
    assert plan.drawn["actors.deer.do.cross.angle"] == angle


def test_an_unlikely_draw_outside_the_limits_names_the_draw(tmp_path: Path) -> None:
    scenario = scenario_of(tmp_path, HEAD.replace("36 km/h", "{normal: [60 m/s, 10 m/s]}"))
    with pytest.raises(ScenarioMistakes) as caught:
        make_plans([scenario], 200, 0)
    sentence = str(caught.value)
    assert sentence.startswith(f"{scenario.path}:3: ego.speed: drawn in episode ")
    assert "outside what makes sense here (0 m/s to 70 m/s)" in sentence and "clip" in sentence


def test_two_scenarios_cannot_share_a_name(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD)
    (tmp_path / "b.yaml").write_text(HEAD)
    a, b = load_scenario(tmp_path / "a.yaml"), load_scenario(tmp_path / "b.yaml")
    with pytest.raises(ScenarioMistakes, match=r"b\.yaml: name: 'test' is also the name of .*a\.yaml"):
        make_plans([a, b], 1, 0)


def test_the_species_table_is_sane() -> None:
    """Walking is slower than crossing, crossing slower than a sprint, and nobody sprints like a cheetah."""
    assert len(animal_speeds()) == 17
    for species, speeds in animal_speeds().items():
        assert 0.0 < speeds.walk_mps <= speeds.cross_mps < speeds.top_mps <= 25.0, species


def test_every_blueprint_is_listed_once() -> None:
    vehicles = [blueprint for kind in vehicle_kinds().values() for blueprint in kind]
    assert len(vehicles) == len(set(vehicles))
    adults, children = set(pedestrian_kinds()["adult"]), set(pedestrian_kinds()["child"])
    assert not adults & children
    assert set(pedestrian_kinds()["man"]) | set(pedestrian_kinds()["woman"]) <= adults
