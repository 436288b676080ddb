"""OpenDRIVE files: what they say about roads (``model``), reading them (``read``), where they run (``plan_view``)."""

from __future__ import annotations

from simgen.localsim.places.opendrive.model import Network
from simgen.localsim.places.opendrive.read import read_network

__all__ = ["Network", "read_network"]
