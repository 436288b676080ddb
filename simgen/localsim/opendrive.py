"""The few facts the server itself needs from an OpenDRIVE document: where on earth it is, how fast one may drive."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from typing import NamedTuple

from simgen.localsim.errors import Refused

EARTH_RADIUS_M = 6_378_137.0                 # WGS 84, at the equator
UTM_SCALE = 0.9996
UNMARKED_KMH = 50.0
_KMH = {"m/s": 3.6, "mph": 1.609344, "km/h": 1.0}


class GeoPoint(NamedTuple):
    """Degrees and metres."""

    latitude: float
    longitude: float
    altitude: float


UNREFERENCED = GeoPoint(42.0, 2.0, 0.0)


def parse(text: str) -> ElementTree.Element:
    """The document's root. Raises ``Refused`` if it is no OpenDRIVE."""
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise Refused(f"not an OpenDRIVE document: {error}") from None
    if root.tag != "OpenDRIVE":
        raise Refused(f"not an OpenDRIVE document: its root is <{root.tag}>")
    return root


def geo_origin(root: ElementTree.Element) -> GeoPoint:
    """Latitude and longitude of the map's origin, from ``<geoReference>``; without one, the place that CARLA's own
    client assumes."""
    reference = root.findtext("header/geoReference") or ""
    found = dict(re.findall(r"\+(lat_0|lon_0)=([-+0-9.eE]+)", reference))
    if found.keys() != {"lat_0", "lon_0"}:
        return UNREFERENCED
    return GeoPoint(float(found["lat_0"]), float(found["lon_0"]), 0.0)


def geo_location(origin: GeoPoint, x_m: float, y_m: float, z_m: float) -> GeoPoint:
    """Where a place in CARLA's axes is on earth, as ``carla.Map.transform_to_geolocation`` of 0.9.16 has it.

    That is the inverse transverse Mercator projection of a sphere (Snyder, Map Projections, 8-6 and 8-7) with UTM's
    scale at the origin, and with latitude growing along CARLA's y, which points south everywhere else in CARLA.
    """
    across = x_m / (UTM_SCALE * EARTH_RADIUS_M)
    along = y_m / (UTM_SCALE * EARTH_RADIUS_M) + math.radians(origin.latitude)
    latitude = math.asin(math.sin(along) / math.cosh(across))
    longitude = math.radians(origin.longitude) + math.atan2(math.sinh(across), math.cos(along))
    return GeoPoint(math.degrees(latitude), math.degrees(longitude), origin.altitude + z_m)


def speed_limit_kmh(root: ElementTree.Element) -> float:
    """The limit that holds on most of the road length; 50 km/h where nothing is signed."""
    length_of: dict[float, float] = defaultdict(float)
    for road in root.iter("road"):
        for speed in road.findall("type/speed"):
            limit, factor = speed.get("max", ""), _KMH.get(speed.get("unit", "m/s"))
            if factor is not None and re.fullmatch(r"[0-9.]+", limit):
                length_of[round(float(limit) * factor, 1)] += float(road.get("length", "0"))
    return max(length_of, key=lambda limit: length_of[limit], default=UNMARKED_KMH)
