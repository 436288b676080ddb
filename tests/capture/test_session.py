"""Requests to a simulator that can be judged without one."""

import pytest

from simgen.capture.maps import choose_maps
from simgen.capture.session import Endpoint, as_simulator_errors
from simgen.errors import RequestError, SimulatorError, SimulatorLost
from simgen.scenario.plan import RoadWish

OFFERED = ["/Game/Carla/Maps/SimgenTown01", "/Game/Carla/Maps/SimgenRural01"]


def test_an_endpoint_is_a_host_and_a_port() -> None:
    assert Endpoint.parse("gpu1:2000") == Endpoint("gpu1", 2000)
    assert str(Endpoint.parse("10.0.0.7:65535")) == "10.0.0.7:65535"


@pytest.mark.parametrize("text", ["gpu1", "gpu1:", ":2000", "gpu1:two", ""])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RequestError, match="expected local, HOST:PORT"):
        Endpoint.parse(text)


@pytest.mark.parametrize("text", ["gpu1:70000", "gpu1:0"])
def test_a_port_that_there_cannot_be_is_refused_with_those_that_there_can(text: str) -> None:
    with pytest.raises(RequestError, match=f"--simulator {text}: a port is a number from 1 to 65535"):
        Endpoint.parse(text)


def test_a_map_is_chosen_by_name_or_by_kind() -> None:
    assert choose_maps(RoadWish(name="SimgenTown01"), OFFERED) == ("SimgenTown01",)
    assert choose_maps(RoadWish(kind="rural"), OFFERED) == ("SimgenRural01",)


def test_all_maps_of_a_kind_are_tried_the_best_first() -> None:
    stock = [f"/Game/Carla/Maps/{name}" for name in ("Town03", "Town04", "Town06", "Town10HD")]
    assert choose_maps(RoadWish(kind="town"), stock) == ("Town10HD", "Town03")
    assert choose_maps(RoadWish(kind="highway"), stock) == ("Town04", "Town06")


def test_a_map_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(RequestError, match="it has SimgenRural01, SimgenTown01"):
        choose_maps(RoadWish(name="Town99"), OFFERED)
    with pytest.raises(RequestError, match="no map known to be rural"):
        choose_maps(RoadWish(kind="rural"), ["/Game/Carla/Maps/Mine"])


def test_time_outs_of_the_client_library_mean_that_the_simulator_is_lost() -> None:
    with pytest.raises(SimulatorLost, match="ticking"), as_simulator_errors("ticking"):
        raise RuntimeError("time-out of 1000ms while waiting for the simulator")
    with pytest.raises(SimulatorError, match="cannot load") as caught, as_simulator_errors("cannot load"):
        raise RuntimeError("map not found")
    assert not isinstance(caught.value, SimulatorLost)
