"""The few facts the server itself needs from an OpenDRIVE document: where on earth it is, and how fast one may drive."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from typing import NamedTuple

from simgen.localsim.errors import Refused

EARTH_RADIUS_M = 6_378_137.0                 # WGS 84, at the equator
UNMARKED_KMH = 50.0
_KMH = {"m/s": 3.6, "mph": 1.609344, "km/h": 1.0}


class GeoPoint(NamedTuple):
    """Degrees and metres."""

    latitude: float
    longitude: float
    altitude: float


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
    """Latitude and longitude of the map's origin, from ``<geoReference>``; (0, 0) without one, as CARLA takes it."""
    reference = root.findtext("header/geoReference") or ""
    found = dict(re.findall(r"\+(lat_0|lon_0)=([-+0-9.eE]+)", reference))
    return GeoPoint(float(found.get("lat_0", 0.0)), float(found.get("lon_0", 0.0)), 0.0)


def geo_location(origin: GeoPoint, east_m: float, north_m: float, up_m: float) -> GeoPoint:
    """Where a place of the map is on earth: metres added on a Mercator map scaled at the origin, as CARLA does it."""
    scale = math.cos(math.radians(origin.latitude))
    x = scale * math.radians(origin.longitude) * EARTH_RADIUS_M + east_m
    y = scale * EARTH_RADIUS_M * math.log(math.tan(math.radians(90.0 + origin.latitude) / 2.0)) + north_m
    longitude = math.degrees(x / (EARTH_RADIUS_M * scale))
    latitude = math.degrees(2.0 * math.atan(math.exp(y / (EARTH_RADIUS_M * scale)))) - 90.0
    return GeoPoint(latitude, longitude, origin.altitude + up_m)


def speed_limit_kmh(root: ElementTree.Element) -> float:
    """The limit that holds on most of the road length; 50 km/h where nothing is signed."""
    length_of: dict[float, float] = defaultdict(float)
    for road in root.iter("road"):
        for speed in road.findall("type/speed"):
            limit, factor = speed.get("max", ""), _KMH.get(speed.get("unit", "m/s"))
            if factor is not None and re.fullmatch(r"[0-9.]+", limit):
                length_of[round(float(limit) * factor, 1)] += float(road.get("length", "0"))
    return max(length_of, key=lambda limit: length_of[limit], default=UNMARKED_KMH)
