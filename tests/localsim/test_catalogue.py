import pytest

from simgen.localsim.catalogue import SPECTATOR, stock_library
from simgen.localsim.errors import Refused
from simgen.localsim.values import ActorAttribute, ActorDescription, Vector3


def wanted(blueprint, **attributes):
    return ActorDescription(0, blueprint, tuple(ActorAttribute(key, 4, value) for key, value in attributes.items()))


def ids(prefix):
    return [blueprint.id for blueprint in stock_library() if blueprint.id.startswith(prefix)]


def test_the_library_has_what_carla_0_9_16_has_and_ten_animals():
    assert len(ids("vehicle.")) == 41
    assert ids("walker.pedestrian.") == [f"walker.pedestrian.{n:04d}" for n in range(1, 53)]
    assert len(ids("walker.animal.")) == 10
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
    ("walker.pedestrian.0001", {"use_wheelchair": "true"}, "cannot be set"),
])
def test_what_cannot_be_is_refused_with_the_reason(blueprint, attributes, problem):
    with pytest.raises(Refused, match=problem):
        stock_library().find(blueprint).resolve(wanted(blueprint, **attributes))


def test_an_unknown_blueprint_is_refused_with_the_nearest_one():
    with pytest.raises(Refused, match=r"did you mean 'vehicle\.audi\.a2'"):
        stock_library().find("vehicle.audi.a22")


def test_everything_with_a_body_can_be_drawn():
    from simgen.localsim import bodies

    for blueprint in stock_library():
        assert blueprint.body is None or bodies.has_body(blueprint.id), blueprint.id


def test_every_animal_that_can_be_drawn_has_its_size_in_the_catalogue():
    from simgen.localsim import bodies

    for blueprint in stock_library():
        if blueprint.id.startswith("walker.animal."):
            assert bodies.body_size_m(blueprint.id) == pytest.approx(blueprint.body.size_lwh_m), blueprint.id
