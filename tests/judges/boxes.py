"""Boxes of walkers and animals against their bodies, whose true extent in each pose is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simgen.frame import ActorState, Frame
from simgen.label import Labeller
from simgen.label.extent import Extent
from simgen.label.measure import Finding
from tests.judges.alone import stock
from tests.judges.crowd import RIG, Extra, Studio

BODIES = (
    "walker.pedestrian.0003", "walker.pedestrian.0010", "walker.pedestrian.0012", "walker.pedestrian.wheelchair",
    "walker.pedestrian.stroller", "walker.animal.red_deer", "walker.animal.roe_deer", "walker.animal.wild_boar",
    "walker.animal.dog", "walker.animal.moose", "walker.animal.kangaroo", "walker.animal.goose",
)
HIDING = ("vehicle.tesla.model3", "vehicle.mercedes.sprinter")
HIDDEN_BELOW = 0.95


@dataclass(frozen=True)
class Difference:
    """Of one box: metres of six faces, pixels of four edges of its projection, overlap with the true box."""

    is_hidden: bool
    kind: str
    faces_m: NDArray[np.float64]
    edges_px: NDArray[np.float64]
    sticks_out_px: float
    overlap: float


def differences(studio: Studio, crowd: list[Extra], frame: Frame, is_stock: bool) -> list[Difference]:
    """Of the walkers and animals of which anything is seen, and that do not reach behind the camera."""
    labeller = Labeller(RIG)
    labels = {label.role for label in labeller.label(stock(frame) if is_stock else frame)}
    silhouettes = {one.id: one for one in frame.views[RIG.label_camera.name].silhouettes or ()}
    meshes = {extra.known.role: studio.mesh_of(extra) for extra in crowd}
    found = []
    for finding in labeller.findings:
        actor = finding.subject.actor
        silhouette = silhouettes.get(actor.simulator_id)
        if finding.subject.is_rigid or actor.role not in labels or silhouette is None or silhouette.is_cut:
            continue
        mesh = meshes[actor.role].positions
        found.append(_difference(
            finding, actor, Extent(mesh.min(axis=0), mesh.max(axis=0)), np.array(silhouette.bbox_px),
            silhouette.visible_px / silhouette.inside_px < HIDDEN_BELOW or silhouette.outside_px > 0))
    return found


def _difference(
    finding: Finding, actor: ActorState, true: Extent, silhouette_px: NDArray[np.float64], is_hidden: bool
) -> Difference:
    extent, view = finding.extent, finding.subject.view
    measured, expected = view.image_box(extent), view.image_box(true)
    assert measured is not None and expected is not None
    edges, outwards = np.array(measured.as_tuple()), np.array([-1, -1, 1, 1])
    faces_m = np.concatenate([true.low - extent.low, extent.high - true.high])
    common = np.prod(np.maximum(0, np.minimum(extent.high, true.high) - np.maximum(extent.low, true.low)))
    overlap = common / (np.prod(extent.size_lwh_m) + np.prod(true.size_lwh_m) - common)
    return Difference(is_hidden, actor.kind, faces_m, (edges - expected.as_tuple()) * outwards,
                      float(((silhouette_px - edges) * outwards).max()), float(overlap))
