import pytest

from simgen.localsim.catalogue import SPECTATOR, carla_library, stock_library
from simgen.localsim.errors import Refused
from simgen.localsim.values import ActorAttribute, ActorDescription, Vector3


def wanted(blueprint, **attributes):
    return ActorDescription(0, blueprint, tuple(ActorAttribute(key, 4, value) for key, value in attributes.items()))


def ids(prefix):
    return [blueprint.id for blueprint in stock_library() if blueprint.id.startswith(prefix)]


def test_the_library_has_what_carla_0_9_16_has_and_seventeen_animals():
    assert len(ids("vehicle.")) == 41
    assert ids("walker.pedestrian.0") == [f"walker.pedestrian.{n:04d}" for n in range(1, 53)]
    assert len(ids("walker.animal.")) == 17
    assert SPECTATOR.id not in ids("")


def test_every_blueprint_has_its_own_number():
    numbers = [blueprint.uid for blueprint in stock_library()]
    assert len(set(numbers)) == len(numbers)


def test_a_cars_box_stands_on_the_ground_and_has_half_of_its_size_as_extent():
    box = stock_library().find("vehicle.lincoln.mkz_2020").body.bounding_box(7)
    assert box.extent == pytest.approx((4.89 / 2, 1.84 / 2, 1.49 / 2))
    assert box.location == pytest.approx((0, 0, 1.49 / 2))
    assert box.actor_id == 7


def test_a_pedestrian_answers_carlas_capsule_around_its_middle():
    body = stock_library().find("walker.pedestrian.0002").body
    assert body.bounding_box().extent == pytest.approx((0.1875, 0.1875, 0.93))
    assert body.bounding_box().location == Vector3(0, 0, 0)
    assert body.origin_height_m == pytest.approx(0.93)


def test_an_animal_answers_its_standing_body_around_its_middle():
    body = stock_library().find("walker.animal.moose").body
    assert body.size_lwh_m == (2.80, 1.20, 2.50)
    assert body.bounding_box().location == Vector3(0, 0, 0)
    assert (body.origin_height_m, body.tag) == (1.25, 21)


@pytest.mark.parametrize(("blueprint", "tag", "base_type", "wheels"), [
    ("vehicle.audi.a2", 14, "car", 4), ("vehicle.mercedes.sprinter", 14, "van", 4),
    ("vehicle.carlamotors.firetruck", 15, "truck", 4), ("vehicle.mitsubishi.fusorosa", 16, "bus", 4),
    ("vehicle.yamaha.yzf", 18, "motorcycle", 2), ("vehicle.gazelle.omafiets", 19, "bicycle", 2),
    ("vehicle.mini.cooper_s", 14, "", 4),
])
def test_vehicles_are_tagged_by_what_they_are(blueprint, tag, base_type, wheels):
    found = stock_library().find(blueprint)
    assert found.body.tag == tag
    assert found.attributes["base_type"].value == base_type
    assert found.body.wheels.count == wheels
    assert int(found.attributes["number_of_wheels"].value) == wheels


def test_no_axle_lies_outside_its_vehicle():
    for blueprint in stock_library():
        if blueprint.body and blueprint.body.wheels:
            assert 0.5 < blueprint.body.wheels.base_m / blueprint.body.size_lwh_m[0] < 0.75, blueprint.id


def test_every_default_value_can_be_set():
    for blueprint in stock_library():
        for spec in blueprint.attributes.values():
            spec.check(spec.value)


def test_what_is_asked_for_replaces_defaults_and_the_rest_is_filled_in():
    asked = wanted("sensor.camera.rgb", fov="82.4", image_size_x="1264")
    values = stock_library().find("sensor.camera.rgb").resolve(asked)
    assert (values["fov"], values["image_size_x"], values["image_size_y"]) == ("82.4", "1264", "600")


@pytest.mark.parametrize(("blueprint", "attributes", "problem"), [
    ("sensor.camera.rgb", {"fov": "wide"}, "is not a float"),
    ("sensor.camera.rgb", {"fov": "nan"}, "is not a float"),
    ("sensor.camera.rgb", {"image_size_x": "12.5"}, "is not a int"),
    ("sensor.camera.rgb", {"lens_k": "0.3"}, "pinhole camera"),
    ("sensor.camera.rgb", {"zoom": "2"}, "has no attribute 'zoom'"),
    ("sensor.camera.depth", {"fov": "180"}, "must lie in 0.1 … 175"),
    ("sensor.lidar.ray_cast", {"channels": "0"}, "must lie in 1 … 1024"),
    ("vehicle.audi.a2", {"color": "300,0,0"}, "rgb color"),
    ("vehicle.audi.a2", {"base_type": "truck"}, "cannot be set"),
    ("walker.pedestrian.0012", {"use_wheelchair": "true"}, "cannot be set"),
    ("walker.pedestrian.0012", {"umbrella": "true"}, "has no attribute 'umbrella'"),
    ("walker.animal.dog", {"age": "young"}, "cannot be set"),
    ("walker.animal.bear", {"age": "old"}, "it can be adult, young"),
    ("static.prop.box01", {"size": "big"}, "cannot be set"),
])
def test_what_cannot_be_is_refused_with_the_reason(blueprint, attributes, problem):
    with pytest.raises(Refused, match=problem):
        stock_library().find(blueprint).resolve(wanted(blueprint, **attributes))


def test_an_unknown_blueprint_is_refused_with_the_nearest_one():
    with pytest.raises(Refused, match=r"did you mean 'vehicle\.audi\.a2'"):
        stock_library().find("vehicle.audi.a22")


def bodies_of(blueprint):
    return [body for body in (blueprint.body, *blueprint.variants.values()) if body]


def test_everything_with_a_body_can_be_drawn():
    from simgen.localsim import bodies

    for blueprint in stock_library():
        assert all(bodies.has_body(body.shape) for body in bodies_of(blueprint)), blueprint.id


def test_every_creature_that_can_be_drawn_has_its_size_in_the_catalogue():
    from simgen.localsim import bodies

    checked = set()
    for blueprint in stock_library():
        for body in bodies_of(blueprint):
            if body.kind in ("animal", "walker") and body.shape not in bodies.PEOPLE:
                assert bodies.body_size_m(body.shape) == pytest.approx(body.size_lwh_m), body.shape
                checked.add(body.shape)
    assert {"walker.animal.goose/young", "walker.pedestrian.0003/wheelchair", "walker.pedestrian.lying"} <= checked


def test_a_scenario_and_a_label_know_the_same_species_as_the_catalogue():
    from importlib.resources import files

    import yaml

    species = {name.rpartition(".")[2] for name in ids("walker.animal.")}
    label = yaml.safe_load((files("simgen.label") / "bodies.yaml").read_text())["animals"]
    scenario = yaml.safe_load((files("simgen.scenario") / "tables/animals.yaml").read_text())
    assert species == set(label) == set(scenario)
    for name, size in label.items():
        assert stock_library().find(f"walker.animal.{name}").body.size_lwh_m == tuple(size)


def test_an_attribute_chooses_another_body():
    bear = stock_library().find("walker.animal.bear")
    young = bear.body_of(bear.resolve(wanted("walker.animal.bear", age="young")))
    assert (young.shape, young.size_lwh_m) == ("walker.animal.bear/young", (0.95, 0.34, 0.58))
    assert bear.body_of(bear.resolve(wanted("walker.animal.bear"))) is bear.body
    man = stock_library().find("walker.pedestrian.0003")
    for yes in ("true", "True", "1"):
        seated = man.body_of(man.resolve(wanted(man.id, use_wheelchair=yes)))
        assert seated.size_lwh_m == (1.10, 0.65, 1.35)
        assert seated.origin_height_m == pytest.approx(0.675)
    assert man.body_of(man.resolve(wanted(man.id, use_wheelchair="false"))) is man.body
    sheltered = man.body_of(man.resolve(wanted(man.id, umbrella="true")))
    assert (sheltered.shape, sheltered.size_lwh_m) == ("walker.pedestrian.0003/umbrella", (1.0, 1.0, 2.05))


def test_a_prop_stands_on_its_origin_and_has_carlas_class():
    cone = stock_library().find("static.prop.constructioncone").body
    assert (cone.kind, cone.tag, cone.origin_height_m) == ("prop", 21, 0.0)
    assert cone.bounding_box().location == pytest.approx((0, 0, 1.03 / 2))
    assert stock_library().find("static.prop.busstop").body.tag == 20
    assert stock_library().find("static.prop.hedge").body.size_lwh_m == (6.0, 1.0, 2.0)


def test_a_vehicle_says_whether_its_doors_open():
    for name, opens in (("vehicle.seat.leon", "true"), ("vehicle.mercedes.sprinter", "true"),
                        ("vehicle.mitsubishi.fusorosa", "false"), ("vehicle.yamaha.yzf", "false")):
        assert stock_library().find(name).attributes["has_dynamic_doors"].value == opens


def test_stock_carla_s_library_has_nothing_of_ours():
    ours, carlas = {one.id: one for one in stock_library()}, {one.id: one for one in carla_library()}
    assert carlas.keys() < ours.keys()
    gone = ours.keys() - carlas.keys()
    assert {key for key in gone if not key.startswith(("walker.animal.", "static.prop."))} == {
        "simgen.about", "simgen.weather", "sensor.camera.silhouettes", "walker.pedestrian.lying",
        "walker.pedestrian.stroller", "walker.pedestrian.wheelchair",
    }
    assert len([key for key in gone if key.startswith("static.prop.")]) == 10
    assert len([key for key in carlas if key.startswith("vehicle.")]) == 41
    walker, camera = carlas["walker.pedestrian.0002"], carlas["sensor.camera.rgb"]
    assert "umbrella" not in walker.attributes and "use_wheelchair" in walker.attributes
    assert walker.body_of({"use_wheelchair": "true"}) != walker.body
    assert not {"every_ticks", "settle_frames"} & camera.attributes.keys()
    assert carlas["vehicle.audi.tt"] == ours["vehicle.audi.tt"]
