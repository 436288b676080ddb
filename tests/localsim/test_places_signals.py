"""Traffic lights and signs of a map: where they stand, where they act, how they are drawn."""

import math

import numpy as np
import pytest
import roadgen

from simgen.localsim.mesh import Instance, Material, Mesh
from simgen.localsim.places import opendrive_text
from simgen.localsim.places.opendrive import read_network
from simgen.localsim.places.roadway import stretches
from simgen.localsim.places.signals import SignalPost, signal_posts
from simgen.localsim.places.traffic_lights import heads_m, traffic_light
from simgen.localsim.render import Renderer
from tests.localsim.render_scenes import FlatPlace, pose
from tests.localsim.stand_in import SIGNALLED_ROAD, FlatGround

carla = pytest.importorskip("carla")


def posts_of(text: str) -> tuple[tuple[SignalPost, ...], dict[str, Mesh]]:
    network = read_network(text, "mine")
    return signal_posts(network, stretches(network), FlatGround())         # type: ignore[arg-type]


def foot(post: SignalPost) -> list[float]:
    return [round(float(x), 2) for x in post.world_from_mesh[:3, 3]]


def test_a_light_acts_on_its_lane_before_its_station() -> None:
    (light, limit), _ = posts_of(SIGNALLED_ROAD)
    (trigger,) = light.triggers
    # a lane of 3.5 m: 0.9 times as wide and long, ending at s = 200, which is x = 100
    assert (trigger.x_m, trigger.y_m, trigger.half_m) == pytest.approx((100.0 - 1.575, -1.75, 1.575))
    assert (light.kind, light.controller, foot(light)) == ("traffic_light", "1", [100.0, -4.2, 0.0])
    assert (limit.kind, limit.value_kmh, foot(limit)) == ("speed_limit", 30.0, [140.0, -4.2, 0.0])


def test_a_signal_against_the_road_acts_on_the_left_lanes() -> None:
    text = SIGNALLED_ROAD.replace('orientation="+"', 'orientation="-"')
    text = text.replace('<validity fromLane="-1" toLane="-1"/>', "")
    (light, _), _ = posts_of(text)
    (trigger,) = light.triggers
    assert (trigger.x_m, trigger.y_m) == pytest.approx((100.0 + 1.575, 1.75))
    assert math.cos(trigger.yaw_rad) == pytest.approx(-1.0)
    assert light.world_from_mesh[0, 0] == pytest.approx(-1.0)              # its lamps look along +x, at who comes


def test_the_arm_reaches_over_the_lane() -> None:
    (light, _), _ = posts_of(SIGNALLED_ROAD)
    high, low = light.heads_m
    assert high[1] == pytest.approx(4.2 - 1.75, abs=0.26) and high[2] > 5.0
    assert low[1] == 0.0 and low[2] < 3.5


def test_lights_of_another_tool_hang_where_its_file_says() -> None:
    network = roadgen.Map("crossing")
    way = roadgen.Alignment(start=(0.0, 0.0, 0.0), heading=0.0)
    way.line(60.0)
    lanes = [roadgen.Lane(3.5, direction, "driving") for direction in ("forward", "backward")]
    road = network.add_road(lanes, alignment=way, name="a", type_="town", speed_limit_kph=50.0)
    light = network.add_traffic_light(road.lane(0), "end", 5.0, 2.0)
    network.add_traffic_light_rule([light], [road.lane(0)])
    (post,), meshes = posts_of(str(network.to_opendrive_xml()))
    (head,) = post.heads_m
    world = post.world_from_mesh @ [*head, 1.0]
    assert world[1] == pytest.approx(-1.75, abs=0.26)                      # over the middle of its lane
    assert world[2] == pytest.approx(5.5)                                  # its lower edge at 5 m
    assert foot(post)[1] < -3.5                                            # on a pole beside the road
    assert post.controller and meshes[post.mesh].bounds_m()[1][2] > 5.5


def test_signals_on_a_junctions_paths_act_where_these_begin() -> None:
    text = SIGNALLED_ROAD.replace('junction="-1"', 'junction="5"', 1)
    (light, _), _ = posts_of(text)
    assert light.triggers[0].x_m == pytest.approx(-100.0 - 1.575)
    assert light.junction != ""


def test_what_is_no_limit_is_no_sign() -> None:
    posts, _ = posts_of(SIGNALLED_ROAD.replace('value="30"', 'value="-1"'))
    assert [post.kind for post in posts] == ["traffic_light"]


def test_the_signalled_town_has_the_roads_of_the_town() -> None:
    plain, signalled = (carla.Map("town", opendrive_text(name)) for name in ("SimgenTown01", "SimgenTown01_Signals"))
    ways = [[(w.road_id, w.lane_id, w.s, w.transform.location.x) for w in each.generate_waypoints(5.0)]
            for each in (plain, signalled)]
    assert ways[0] == ways[1]
    kinds = [one.type for one in signalled.get_all_landmarks()]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"1000001": 20, "206": 1, "205": 1, "274": 26}
    assert not plain.get_all_landmarks()


def test_the_towns_lights_stand_off_the_road_and_hold_traffic_before_the_junction() -> None:
    text = opendrive_text("SimgenTown01_Signals")
    town = carla.Map("town", text)
    posts, meshes = posts_of(text)
    lights = [post for post in posts if post.kind == "traffic_light"]
    assert len(lights) == 20 and len({post.junction for post in lights}) == 6
    assert len({post.controller for post in lights}) == 12
    for post in posts:
        (trigger,) = post.triggers
        lane = town.get_waypoint(carla.Location(trigger.x_m, -trigger.y_m, 0.0))
        assert not lane.is_junction
        assert math.hypot(lane.transform.location.x - trigger.x_m, lane.transform.location.y + trigger.y_m) < 0.1
        x, y, _ = foot(post)
        road = town.get_waypoint(carla.Location(x, -y, 0.0)).transform.location
        assert math.hypot(road.x - x, road.y + y) > 1.75 + 0.5
    for post in lights:
        trigger = post.triggers[0]
        lane = town.get_waypoint(carla.Location(trigger.x_m, -trigger.y_m, 0.0))
        assert all(later.is_junction for later in lane.next(10.0))
    assert all(meshes[post.mesh].material.max() >= Material.SIGN for post in posts)


# ---- in pictures


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(FlatPlace(prototypes={"light": traffic_light(4.5)}))


def lamps(renderer: Renderer, burning: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A head from 3 m before it: RGB, tags and actor ids."""
    renderer.set_scene([Instance("light", pose(), 77, traffic_light=burning)], [], 0.0, 1)
    x, y, z = heads_m(4.5)[1]
    seen = renderer.camera(pose(x - 3.0, y, z), 96, 96, 0.5, rgb=True)
    return seen.rgb.astype(int), seen.tag, seen.actor_id


def test_the_lamp_that_burns_is_the_brightest(renderer: Renderer) -> None:
    _, tags, actors = lamps(renderer, 0)
    assert set(np.unique(tags)) >= {6, 7} and set(actors[(tags == 6) | (tags == 7)]) == {77}
    columns = slice(44, 52)
    rows = [slice(24, 32), slice(44, 52), slice(64, 72)]                   # 0.3 m apart, 3 m away: 19 px
    dark = [lamps(renderer, 0)[0][row, columns].mean() for row in rows]
    for number, channel in ((0, 0), (1, 0), (2, 1)):
        rgb, tags_now, _ = lamps(renderer, 1 << number)
        assert np.array_equal(tags_now, tags)                              # labels know nothing of states
        lit = [rgb[row, columns].mean() for row in rows]
        assert int(np.argmax(np.array(lit) - dark)) == number and lit[number] > dark[number] + 40
        assert rgb[rows[number], columns, channel].mean() > 180
        assert rgb[rows[number], columns, 2].mean() < rgb[rows[number], columns, channel].mean()
