"""From a road network to a place."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from simgen.localsim.places.error import PlaceError
from simgen.localsim.places.footprint import Footprint, footprint
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.junctions import fill_junctions
from simgen.localsim.places.opendrive import read_network
from simgen.localsim.places.pavement import pave
from simgen.localsim.places.place import Place
from simgen.localsim.places.relief import Landscape, Relief
from simgen.localsim.places.roadway import stretches
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.spawn import spawn_points
from simgen.localsim.places.terrain import terrain


def compose(text: str, name: str) -> Place:
    network = read_network(text, name)
    rng = lambda what: np.random.default_rng(np.frombuffer(hashlib.sha256(f"{what}".encode()+text.encode()).digest(), np.uint32))
    cut = stretches(network)
    area = footprint(cut)
    if not len(area.quads):
        raise PlaceError(f"{name}: no lane of any road has a width")
    b = MeshBuilder()
    for x in cut:
        pave(b, x)
    lanes = Ground(b.mesh())
    squares = fill_junctions(b, network, cut, lanes)
    area = Footprint.of(np.concatenate([area.quads, squares]))
    roads = Ground(b.mesh())
    relief = Relief(area, roads, Landscape(40.0 if 'Town' in name else 7.0, .2), rng("relief"))
    low, high = area.bounds()
    b.merge(terrain(relief, low, high))
    mesh = b.mesh()
    return Place(name, text, spawn_points(cut, lanes), mesh, {}, (), np.zeros((0, 3)), Ground(mesh))
