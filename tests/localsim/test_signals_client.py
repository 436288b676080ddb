"""Traffic lights and signs as the real client and its Traffic Manager know them, on a straight road."""

import pytest

from tests.localsim.client_world import spawn, step_by_hand
from tests.localsim.serving_process import running, traffic_manager_port

carla = pytest.importorskip("carla")
Red, Yellow, Green = carla.TrafficLightState.Red, carla.TrafficLightState.Yellow, carla.TrafficLightState.Green
STOP_LINE_M = 100.0


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with running("tests.localsim.stand_in_server", tmp_path_factory.mktemp("server")) as server:
        client = carla.Client("127.0.0.1", server.port)
        client.set_timeout(20.0)
        client.load_world("Signalled")
        yield client


@pytest.fixture
def world(client):
    step_by_hand(client)
    world = client.reload_world(False)
    world.tick()
    return world


@pytest.fixture
def light(world):
    (light,) = world.get_actors().filter("traffic.traffic_light")
    return light


def test_the_client_finds_a_light_by_all_its_ways(world, light):
    (landmark,) = world.get_map().get_all_landmarks_of_type("1000001")
    assert light.get_opendrive_id() == landmark.id == "7"
    assert world.get_traffic_light(landmark).id == world.get_traffic_light_from_opendrive_id("7").id == light.id
    before = world.get_map().get_waypoint(carla.Location(60.0, 1.75, 0.0))
    assert [one.id for one in world.get_traffic_lights_from_waypoint(before, 50.0)] == [light.id]
    assert [one.id for one in light.get_group_traffic_lights()] == [light.id]
    (sign,) = world.get_actors().filter("traffic.speed_limit.*")
    assert (sign.type_id, type(sign).__name__) == ("traffic.speed_limit.30", "TrafficSign")


def test_its_volume_lies_on_its_lane_before_the_stop_line(light):
    (affected,), (stop,) = light.get_affected_lane_waypoints(), light.get_stop_waypoints()
    assert affected.transform.location.x == pytest.approx(STOP_LINE_M, abs=0.01)
    assert 95.0 < stop.transform.location.x < STOP_LINE_M
    corners = light.trigger_volume.get_world_vertices(light.get_transform())
    assert min(c.x for c in corners) == pytest.approx(STOP_LINE_M - 0.9 * 3.5, abs=0.01)
    assert max(c.x for c in corners) == pytest.approx(STOP_LINE_M, abs=0.01)
    assert min(c.y for c in corners) == pytest.approx(1.75 - 0.45 * 3.5, abs=0.01)
    assert light.get_transform().rotation.yaw == pytest.approx(90.0)              # as CARLA's: to the right
    low = next(box for box in light.get_light_boxes() if box.location.z < 3.5)
    assert (low.location.x, low.location.y) == (pytest.approx(STOP_LINE_M, abs=0.5), pytest.approx(4.2, abs=0.1))


def test_a_client_sets_times_and_freezes_a_light(world, light):
    assert (light.state, light.is_frozen(), light.get_pole_index()) == (Green, False, 0)
    assert (light.get_green_time(), light.get_yellow_time(), light.get_red_time()) == (10.0, 3.0, 2.0)
    light.set_green_time(0.5)
    light.set_state(Red)
    world.tick()
    assert (light.state, light.get_green_time()) == (Red, 0.5)
    assert light.get_elapsed_time() == pytest.approx(0.1)
    light.reset_group()
    seen = []
    for _ in range(36):
        world.tick()
        seen.append(light.get_state())
    assert seen == [Green] * 4 + [Yellow] * 30 + [Red] * 2
    light.freeze(True)
    light.set_state(Green)
    for _ in range(40):
        world.tick()
    assert light.is_frozen() and light.state == Green
    world.reset_all_traffic_lights()
    assert not light.destroy()                                            # it belongs to the level


def test_carlas_traffic_manager_waits_at_red_and_drives_on_at_green(client, world, light):
    cars = [spawn(world, "vehicle.audi.a2", carla.Transform(carla.Location(60.0, 1.75, 0.3)))]
    port = traffic_manager_port()
    manager = client.get_trafficmanager(port)
    manager.set_synchronous_mode(True)
    manager.set_random_device_seed(1)
    light.set_state(Red)
    light.freeze(True)
    cars[0].set_autopilot(True, port)
    for _ in range(120):
        world.tick(10.0)
    front_m = cars[0].get_location().x + cars[0].bounding_box.extent.x
    assert STOP_LINE_M - 4.0 < front_m < STOP_LINE_M
    assert cars[0].get_velocity().length() < 0.05
    assert cars[0].is_at_traffic_light() and cars[0].get_traffic_light().id == light.id
    assert cars[0].get_traffic_light_state() == Red
    light.set_state(Green)
    for _ in range(80):
        world.tick(10.0)
    assert cars[0].get_location().x > STOP_LINE_M + 15.0
    assert not cars[0].is_at_traffic_light()
    for _ in range(40):
        world.tick(10.0)
    assert cars[0].get_speed_limit() == 30.0                              # it has passed the sign
    light.set_state(Red)
    cars.append(spawn(world, "vehicle.audi.a2", carla.Transform(carla.Location(60.0, 1.75, 0.3))))
    cars[1].set_autopilot(True, port)
    manager.ignore_lights_percentage(cars[1], 100.0)
    for _ in range(100):
        world.tick(10.0)
    heedless_m = cars[1].get_location().x
    manager.shut_down()
    assert heedless_m > STOP_LINE_M + 5.0
