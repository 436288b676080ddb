"""The real carla client, unmodified, against the server with the stand-in place: the judge of the protocol."""

import queue
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import closing

import numpy as np
import pytest

from simgen.localsim.wire import rpc
from tests.localsim import client_world
from tests.localsim.serving_process import ROOT, running, traffic_manager_port

carla = pytest.importorskip("carla")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running("tests.localsim.stand_in_server", tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def client(server):
    client = carla.Client("127.0.0.1", server.port)
    client.set_timeout(10.0)
    return client


@pytest.fixture
def world(client):
    """A fresh episode in synchronous mode, 10 Hz; left asynchronous."""
    client_world.step_by_hand(client)
    world = client.reload_world(False)
    yield world
    for actor in world.get_actors():
        if isinstance(actor, carla.Sensor) and actor.is_listening:
            actor.stop()
    client.reload_world(True)


def spawn(world, blueprint, x=0.0, y=0.0, z=0.3, yaw=0.0, parent=None, **attributes):
    pose = carla.Transform(carla.Location(x, y, z), carla.Rotation(yaw=yaw))
    return client_world.spawn(world, blueprint, pose, parent, **attributes)


def listen(sensor):
    """A queue of what the sensor sends; pictures and sweeps are copied, as they do not outlive the callback's data."""
    got = queue.Queue()
    sensor.listen(got.put)
    return got


def test_a_client_finds_map_spawn_points_blueprints_and_version(client):
    world = client.get_world()
    assert client.get_server_version() == client.get_client_version() == "0.9.16"
    assert client.get_available_maps() == [f"/Game/Carla/Maps/{name}" for name in ("Straight", "Other", "Signalled")]
    town = world.get_map()
    assert town.name == "Carla/Maps/Straight"
    first = town.get_spawn_points()[0].location
    assert (first.x, first.y) == (0.0, 1.75)
    assert town.get_waypoint(first).lane_id == -1                       # the right-hand lane
    library = world.get_blueprint_library()
    assert len(library.filter("vehicle.*")) == 41
    assert library.find("sensor.lidar.ray_cast").get_attribute("dropoff_general_rate").as_float() == pytest.approx(0.45)
    assert library.find("vehicle.audi.tt").get_attribute("color").as_color() is not None


def test_a_bare_client_drives_a_car_with_a_camera_and_a_lidar(world):
    car = spawn(world, "vehicle.lincoln.mkz_2020", role_name="ego")
    camera = spawn(world, "sensor.camera.rgb", 1.0, 0, 1.6, parent=car, image_size_x=64, image_size_y=32, fov=75)
    lidar = spawn(world, "sensor.lidar.ray_cast_semantic", 0, 0, 1.8, parent=car, range=50, points_per_second=64000)
    images, sweeps = listen(camera), listen(lidar)
    car.apply_control(carla.VehicleControl(throttle=1.0))
    for _ in range(5):
        frame = world.tick(10.0)
        image, sweep = images.get(timeout=5), sweeps.get(timeout=5)
        assert image.frame == sweep.frame == frame == world.get_snapshot().frame
        assert image.transform.location.x == pytest.approx(camera.get_transform().location.x, abs=1e-4)
    assert (image.width, image.height) == (64, 32)
    assert image.fov == pytest.approx(75.0)
    pixels = np.frombuffer(image.raw_data, np.uint8).reshape(32, 64, 4)
    assert pixels[0, 0].tolist() == [10, 0, 200, 255]
    points = np.frombuffer(sweep.raw_data, np.float32).reshape(-1, 6)
    assert sweep.channels == 32
    np.testing.assert_allclose(points[:, 2], -1.8, atol=1e-4)
    assert car.get_velocity().x == pytest.approx(0.5 * 3.1, rel=0.02)
    assert car.attributes["role_name"] == "ego"
    assert car.get_control().throttle == 1.0
    camera.stop(), lidar.stop()


def test_the_first_frame_after_listen_is_not_lost(world):
    for _ in range(5):
        gnss = spawn(world, "sensor.other.gnss")
        fixes = listen(gnss)
        frame = world.tick(10.0)
        assert fixes.get(timeout=5).frame == frame
        gnss.stop()
        gnss.destroy()


def test_delta_seconds_is_what_was_asked_for(world):
    world.tick(10.0)
    snapshot = world.get_snapshot()
    assert snapshot.delta_seconds == pytest.approx(np.float32(0.1), abs=0)


def test_every_sensor_can_be_spawned_and_listened_to(world):
    car = spawn(world, "vehicle.audi.a2")
    small = {"image_size_x": 16, "image_size_y": 8}
    sensors = [
        spawn(world, blueprint.id, parent=car, **(small if "camera" in blueprint.id else {}))
        for blueprint in world.get_blueprint_library().filter("sensor.*")
    ]
    queues = {sensor.type_id: listen(sensor) for sensor in sensors}
    spawn(world, "walker.animal.fox", 1.0, z=40.0)                      # falls onto the car's roof: a collision
    for _ in range(2):
        world.tick(10.0)
    del queues["sensor.other.lane_invasion"]                            # nothing to tell while standing still
    for name, got in queues.items():
        data = got.get(timeout=5)
        assert data.frame > 0, name
    for sensor in sensors:
        sensor.stop()


def test_collisions_name_both_sides(world):
    car = spawn(world, "vehicle.audi.a2")
    sensor = spawn(world, "sensor.other.collision", parent=car)
    events = listen(sensor)
    deer = spawn(world, "walker.animal.red_deer", 30, 0, 1.05)
    world.tick(10.0)
    deer.set_transform(carla.Transform(carla.Location(2.5, 0, 1.05)))
    world.tick(10.0)
    event = events.get(timeout=5)
    assert (event.actor.id, event.other_actor.id) == (car.id, deer.id)
    assert event.other_actor.type_id == "walker.animal.red_deer"
    sensor.stop()


def test_lane_invasions_are_found_by_the_client_from_what_the_server_says(world):
    car = spawn(world, "vehicle.audi.a2", 0, 1.75)
    sensor = spawn(world, "sensor.other.lane_invasion", parent=car)
    events = listen(sensor)
    for y in (1.75, 1.75, 0.9, 0.2, -0.9):
        car.set_transform(carla.Transform(carla.Location(1, y, 0)))
        world.tick(10.0)
    assert str(events.get(timeout=5).crossed_lane_markings[0].type) == "Broken"
    sensor.stop()


def test_an_animal_is_a_walker_that_can_be_steered(world):
    deer = spawn(world, "walker.animal.moose", 10, 5, 1.25)
    assert isinstance(deer, carla.Walker)
    assert list(deer.semantic_tags) == [21]
    deer.apply_control(carla.WalkerControl(carla.Vector3D(0, -1, 0), 2.0))
    for _ in range(10):
        world.tick(10.0)
    pose = deer.get_transform()
    assert (pose.location.x, pose.location.y, pose.location.z) == pytest.approx((10, 3, 1.25), abs=1e-3)
    assert pose.rotation.yaw == pytest.approx(-90)
    assert deer.get_velocity().y == pytest.approx(-2.0)
    assert deer.bounding_box.extent.z == pytest.approx(1.25)


def test_a_batch_answers_each_command_by_itself(client, world):
    library = world.get_blueprint_library()
    pose = carla.Transform(carla.Location(0, 0, 0.3))
    make = carla.command.SpawnActor
    responses = client.apply_batch_sync([
        make(library.find("vehicle.audi.a2"), pose).then(carla.command.SetVehicleLightState(
            carla.command.FutureActor, carla.VehicleLightState.LowBeam)),
        make(library.find("vehicle.audi.tt"), pose),
        carla.command.DestroyActor(999),
    ], True)
    assert [response.has_error() for response in responses] == [False, True, True]
    assert responses[1].error == "Spawn failed because of collision at spawn position"
    assert "no actor 999" in responses[2].error
    assert world.get_actor(responses[0].actor_id).get_light_state() == carla.VehicleLightState.LowBeam
    [removed] = client.apply_batch_sync([carla.command.DestroyActor(responses[0].actor_id)], True)
    assert not removed.has_error()
    assert len(world.get_actors().filter("vehicle.*")) == 0


def test_the_rear_axle_is_found_from_the_wheels(world):
    car = spawn(world, "vehicle.lincoln.mkz_2020", 10, 20, yaw=90)
    world.tick(10.0)
    wheels = car.get_physics_control().wheels
    rear = [(wheels[2].position.x + wheels[3].position.x) / 200, (wheels[2].position.y + wheels[3].position.y) / 200]
    assert rear == pytest.approx([10.0, 20.0 - 2.85 / 2], abs=1e-4)


def test_weather_comes_back_as_it_was_set(world):
    world.set_weather(carla.WeatherParameters.HardRainSunset)
    world.tick(10.0)
    assert world.get_weather() == carla.WeatherParameters.HardRainSunset


def test_a_ray_finds_the_ground(world):
    world.tick(10.0)
    point = world.ground_projection(carla.Location(1, 2, 30), 100)
    assert (point.location.x, point.location.y, point.location.z) == pytest.approx((1, 2, 0), abs=1e-4)
    assert point.label == carla.CityObjectLabel.Roads
    assert world.ground_projection(carla.Location(1, 2, 30), 10) is None
    assert len(world.cast_ray(carla.Location(0, 0, 5), carla.Location(0, 0, -5))) == 1


def test_every_episode_starts_again_with_the_same_ids(client, world):
    ids = []
    for _ in range(3):
        world = client.reload_world(False)
        ids.append(spawn(world, "vehicle.audi.a2").id)
        world.tick(10.0)
        assert len(world.get_actors().filter("vehicle.*")) == 1
    assert len(set(ids)) == 1


def test_another_map_is_loaded_by_any_of_its_names(client, world):
    for name in ("Other", "/Game/Carla/Maps/Other", "Carla/Maps/Other"):
        assert client.load_world(name, False).get_map().name == "Carla/Maps/Other"
    with pytest.raises(RuntimeError, match=r"no map 'Othr' \(did you mean 'Other'\?\)"):
        client.load_world("Othr")
    client.load_world("Straight", False)


def test_an_uploaded_opendrive_becomes_a_world(client, world):
    document = world.get_map().to_opendrive()
    generated = client.generate_opendrive_world(document, carla.OpendriveGenerationParameters(), False)
    assert generated.get_map().name == "Carla/Maps/OpenDriveMap"
    with pytest.raises(RuntimeError, match="not an OpenDRIVE"):
        client.generate_opendrive_world("<xml/>")
    client.load_world("Straight", False)


@pytest.mark.parametrize(("ask", "named"), [
    (lambda client, world: client.start_recorder("x.log"), "start_recorder"),
    (lambda client, world: world.get_names_of_all_objects(), "get_names_of_all_objects"),
    (lambda client, world: world.load_map_layer(carla.MapLayer.Buildings), "load_map_layer"),
])
def test_what_it_cannot_do_is_refused_by_name(client, world, ask, named):
    with pytest.raises(RuntimeError, match=f"does not know the call '{named}'"):
        ask(client, world)


def test_what_it_cannot_draw_is_refused_at_spawn(world):
    with pytest.raises(RuntimeError, match=r"lens_k.*pinhole"):
        spawn(world, "sensor.camera.rgb", lens_k=0.2)


def test_several_clients_see_one_world(server, world):
    other = carla.Client("127.0.0.1", server.port)
    other.set_timeout(10.0)
    theirs = other.get_world()
    car = spawn(world, "vehicle.audi.a2")
    frame = theirs.tick(10.0)
    assert theirs.get_actor(car.id).type_id == "vehicle.audi.a2"
    assert frame > 0


def test_in_asynchronous_mode_time_passes_by_itself(client):
    world = client.get_world()
    frames = [world.wait_for_tick(5.0).frame for _ in range(3)]
    assert frames == sorted(set(frames))


def test_carlas_own_traffic_manager_drives_along_the_lane(client, world):
    car = spawn(world, "vehicle.audi.a2", 0, 1.75)
    port = traffic_manager_port()
    manager = client.get_trafficmanager(port)
    manager.set_synchronous_mode(True)
    manager.set_random_device_seed(1)
    car.set_autopilot(True, port)
    for _ in range(150):
        world.tick(10.0)
    location, speed = car.get_location(), car.get_velocity().x
    manager.shut_down()
    assert location.x > 100
    assert location.y == pytest.approx(1.75, abs=0.3)
    assert 40 < speed * 3.6 < 52                                        # the road's limit is 50


def test_a_callback_that_asks_the_server_something_is_answered(world):
    car = spawn(world, "vehicle.audi.a2")
    sensor = spawn(world, "sensor.other.gnss", parent=car)
    answers = queue.Queue()
    sensor.listen(lambda fix: answers.put(car.bounding_box.extent.x))
    for _ in range(3):
        world.tick(10.0)
        assert answers.get(timeout=5) == pytest.approx(3.71 / 2)
    sensor.stop()


def test_rubbish_closes_its_own_connection_only(server, world):
    for rubbish in (b"GET / HTTP/1.1\r\n\r\n", b"\xc1\xc1", bytes(100)):
        with closing(socket.create_connection(("127.0.0.1", server.port), 5)) as line:
            line.sendall(rubbish)
            assert line.recv(10) == b""
    with closing(socket.create_connection(("127.0.0.1", server.ready["stream_port"]), 5)) as line:
        line.sendall(b"\x01")                                           # a quarter of a subscription
    assert world.tick(10.0) > 0


def test_arguments_of_a_wrong_shape_are_refused_and_the_connection_lives(server):
    with closing(socket.create_connection(("127.0.0.1", server.port), 5)) as line:
        calls = [("destroy_actor", ("seven",)), ("destroy_actor", ()), ("get_actor_bounding_box", (1,))]
        for number, (method, arguments) in enumerate(calls):
            line.sendall(rpc.call_bytes(rpc.Call(number, method, arguments, False)))
        reader, replies = rpc.ReplyReader(), []
        while len(replies) < 3:
            replies += reader.feed(line.recv(1 << 16))
    texts = [reply.result[0][1] for reply in replies]
    assert "destroy_actor: expected int, got 'seven'" in texts[0][0]
    assert "takes 1 arguments, not 0" in texts[1][0]
    assert replies[2].result[0][0] == 1


def test_a_subscriber_to_a_stream_that_does_not_exist_is_left_in_peace(server, world):
    with closing(socket.create_connection(("127.0.0.1", server.ready["stream_port"]), 5)) as line:
        line.sendall(struct.pack("<I", 4_000_000))
        world.tick(10.0)
        line.settimeout(0.2)
        with pytest.raises(TimeoutError):
            line.recv(1)


def test_sigterm_ends_it_cleanly(tmp_path):
    with running("tests.localsim.stand_in_server", tmp_path) as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(5) == 0
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", server.port), 1).close()


def test_it_does_not_outlive_its_owner(tmp_path):
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    program = (
        "import sys; from pathlib import Path; from tests.localsim.stand_in import *;"
        "from simgen.localsim.atlas import Atlas;"
        "from simgen.localsim.server import run; from simgen.localsim.simulation import Simulation;"
        "from simgen.localsim.stage import Stage;"
        "maps = Atlas(['Straight'], straight_place, None);"
        "run(lambda hub: Simulation(maps, 'Straight', lambda p, _: Stage(FlatRenderer(), NoBodies(), None), hub), 0,"
        f" owner_pid={owner.pid}, ready_file=Path(sys.argv[1]))"
    )
    ready = tmp_path / "ready.json"
    server = subprocess.Popen([sys.executable, "-c", program, str(ready)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 30
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.poll() is None
        owner.kill()
        owner.wait()
        assert server.wait(5) == 0
    finally:
        for process in (owner, server):
            if process.poll() is None:
                process.kill()
                process.wait()


@pytest.mark.parametrize(("arguments", "words"), [
    (["--port", "{taken}"], ["cannot listen on 127.0.0.1:{taken}", "--port"]),
    (["--port", "0", "--stream-port", "{taken}"], ["cannot listen on 127.0.0.1:{taken}", "--stream-port"]),
    (["--port", "0", "--owner", "4194399"], ["no process 4194399"]),
    (["--port", "0", "--map", "nowhere.xodr"], ["nowhere.xodr"]),
])
def test_what_keeps_it_from_starting_is_one_clear_sentence(server, arguments, words):
    taken = str(server.port)
    done = subprocess.run(
        [sys.executable, "-m", "simgen.localsim", *(word.replace("{taken}", taken) for word in arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word.replace("{taken}", taken) in done.stderr


def test_a_client_can_tell_that_this_is_not_carla(world):
    from simgen import __version__
    from simgen.capture.session import identify

    library = world.get_blueprint_library()
    assert identify(library, "0.9.16") == ("simgen", __version__)
    with pytest.raises(RuntimeError, match="cannot be spawned"):
        world.spawn_actor(library.find("simgen.about"), carla.Transform())


def test_a_new_camera_is_exposed_right_from_its_first_picture_and_says_so(world):
    blueprint = world.get_blueprint_library().find("sensor.camera.rgb")
    assert int(blueprint.get_attribute("settle_frames")) == 0


def test_a_camera_can_rest_between_the_frames_that_somebody_keeps(world):
    ego = spawn(world, "vehicle.audi.tt", y=1.75)
    camera = spawn(world, "sensor.camera.depth", z=1.6, parent=ego, image_size_x=64, image_size_y=20, every_ticks=3)
    world.tick()
    got = listen(camera)
    frames = [world.tick() for _ in range(7)]
    assert [got.get(timeout=5).frame for _ in range(3)] == [frames[0], frames[3], frames[6]]
    assert got.empty()


def test_silhouettes_arrive_byte_for_byte_although_the_client_paints_alpha_in_other_pictures(world):
    ego = spawn(world, "vehicle.audi.tt", y=1.75)
    camera = spawn(world, "sensor.camera.silhouettes", z=1.6, parent=ego, image_size_x=64, image_size_y=20,
                   window_left=3, window_top=2, window_width=50)
    got = listen(camera)
    frame = world.tick()
    image = got.get(timeout=5)
    assert (image.width, image.height, image.frame, image.fov) == (16, 3, frame, 90.0)
    data = bytes(image.raw_data)
    assert len(data) == 3 * 64
    assert struct.unpack_from("<16I", data) == (0x53494C48, 1, 2, *[0] * 13)
    assert struct.unpack_from("<4I5f7I", data, 64) == (0xFEDCBA98, 2, 255, 0x01FF02FF, 1.5, 3, 2, 53, 20, *[0] * 7)
    assert struct.unpack_from("<4I5f7I", data, 128) == (ego.id, 1, 64, 20, 0.0, -0.5, 0.0, 1e6, 2.0, *[0] * 7)


@pytest.mark.parametrize("window", [
    {"window_left": 64}, {"window_left": 60, "window_width": 5}, {"window_top": 10, "window_height": 11},
])
def test_a_window_beyond_the_picture_is_refused_by_name(world, window):
    with pytest.raises(RuntimeError, match="is not inside image_size"):
        spawn(world, "sensor.camera.silhouettes", image_size_x=64, image_size_y=20, **window)
