"""The one call that draws weather onto a picture."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.camera.linear import light_of
from sensors.camera.scene import CameraScene
from sensors.camera.weather import EFFECTS, weathered
from sensors.conditions import Conditions
from sensors.pinhole import Intrinsics

ALL = Conditions(rain_mmph=20, snowfall_mmph=2, visibility_m=120, wind_mps=5)


def street(height: int = 120, width: int = 300) -> CameraScene:
    """A grey road under a bright sky, and a dark wall 20 m ahead in the picture's right third."""
    camera = Intrinsics(200.0, (width - 1) / 2, 50.0, width, height)
    v = np.arange(height)[:, None] - camera.cy
    depth = np.where(v > 0, 1.65 * camera.f / np.maximum(v, 1e-3), 1000.0).repeat(width, axis=1)
    depth = np.where(depth > 400, 1000.0, depth)
    tag = np.where(depth < 1000, 1, 11)
    rgb = np.where(depth[..., None] < 1000, 90, 220) * np.ones(3)
    wall = np.zeros((height, width), bool)
    wall[20:80, 200:] = True
    wall &= depth > 20
    depth[wall], tag[wall], rgb[wall] = 20.0, 3, 40
    return CameraScene(rgb.astype(np.uint8), depth.astype(np.float32), camera, tag.astype(np.uint8),
                       velocity_mps=np.array([0.0, 0.0, 10.0]))


def test_no_weather_changes_no_bit():
    scene = street()
    light = light_of(scene.rgb)
    assert weathered(light, scene, Conditions(), seed=1) is light


def test_the_same_seed_gives_the_same_picture_and_another_seed_another():
    scene = street()
    light = light_of(scene.rgb)
    before = light.copy()
    first, again, other = (weathered(light, scene, ALL, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(light, before), "the argument was changed"


def test_an_unknown_effect_is_refused_by_name():
    scene = street()
    with pytest.raises(ValueError, match="no 'hail'; known are"):
        weathered(light_of(scene.rgb), scene, ALL, seed=0, effects=("hail",))


@pytest.mark.parametrize("effect", EFFECTS)
def test_each_effect_gives_finite_light_that_is_not_negative(effect):
    scene = street()
    out = weathered(light_of(scene.rgb), scene, ALL, seed=0, effects=(effect,))
    assert out.shape == (120, 300, 3)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    assert out.min() >= 0
