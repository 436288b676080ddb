"""Rays go in packets: who shares a packet with whom, and how wide packets are, changes no answer beyond rounding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from simgen.localsim.errors import LocalsimError
from simgen.localsim.mesh import Instance, Light, Material, Mesh
from simgen.localsim.quality import LADDER
from simgen.localsim.render import CameraBuffers, Renderer, SweepHits, Weather
from simgen.localsim.render.embree import Device
from simgen.localsim.render.portable import VARIABLE
from tests.localsim.render_scenes import EYE_M, FlatPlace, box, ground, joined, pose, quad

# What may differ between kinds of processors. Ids and depths: the share of pixels and rays. RGB: the PSNR.
OTHER_IDS, OTHER_DEPTHS, SAME_DEPTH_M, LEAST_PSNR_DB = 2e-4, 2e-4, 1e-3, 50.0
RAINY_NIGHT = Weather(cloudiness=100.0, precipitation=80.0, precipitation_deposits=70.0, wetness=90.0,
                      sun_altitude_angle=-90.0)
BEAM = Light(np.array([0.5, 0.0, 0.7]), np.array([1.0, 0.0, -0.0175]), np.array([14, 13, 11], np.float32), 1, 70.0)


def rings(steps: int = 1875) -> NDArray[np.float32]:
    """(4 * steps, 3): all round, four times; packets reach from the end of one ring into the next."""
    azimuth = np.tile(np.linspace(0.0, 2.0 * math.pi, steps, endpoint=False), 4)
    return np.stack([np.cos(azimuth), np.sin(azimuth), np.full_like(azimuth, 1e-3)], axis=-1).astype(np.float32)


def tiled_wall(rows: int = 4) -> Mesh:
    """8 m wide, 3 m high, facing -x: many triangles, so that a ray tracer's tree has levels."""
    def tile(y: float, z: float) -> Mesh:
        width, height = 8.0 / rows, 3.0 / rows
        return quad([(0, y + width, z), (0, y + width, z + height), (0, y, z + height), (0, y, z)], Material.BRICK)

    return joined(*(tile(-4.0 + 8.0 * i / rows, 3.0 * j / rows) for i in range(rows) for j in range(rows)))


@pytest.mark.parametrize("yaw", [0.0, math.pi / 2, math.pi, -math.pi / 2])
def test_a_ray_along_an_axis_does_not_blind_the_rays_beside_it(yaw: float) -> None:
    view = Renderer(FlatPlace())
    view.add_mesh("wall", tiled_wall())
    view.set_scene([Instance("wall", pose(yaw=yaw) @ pose(18.0), actor_id=7)], [], 0.0, 0)
    directions = rings()
    seen = view.sweep(pose(z=EYE_M, yaw=yaw), directions, 120.0)
    facing = (directions[:, 0] > 0.0) & (np.abs(directions[:, 1]) < directions[:, 0] * 3.9 / 18.0)
    assert facing.sum() > 4 * 100
    assert (seen.actor_id[facing] == 7).all()
    assert np.abs(seen.range_m[facing] * directions[facing, 0] - 18.0).max() < 1e-3      # 1e-3² is nothing


def street() -> Renderer:
    wall = quad([(20.0, -30.0, 8.0), (20.0, 30.0, 8.0), (20.0, 30.0, 0.0), (20.0, -30.0, 0.0)], Material.BRICK)
    made = Renderer(FlatPlace(
        static=joined(ground(), wall), prototypes={"post": box(0.2, 0.2, 3.0, Material.POLE)},
        scenery=tuple(Instance("post", pose(5.0 + 0.7 * k, 3.0 - 0.4 * k)) for k in range(14)),
        street_lamps=np.array([[7.0, 3.0, 6.0]])), 1, LADDER["fast"])
    made.add_mesh("car", box(4.0, 1.8, 1.5, Material.CAR_PAINT))
    made.set_scene([Instance("car", pose(10.0, -1.0, yaw=0.2), actor_id=4, headlamps=1, tail=True)], [BEAM], 1.25, 5)
    made.set_weather(RAINY_NIGHT)
    return made


def test_every_processor_sees_the_same_but_for_a_few_pixels_at_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against AVX2 and packets of 8: trivial on a host that has nothing better."""
    def look() -> tuple[CameraBuffers, SweepHits]:
        view = street()
        return view.camera(pose(z=EYE_M), 311, 94, math.pi / 2, rgb=True), view.sweep(pose(z=EYE_M), rings(), 120.0)

    here, sweep_here = look()
    monkeypatch.setenv(VARIABLE, "1")
    there, sweep_there = look()
    assert here.rgb is not None and there.rgb is not None
    ids: list[tuple[NDArray[Any], NDArray[Any]]] = [
        (here.instance, there.instance), (here.tag, there.tag), (sweep_here.actor_id, sweep_there.actor_id)]
    for one, other in ids:
        assert np.mean(one != other) <= OTHER_IDS
    distances: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = [
        (here.depth_m, there.depth_m), (sweep_here.range_m, sweep_there.range_m)]
    for near, far in distances:
        assert np.mean(np.isfinite(near) != np.isfinite(far)) <= OTHER_DEPTHS
        both = np.isfinite(near) & np.isfinite(far)
        assert np.mean(np.abs(near[both] - far[both]) > SAME_DEPTH_M) <= OTHER_DEPTHS
    error = np.mean((here.rgb.astype(float) - there.rgb) ** 2)
    assert 10.0 * math.log10(255.0**2 / max(float(error), 1e-9)) >= LEAST_PSNR_DB


def test_packets_are_as_wide_as_the_processor_casts_them_unless_all_shall_be_alike(
        monkeypatch: pytest.MonkeyPatch) -> None:
    assert Device(portable=True).lanes == 8
    assert Device(portable=False).lanes in (8, 16)
    monkeypatch.setenv(VARIABLE, "1")
    assert Device().lanes == 8
    monkeypatch.setenv(VARIABLE, "yes")
    with pytest.raises(LocalsimError, match=VARIABLE):
        Device()
