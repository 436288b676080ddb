"""Water over asphalt: Fresnel's numbers, the published table, and what a film may never do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.lidar.ground import WATER_INDEX, fresnel, mirrored, under_water, wetted
from sensors.lidar.surfaces import oren_nayar

HEIGHT_M = 1.73
COSINES = st.floats(0, 1)


def cosine_at(distance_m: float) -> float:
    """Of a road that far away, seen from 1.73 m."""
    return HEIGHT_M / math.hypot(HEIGHT_M, distance_m)


def test_water_mirrors_a_fiftieth_of_what_falls_straight_down():
    assert mirrored(1.0) == pytest.approx(0.0201, abs=5e-5)
    assert mirrored(0.0) == pytest.approx(1.0)


def test_at_brewsters_angle_nothing_polarised_along_the_plane_is_mirrored():
    angle = math.atan(WATER_INDEX)
    assert math.degrees(angle) == pytest.approx(53.06, abs=0.005)
    assert fresnel(math.cos(angle))[1] == pytest.approx(0, abs=1e-12)


def test_at_eighty_degrees_water_mirrors_as_published():
    across, along = fresnel(math.cos(math.radians(80)))
    assert (across, along) == (pytest.approx(0.455, abs=5e-4), pytest.approx(0.239, abs=5e-4))


@pytest.mark.parametrize(("distance_m", "mirror", "left"), [
    (0, 0.020, 0.570), (5, 0.144, 0.435), (10, 0.353, 0.248), (20, 0.586, 0.102), (30, 0.698, 0.054),
    (60, 0.835, 0.016),
])
def test_a_wet_road_returns_the_published_share_of_a_dry_one(distance_m, mirror, left):
    cosine = cosine_at(distance_m)
    assert mirrored(cosine) == pytest.approx(mirror, abs=1e-3)
    assert under_water(cosine, 0.1) == pytest.approx(left, abs=1e-3)
    assert wetted(0.1 * cosine, cosine, 1.2, 1.2, albedo=0.1) == pytest.approx(left * 0.1 * cosine, rel=0.02)


def test_under_water_the_grains_of_a_rough_road_no_longer_face_the_beam():
    """Dry, Oren and Nayar's road sends 4.6 times as much back at 20 m as Lambert's; wet hardly more."""
    shape = oren_nayar(0.5)
    cosine = cosine_at(20)
    rough = float(shape[0] + shape[1] * (1 - cosine**2) / cosine)
    assert rough == pytest.approx(4.6, abs=0.1)
    assert under_water(cosine, 0.17, shape) * rough / under_water(cosine, 0.17) == pytest.approx(1.065, abs=0.01)


@given(COSINES, st.floats(0, 1), st.sampled_from([0.0, 0.2, 0.5]))
def test_wet_is_never_brighter_than_dry(cosine, albedo, roughness):
    assert 0 <= under_water(cosine, albedo, oren_nayar(roughness)) <= 1


@given(COSINES, st.floats(0, 3), st.floats(0, 3))
def test_more_water_never_makes_a_road_brighter(cosine, film_mm, more_mm):
    thin, thick = wetted(0.1, cosine, np.array([film_mm, film_mm + more_mm]))
    assert thick <= thin <= 0.1


def test_a_film_half_as_high_as_the_texture_covers_half():
    dry, wet = (float(wetted(0.1, 0.5, film_mm, 1.2)) for film_mm in (0.0, 1.2))
    assert dry == 0.1
    assert wetted(0.1, 0.5, 0.6, 1.2) == pytest.approx((dry + wet) / 2)
    assert wetted(0.1, 0.5, 5.0, 1.2) == wet


@given(st.lists(COSINES, min_size=1, max_size=20))
def test_what_is_mirrored_grows_with_incidence_and_the_rest_passes(cosines):
    shares = mirrored(np.sort(np.array(cosines)))
    assert (np.diff(shares) <= 1e-12).all()
    assert ((shares >= 0.02) & (shares <= 1 + 1e-12)).all()


def test_float32_stays_float32():
    assert under_water(np.float32([0.1, 0.9]), np.float32(0.2)).dtype == np.float32
