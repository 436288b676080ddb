"""From a road network to a place: the story of a place, step by step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simgen.localsim.mesh import Instance, Mesh
from simgen.localsim.places.amenities import furnish_front, furnish_plots
from simgen.localsim.places.chance import PROTOTYPES, Chance
from simgen.localsim.places.countryside import delineate, fence_in, grow_grass, plant_hedges
from simgen.localsim.places.error import PlaceError
from simgen.localsim.places.farms import farm_meshes, settle_farms
from simgen.localsim.places.footprint import Footprint, footprint
from simgen.localsim.places.furnishings import furnishings
from simgen.localsim.places.furniture import delineator
from simgen.localsim.places.grasses import grass_prototypes
from simgen.localsim.places.ground import Ground
from simgen.localsim.places.groves import grove_prototypes
from simgen.localsim.places.junctions import fill_junctions
from simgen.localsim.places.markings import paint_lines, paint_objects
from simgen.localsim.places.motorway import gantries, guard, put_up_boards
from simgen.localsim.places.opendrive import read_network
from simgen.localsim.places.pavement import carriageways, pave
from simgen.localsim.places.place import Place
from simgen.localsim.places.relief import Landscape, Relief, Waves
from simgen.localsim.places.roadway import stretches
from simgen.localsim.places.settlement import Occupied, frontages, settle
from simgen.localsim.places.shapes import MeshBuilder
from simgen.localsim.places.signs import put_up_signs
from simgen.localsim.places.spawn import spawn_points
from simgen.localsim.places.streetside import furnish_garden, furnish_street
from simgen.localsim.places.terrain import terrain
from simgen.localsim.places.trees import tree_prototypes
from simgen.localsim.places.underpass import bridges_over, build_bridge, plant_deck
from simgen.localsim.places.woods import Woodland, plant_woods

TOWN = Landscape(flat_m=45.0, ditch_m=0.0)
COUNTRY = Landscape(flat_m=7.0, ditch_m=0.18)


def compose(text: str, name: str) -> Place:
    """Build a place from OpenDRIVE text. Same text, same place, bit for bit.

    Raises:
        PlaceError: the file is broken or not supported.
    """
    network, chance = read_network(text, name), Chance(text)
    cut = stretches(network)
    lanes_area = footprint(cut)
    if not len(lanes_area.quads):
        raise PlaceError(f"{name}: no lane of any road has a width")

    level = MeshBuilder()
    asphalt = carriageways(cut)
    for stretch in cut:
        pave(level, stretch, asphalt)
    lanes = Ground(level.mesh())
    squares = fill_junctions(level, network, cut, lanes)
    area = lanes_area.joined(Footprint.of(squares))
    roads = Ground(level.mesh())
    for stretch in cut:
        paint_lines(level, stretch)
    paint_objects(level, cut, roads)

    streets = frontages(cut)
    settled = len(streets) > 0
    relief = Relief(area, roads, TOWN if settled else COUNTRY, chance("relief"))
    low, high = area.bounds()
    wood = _woodland(chance("forest"), settled, network.landscape)
    level.merge(terrain(relief, low, high, sum(road.length for road in network.roads), wood.excess, settled))

    occupied = Occupied(low - 60.0, high + 60.0)
    single: dict[str, tuple[Mesh, Instance]] = {}
    bridges = bridges_over(cut, relief)
    for number, bridge in enumerate(bridges):
        single |= build_bridge(level, bridge, f"bridge{number}", occupied)
    ground = Ground(level.mesh())

    houses = settle(level, streets, relief, roads, occupied, chance("houses"))
    farms: list[Instance] = []
    if not settled and network.landscape != "wooded":
        farms = settle_farms(relief, wood, ground, occupied, (low, high), chance("farms"))
    clearance = occupied.clearance()
    scenery: list[Instance] = farms
    lamps: list[NDArray[np.float64]] = []
    for stretch in cut:
        trees, lights = furnish_street(level, stretch, chance(f"street {stretch.road.id} {stretch.s[0]:.3f}"))
        scenery += trees
        lamps += lights
    for number, (house, detached) in enumerate(houses):
        if detached:
            scenery += furnish_garden(level, house, relief, clearance, ground, chance(f"garden {number}"))
    for number, (house, detached) in enumerate(houses):
        if not detached:
            scenery += furnish_front(house, ground, chance(f"front {number}"))
    scenery += furnish_plots(level, streets, clearance, relief, ground, chance("plots"))
    put_up_signs(level, cut, roads)
    put_up_boards(level, cut)

    scenery += plant_woods(level, wood, relief, clearance, ground, (low, high), chance("trees"))
    scenery += grow_grass(cut, relief, chance("grass"))
    scenery += delineate(cut, relief, ground)
    scenery += plant_deck(bridges, chance("decks"))
    rails, rail_meshes = guard(cut, relief)
    scenery += rails
    single |= gantries(cut)
    if network.landscape == "wooded":
        scenery += plant_hedges(cut, wood, relief, ground, chance("hedges"))
    else:
        fence_in(level, cut, wood, relief, ground)
    scenery += [instance for _, instance in single.values()]
    meshes = {key: mesh for key, (mesh, _) in single.items()}
    return Place(
        name=name,
        opendrive=text,
        spawn_points=spawn_points(cut, lanes),
        static=level.mesh(),
        prototypes=_prototypes({x.mesh for x in scenery}, rail_meshes | meshes),
        scenery=tuple(scenery),
        street_lamps=np.array(lamps).reshape(-1, 3),
        ground=ground,
    )


def _woodland(rng: np.random.Generator, settled: bool, landscape: str) -> Woodland:
    """Where forest grows: away from houses, right beside the roads of a wooded landscape, seldom in an open one."""
    density = Waves.draw(rng, 0.5, 130.0, 420.0)
    if settled:
        return Woodland(density, 0.20, verge_m=26.0, whole_m=48.0)
    if landscape == "wooded":
        return Woodland(density, -0.10, verge_m=4.6, whole_m=30.0)
    if landscape == "open":
        return Woodland(density, 0.28, verge_m=16.0, whole_m=38.0)
    return Woodland(density, 0.02, verge_m=9.0, whole_m=34.0)


def _prototypes(used: set[str], own: dict[str, Mesh]) -> dict[str, Mesh]:
    """The meshes that the scenery uses; ``own`` are the place's."""
    meshes = tree_prototypes(PROTOTYPES) | own
    meshes["delineator"] = delineator()
    meshes |= grove_prototypes(PROTOTYPES) | grass_prototypes(PROTOTYPES, COUNTRY.ditch_m)
    meshes |= furnishings() | farm_meshes()
    return {key: mesh for key, mesh in meshes.items() if key in used}


