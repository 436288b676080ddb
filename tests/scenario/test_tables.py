"""The tables' numbers hang together, and say what their sources say."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from simgen.scenario.actor_kinds import person_abilities
from simgen.scenario.chance import Normal, Source
from simgen.scenario.tables import (
    animals,
    crowd,
    cyclist_kinds,
    pedestrian,
    pedestrian_kinds,
    pedestrian_speeds,
    prop_kinds,
    prop_size,
    prop_sizes,
    road_states,
    stopping_distance_m,
    vehicle_kinds,
    vehicle_size,
    vehicle_sizes,
    vehicle_speeds,
)

ROOT = Path(__file__).parents[2]

# km/h → metres to stand: a driver on dry, wet, snow and ice; automatic braking on dry.
STOPPING = {
    30: (17, 19, 26, 47, 6), 50: (35, 40, 59, 117, 15), 70: (56, 67, 105, 218, 27), 90: (82, 100, 162, 350, 42),
    110: (113, 139, 233, 513, 61), 130: (147, 185, 315, 706, 83),
}


@pytest.mark.parametrize("speed_kph", STOPPING)
def test_stopping_distances_are_the_tables_to_a_metre(speed_kph: int) -> None:
    speed_mps = speed_kph / 3.6
    ways = [("dry", "human"), ("wet", "human"), ("snow", "human"), ("icy", "human"), ("dry", "aeb")]
    computed = [stopping_distance_m(speed_mps, road, driver) for road, driver in ways]
    assert computed == pytest.approx(list(STOPPING[speed_kph]), abs=1.0)


def test_grip_falls_from_dry_to_icy() -> None:
    assert [(word, state.friction) for word, state in road_states().items()] == [
        ("dry", 0.9), ("wet", 0.6), ("snow", 0.3), ("icy", 0.1)]
    distances = [stopping_distance_m(20.0, road, "aeb") for road in road_states()]
    assert distances == sorted(distances)


@pytest.mark.parametrize("species", animals())
def test_species_walk_slower_than_they_change_to_gallop_and_that_is_below_their_top(species: str) -> None:
    row = animals()[species]
    if row.change_mps is None:
        assert row.speeds.walk_mps < row.speeds.top_mps
    else:
        assert row.speeds.walk_mps < row.change_mps < row.speeds.top_mps
    assert row.speeds.walk_mps <= row.speeds.cross_mps <= row.speeds.top_mps
    assert list(row.gaits_mps.values()) == sorted(row.gaits_mps.values())
    assert max(row.gaits_mps.values()) <= row.speeds.top_mps


@pytest.mark.parametrize("species", animals())
def test_strides_are_of_believable_length(species: str) -> None:
    """Stride = speed / stride frequency: walking 1.62 M^-0.15 Hz, changing to gallop 4.48 M^-0.14 Hz."""
    row = animals()[species]
    assert 0.3 < row.speeds.walk_mps / (1.62 * row.mass_kg**-0.15) < 4.0
    if row.change_mps is not None:
        assert 0.3 < row.change_mps / (4.48 * row.mass_kg**-0.14) < 4.0


def test_there_are_seventeen_species_and_a_kangaroo_hops() -> None:
    assert len(animals()) == 17
    assert set(animals()["kangaroo"].gaits_mps) == {"walk", "hop"}
    assert set(animals()["roe_deer"].gaits_mps) == {"walk", "trot", "gallop"}


def test_the_young_are_smaller_in_every_direction() -> None:
    for row in animals().values():
        assert all(small < big for small, big in zip(row.size("young"), row.size("adult"), strict=True))


def test_the_fifteenth_percentile_of_a_crowd_is_the_sources() -> None:
    walk = crowd()
    pace = Normal(walk.mean_mps, walk.sd_mps, (walk.least_mps, walk.most_mps))
    assert pace.quantile(0.15) == pytest.approx(1.12, abs=0.005)
    assert 1.0 - pace.acceptance() < 0.01
    draws = sorted(pace.quantile(Source(0, "crowd", index).unit("speed")) for index in range(4000))
    assert draws[600] == pytest.approx(1.12, abs=0.02)


def test_slow_pedestrians_are_slower_than_the_mean_and_runners_faster() -> None:
    for kind in ("adult", "child", "elderly", "stroller"):
        row = pedestrian(kind)
        assert row.slow_mps < row.gaits_mps["walk"] < row.gaits_mps["jog"] < row.gaits_mps["run"] <= row.speeds.top_mps
    assert pedestrian("lying").gaits_mps == {}
    assert pedestrian("elderly").gaits_mps["walk"] < pedestrian("adult").gaits_mps["walk"]


def test_ids_have_the_speeds_of_their_age() -> None:
    assert pedestrian_speeds("walker.pedestrian.0009") == pedestrian_speeds("child")
    assert pedestrian_speeds("walker.pedestrian.0015") == pedestrian_speeds("adult") == pedestrian_speeds("man")


def test_every_vehicle_of_carla_has_its_box_and_every_kind_only_known_ones() -> None:
    assert len(vehicle_sizes()) == 41
    assert {name for ids in vehicle_kinds().values() for name in ids} <= set(vehicle_sizes())
    assert vehicle_size("vehicle.carlamotors.european_hgv") == (7.94, 2.89, 3.46)
    assert vehicle_size("vehicle.somebody.elses") == (4.6, 1.9, 1.5)
    assert set(cyclist_kinds()) == {"bicycle", "motorcycle"}
    assert vehicle_speeds("vehicle.bh.crossbike").cross_mps == pytest.approx(15 / 3.6, abs=0.01)


def test_the_bodies_are_the_built_in_simulators() -> None:
    catalogue = ROOT / "simgen" / "localsim" / "catalogue"
    species = yaml.safe_load((catalogue / "animals.yaml").read_text(encoding="utf-8"))["species"]
    vehicles = yaml.safe_load((catalogue / "vehicles.yaml").read_text(encoding="utf-8"))["vehicles"]
    props = yaml.safe_load((catalogue / "props.yaml").read_text(encoding="utf-8"))["props"]
    walkers = yaml.safe_load((catalogue / "pedestrians.yaml").read_text(encoding="utf-8"))
    people = {**walkers["figures"], "umbrella": walkers["umbrella"]}
    assert {name: row.size("adult") for name, row in animals().items()} == {
        name: tuple(row["size"]) for name, row in species.items()}
    for name, row in species.items():
        if "young" in row:
            assert animals()[name].size("young") == tuple(row["young"]["size"])
    assert vehicle_sizes() == {name: tuple(row["size"]) for name, row in vehicles.items()}
    assert prop_sizes() == {f"static.prop.{name}": tuple(row["size"]) for name, row in props.items()}
    for kind in ("wheelchair", "stroller", "lying", "umbrella"):
        assert pedestrian(kind).size_lwh_m == tuple(people[kind]["size"])


def test_every_prop_and_person_has_a_body() -> None:
    for ids in prop_kinds().values():
        assert all(name in prop_sizes() for name in ids)
    assert prop_size("static.prop.vendingmachine") == (1.0, 1.0, 1.0)
    for kind in pedestrian_kinds():
        length, width, height = pedestrian(kind).size_lwh_m
        assert min(length, width) > 0.2 and height < 2.1
    assert pedestrian("lying").size_lwh_m[2] < 0.5


def test_nobody_runs_in_a_wheelchair_and_who_flees_in_one_has_it_powered() -> None:
    """edge-cases.md, section 3: 1.08 m/s by hand, powered 1.4 to 1.8, at most 2.8."""
    row = pedestrian("wheelchair")
    assert row.gaits_mps == {"walk": 1.08} and 1.4 <= row.flee_mps <= 1.8 < row.speeds.top_mps == 2.8
    assert person_abilities("wheelchair").usual_mps["flee"] == row.flee_mps
    assert pedestrian("adult").flee_mps == pedestrian("adult").gaits_mps["run"]
