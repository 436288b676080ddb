"""What lies on the ground of a picture: snow, water, the light of a closed sky."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.camera.overcast import overcast
from sensors.camera.scene import CameraScene
from sensors.camera.snow_cover import cover, with_snow_cover
from sensors.camera.surfaces import BUILDING, PAVEMENT, ROAD, SKY, THING, kinds, upward
from sensors.camera.wet import darkening, fresnel, mirrored, wetted
from sensors.pinhole import Intrinsics

CAMERA = Intrinsics(200.0, 149.5, 40.0, 300, 120)
AIR = np.full(3, 0.7, np.float32)
WALL_M = 20.0


def street() -> tuple[np.ndarray, CameraScene]:
    """A road, a wall 20 m ahead in the right half that is 4 m high, and a sky; in light of 0.1, 0.3 and 0.7."""
    slope = np.arange(120)[:, None] - CAMERA.cy
    depth = np.where(slope > 0, 1.65 * CAMERA.f / np.maximum(slope, 1e-3), 1000.0).repeat(300, axis=1)
    tag = np.where(depth < 1000, 1, 11)
    wall = np.zeros((120, 300), bool)
    wall[round(CAMERA.cy - 2.35 / WALL_M * CAMERA.f):, 150:] = True
    wall &= depth > WALL_M
    depth[wall], tag[wall] = WALL_M, 3
    light = np.choose(np.select([tag == 1, tag == 3], [0, 1], 2), [0.1, 0.3, 0.7])[..., None].repeat(3, axis=2)
    rgb = np.zeros((120, 300, 3), np.uint8)
    return light.astype(np.float32), CameraScene(rgb, depth.astype(np.float32), CAMERA, tag.astype(np.uint8))


def test_a_road_faces_up_and_a_wall_does_not():
    _, scene = street()
    up = upward(scene)
    assert up[90:110, 20:280] == pytest.approx(np.ones((20, 260)), abs=1e-3)
    assert np.abs(up[25:55, 160:280]).max() < 1e-3
    assert up[5, 5] == 0


def test_a_roof_at_forty_degrees_faces_up_by_its_cosine():
    v = (np.arange(120)[:, None] - CAMERA.cy) / CAMERA.f
    tilt = np.radians(40)
    # the plane through (0, 0, 20) that rises away from the camera
    depth = (20 * np.sin(tilt) / (np.sin(tilt) + v * np.cos(tilt))).repeat(300, axis=1).astype(np.float32)
    scene = CameraScene(np.zeros((120, 300, 3), np.uint8), depth, CAMERA)
    assert upward(scene)[20:100, 20:280] == pytest.approx(np.full((80, 260), np.cos(tilt)), abs=2e-2)


def test_kinds_come_from_tags_and_without_them_from_shape():
    _, scene = street()
    kind = kinds(scene)
    assert (kind[100, 50], kind[40, 200], kind[5, 5]) == (ROAD, BUILDING, SKY)
    shape_only = kinds(CameraScene(scene.rgb, scene.depth_m, CAMERA))
    assert (shape_only[100, 50], shape_only[40, 200], shape_only[5, 5]) == (PAVEMENT, THING, SKY)


def test_full_snow_is_on_the_road_not_on_walls_people_or_the_sky():
    light, scene = street()
    tag = scene.tag.copy()
    tag[70:100, 100:110] = 12
    scene = CameraScene(scene.rgb, scene.depth_m, CAMERA, tag)
    share, _ = cover(scene, 0.2, 1.0)
    assert share[80:115, 10:90].min() > 0.95
    assert share[72:98, 102:108].max() == 0.0
    assert share[30:50, 160:290].max() == 0.0
    assert share[:15].max() == 0.0
    out = with_snow_cover(light, scene, 0.2, AIR, road_snow=1.0)
    assert out[110, 50, 1] == pytest.approx(0.85 * 0.7, rel=0.1), "under the sky, snow is nearly as bright"
    assert np.array_equal(out[:15], light[:15])


def test_a_wall_wears_a_cap_as_high_as_the_snow():
    _, scene = street()
    share, _ = cover(scene, 0.5, 0.0)
    top = round(CAMERA.cy - 2.35 / WALL_M * CAMERA.f)
    assert share[top, 200] > 0.3                # 10 cm at 20 m are one pixel
    assert share[top + 3, 200] == 0.0
    assert cover(scene, 0.0, 0.0)[0].max() == 0.0


def test_more_snow_covers_more():
    _, scene = street()
    tag = np.where(scene.tag == 1, 10, scene.tag).astype(np.uint8)
    field = CameraScene(scene.rgb, scene.depth_m, CAMERA, tag)
    shares = [float(cover(field, depth, 0.0)[0][60:].mean()) for depth in (0.0, 0.01, 0.03, 0.1, 0.3)]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] > 0.95 * (scene.tag[60:] == 1).mean()
    roads = [float(cover(scene, 0.05, share)[0][70:].mean()) for share in (0.0, 0.3, 0.6, 0.9, 1.0)]
    assert roads == sorted(roads)


def test_wheels_leave_dark_tracks_along_the_way_of_the_car():
    _, scene = street()
    rows = slice(80, 118)
    share, _ = cover(scene, 0.1, 0.7)
    x = (np.arange(300)[None, :] - CAMERA.cx) / CAMERA.f * scene.depth_m
    track, between = np.abs(np.abs(x) - 0.76) < 0.1, np.abs(x) < 0.3
    assert share[rows][track[rows]].mean() < 0.4 * share[rows][between[rows]].mean()
    # in a left turn they bend to the left
    turning = CameraScene(scene.rgb, scene.depth_m, CAMERA, scene.tag, velocity_mps=np.array([0.0, 0.0, 10.0]),
                          turning_radps=np.array([0.0, -0.4, 0.0]))
    bent = np.abs(np.abs(x + 0.5 * 0.04 * scene.depth_m**2) - 0.76) < 0.1
    assert cover(turning, 0.1, 0.7)[0][rows][bent[rows]].mean() < 0.4


@pytest.mark.parametrize("road_snow", [0.2, 0.5, 0.8, 1.0])
def test_as_much_of_a_road_is_under_snow_as_the_conditions_say(road_snow):
    _, scene = street()
    share, _ = cover(scene, 0.1, road_snow)
    x = (np.arange(300)[None, :] - CAMERA.cx) / CAMERA.f * scene.depth_m
    lane = (np.abs(x) < 1.75) & (scene.depth_m > 4.5) & (scene.depth_m < 12)
    by_area = scene.depth_m**2                      # of road that a pixel shows, along and across
    assert np.average(share[lane], weights=by_area[lane] * scene.depth_m[lane]) == pytest.approx(road_snow, abs=0.12)


def test_patches_stay_on_the_ground_while_the_camera_moves():
    _, scene = street()
    tag = np.where(scene.tag == 1, 10, scene.tag).astype(np.uint8)
    field = CameraScene(scene.rgb, scene.depth_m, CAMERA, tag)
    # a point of ground, seen from two places and in two directions
    point = np.array([4.0, 9.0])
    seen = []
    for position, heading in (((-2.0, 8.0), 0.0), ((-1.0, 9.5), -0.2), ((4.5, 3.5), np.pi / 2)):
        _, pattern = cover(field, 0.03, 0.0, heading_rad=heading, position_m=position)
        ahead, left = (point - position) @ [[np.cos(heading), -np.sin(heading)], [np.sin(heading), np.cos(heading)]]
        u, v = CAMERA.cx - left / ahead * CAMERA.f, CAMERA.cy + 1.65 / ahead * CAMERA.f
        seen.append(float(pattern[round(v) - 1:round(v) + 2, round(u) - 1:round(u) + 2].mean()))
    assert max(seen) - min(seen) < 0.12


def test_fresnel_has_the_values_of_water():
    cosine = np.cos(np.radians([0.0, 53.06, 80.0, 90.0]))
    assert fresnel(cosine) == pytest.approx([0.0201, 0.0390, 0.347, 1.0], abs=1e-3)


def test_wet_ground_is_darker_by_what_the_formula_says():
    assert darkening(np.array([1.0]), 0.1)[0] == pytest.approx(0.934 * 0.98 / 1.769 / (1 - 0.0472), abs=1e-3)
    ratio = darkening(np.cos(np.radians(np.arange(0, 90, 10))), 0.1)
    assert (np.diff(ratio) < 0).all()
    assert 0.5 < ratio[0] < 0.7


def test_the_mirror_shows_the_wall_where_it_stands_and_the_sky_before_it():
    light, scene = street()
    mirror = mirrored(light, scene, kinds(scene), np.full(3, 0.9, np.float32))
    shrink = 120 / mirror.shape[0]
    column = round(220 / shrink)
    foot = CAMERA.cy + 1.65 / WALL_M * CAMERA.f                 # the wall's foot, in the picture's rows
    just_below, far_below = round((foot + 4) / shrink), round((foot + 50) / shrink)
    assert mirror[just_below, column, 0] == pytest.approx(0.3, abs=0.01), "the wall"
    assert mirror[far_below, column, 0] == pytest.approx(0.9, abs=0.21), "the sky, or what is above the picture"
    # 4 m of wall are mirrored from its foot down to where the ray passes its top: 2·1.65 + 4 m at 20 m
    last = foot + 4.0 / WALL_M * CAMERA.f
    assert mirror[round((last - 6) / shrink), column, 0] == pytest.approx(0.3, abs=0.01)
    assert mirror[round((last + 8) / shrink), column, 0] > 0.5


def test_a_wet_road_is_darker_near_by_and_shines_far_away():
    light, scene = street()
    out = wetted(light, scene, 1.0, 0.0, 0.3 * AIR)
    assert out[118, 20, 0] < 0.08, "the sky's mirror is dim at 20° down"
    assert out[46, 20, 0] > 0.15, "and bright near the horizon"
    assert np.array_equal(out[:30], light[:30])


def test_clouds_take_the_blue_and_the_hard_shadow():
    light, scene = street()
    light[:30, :140] = (0.2, 0.4, 0.8)
    light[90:, 40:100] = 0.04                                   # a tree's shadow on a road of 0.1
    out = overcast(light, scene, AIR, 1.0)
    assert np.ptp(out[10, 50]) < 0.1
    assert out[105, 70, 0] / out[105, 20, 0] > 0.6
    assert np.array_equal(out[45, 200], light[45, 200]), "walls are left alone"


def test_dry_ground_under_an_open_sky_is_the_identity():
    light, scene = street()
    assert wetted(light, scene, 0.0, 0.0, AIR) is light
    assert with_snow_cover(light, scene, 0.0, AIR) is light
    assert overcast(light, scene, AIR, 0.0) is light
