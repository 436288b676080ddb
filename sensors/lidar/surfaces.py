"""How bright surfaces are to a LiDAR: reflectivity by semantic tag, and what incidence makes of it.

A simulator gives geometry, a semantic tag and the angle of incidence; the real device gives calibrated
reflectivity. Deterministic: noise and weather are another matter and come afterwards.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sensors.compiled import compiled

# CARLA semantic tag → (diffuse reflectivity at 905 nm, slope roughness σ in radians). Typical values of
# published tables; a tag says less than a material, so cars are a medium paint and clothes undyed cotton. σ
# = 0 is Lambertian.
SURFACES: dict[int, tuple[float, float]] = {
    0: (0.30, 0.3),     # None
    1: (0.17, 0.5),     # Roads: aged dry asphalt
    2: (0.35, 0.4),     # Sidewalks: concrete
    3: (0.40, 0.2),     # Buildings: plaster
    4: (0.35, 0.3),     # Walls
    5: (0.30, 0.2),     # Fences
    6: (0.35, 0.0),     # Poles
    7: (0.25, 0.0),     # TrafficLight
    8: (9.00, 0.0),     # TrafficSigns: retroreflective sheeting, far beyond a white diffuser
    9: (0.45, 0.6),     # Vegetation: bright in the near infrared
    10: (0.40, 0.6),    # Terrain: grass and soil
    11: (0.00, 0.0),    # Sky: returns nothing
    12: (0.45, 0.4),    # Pedestrians: cotton
    13: (0.45, 0.4),    # Rider
    14: (0.40, 0.0),    # Car: paint, no white and no black one
    15: (0.40, 0.0),    # Truck
    16: (0.40, 0.0),    # Bus
    17: (0.40, 0.0),    # Train
    18: (0.30, 0.0),    # Motorcycle
    19: (0.30, 0.0),    # Bicycle
    20: (0.30, 0.2),    # Static
    21: (0.35, 0.5),    # Dynamic: animals, fur
    22: (0.30, 0.3),    # Other
    23: (0.03, 0.0),    # Water: mirrors the beam away
    24: (0.55, 0.5),    # RoadLines: paint
    25: (0.30, 0.5),    # Ground
    26: (0.35, 0.4),    # Bridge
    27: (0.25, 0.4),    # RailTrack
    28: (0.45, 0.0),    # GuardRail: zinc
    29: (0.30, 0.5),    # Rock
}
# Surfaces that lie: roads, sidewalks, terrain, water, lane paint, ground, rail tracks.
GROUND_TAGS = (1, 2, 10, 23, 24, 25, 27)
_UNKNOWN_TAG = SURFACES[0]
_LARGEST = 0.99         # the largest value in KITTI's files


def oren_nayar(roughness_rad: NDArray[np.floating] | float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A and B of A·cosθ + B·sin²θ, the model of Oren and Nayar (1994) for light that returns the way it came."""
    variance = np.square(roughness_rad)
    return 1 - 0.5 * variance / (variance + 0.33), 0.45 * variance / (variance + 0.09)


def _tables() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Reflectivity and the two coefficients of Oren and Nayar, (256,) each, by tag."""
    rows = np.array([SURFACES.get(tag, _UNKNOWN_TAG) for tag in range(256)])
    cosine_share, grazing_share = oren_nayar(rows[:, 1])
    return rows[:, 0].astype(np.float32), cosine_share.astype(np.float32), grazing_share.astype(np.float32)


_REFLECTIVITY, _COSINE_SHARE, _GRAZING_SHARE = _tables()


def reflectivity(tag: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N,) diffuse reflectivity at 905 nm of CARLA's semantic tags; above 1 for retroreflectors."""
    return np.asarray(_REFLECTIVITY[tag])


def reflectance(tag: NDArray[np.uint8], cos_incidence: NDArray[np.floating]) -> NDArray[np.float32]:
    """The fourth column of KITTI's point files for a clean sweep.

    The reflectivity of the tag times what Oren and Nayar (1994) give for light that returns the way it came:
    A·cosθ + B·sin²θ, where roughness moves weight from A to B. A smooth surface is Lambertian, cosθ; a rough
    one, like a road seen at a grazing angle, stays visible. Range does not enter, as the device compensates
    for it.

    Args:
        tag: (N,) CARLA semantic tags.
        cos_incidence: (N,) in [0, 1].

    Returns:
        (N,) float32 in steps of 0.01 from 0 to 0.99, where the detector saturates.
    """
    cosine = np.ascontiguousarray(cos_incidence, dtype=np.float32)
    brightness = np.empty(len(cosine), np.float32)
    _look_up(np.ascontiguousarray(tag), cosine, _REFLECTIVITY, _COSINE_SHARE, _GRAZING_SHARE, brightness)
    return brightness


@compiled
def _look_up(
    tag: NDArray[np.uint8], cosine: NDArray[np.float32], reflectivity: NDArray[np.float32],
    cosine_share: NDArray[np.float32], grazing_share: NDArray[np.float32], brightness: NDArray[np.float32],
) -> None:
    one, steps, largest = np.float32(1.0), np.float32(100.0), np.float32(_LARGEST)
    for k in range(len(tag)):
        kind, cos = tag[k], cosine[k]
        rough = cosine_share[kind] * cos + grazing_share[kind] * (one - cos * cos)
        brightness[k] = min(np.rint(reflectivity[kind] * rough * steps) / steps, largest)
