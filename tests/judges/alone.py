"""Labels against the truth, which is rendered: every object of a crowd alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simgen.frame import ActorState, Frame, Label
from simgen.label import label_frame
from tests.judges.crowd import CAR_TAG, RIG, Extra, Studio, Truth

_SKY_M = 900.0
_SAME_SURFACE_M = 2e-3


@dataclass(frozen=True)
class Difference:
    """How far a label is from the truth; None where there is nothing to compare.

    visible, outside:  shares, absolute. edges_px: the worst of four.
    shape, shape_outside, shape_edges_px: the same where the simulator does not count silhouettes; all four edges.
    truth_outside:     is any of it outside the picture?
    column:            KITTI's truncation, an area of boxes, against the outside share.
    """

    role: str
    type: str
    visible: float
    outside: float | None
    edges_px: float | None
    shape: float | None = None
    shape_outside: float | None = None
    shape_edges_px: tuple[float, ...] = ()
    truth_outside: bool = False
    column: float | None = None


def differences(studio: Studio, crowd: Sequence[Extra], frame: Frame) -> list[Difference]:
    """Of everybody in the picture, and of all of whom labels know."""
    by_role = {label.role: label for label in label_frame(frame, RIG)}
    by_shape = {label.role: label for label in label_frame(stock(frame), RIG)}
    found = []
    for extra in crowd:
        truth, label = studio.alone(extra), by_role.get(extra.known.role)
        if not truth.inside_px:
            assert label is None, f"{extra.known.role} has a row and is not in the picture"
            continue
        visible = visible_px(extra, truth, frame) / truth.inside_px
        if label is None:       # neither a pixel nor a return: nobody can know of it
            found.append(Difference(extra.known.role, "", visible, None, None))
            continue
        shape = by_shape.get(extra.known.role)
        found.append(_difference(label, shape, truth, visible))
    return found


def _difference(label: Label, shape: Label | None, truth: Truth, visible: float) -> Difference:
    assert label.visible_fraction is not None and label.outside_fraction is not None
    outside = edges_px = shape_outside = column = None
    shape_edges_px: tuple[float, ...] = ()
    if not truth.reaches_behind:
        assert truth.edges_px is not None and label.amodal_bbox_px is not None
        share = truth.outside_px / (truth.inside_px + truth.outside_px)
        outside = abs(label.outside_fraction - share)
        column = abs(label.truncation - share) if label.type != "DontCare" else None
        edges_px = float(np.abs(np.subtract(label.amodal_bbox_px, truth.edges_px)).max())
        if shape is not None and shape.outside_fraction is not None:
            shape_outside = abs(shape.outside_fraction - share)
        if shape is not None and shape.amodal_bbox_px is not None:
            shape_edges_px = tuple(np.abs(np.subtract(shape.amodal_bbox_px, truth.edges_px)).tolist())
    fraction = None if shape is None else shape.visible_fraction
    return Difference(label.role, label.type, abs(label.visible_fraction - visible), outside, edges_px,
                      None if fraction is None else abs(fraction - visible), shape_outside, shape_edges_px,
                      truth.outside_px > 0, column)


def visible_px(extra: Extra, truth: Truth, frame: Frame) -> int:
    """Pixels of an object that nothing hides: by number, and of what has none, where it is as deep as alone."""
    view = frame.views[RIG.label_camera.name]
    assert view.instance_id is not None and view.depth_m is not None and view.tag is not None
    if isinstance(extra.known, ActorState):
        return int((view.instance_id == extra.known.simulator_id).sum())
    same = np.abs(view.depth_m - truth.depth_m) < _SAME_SURFACE_M
    return int((same & (truth.depth_m < _SKY_M) & (view.tag == CAR_TAG) & (view.instance_id == 0)).sum())


def stock(frame: Frame) -> Frame:
    """The same, as a server without silhouettes gives it."""
    name = RIG.label_camera.name
    return replace(frame, views={name: replace(frame.views[name], silhouettes=None)})


def share_within(values: Sequence[float | None], limit: float) -> float:
    """Of the values that are there."""
    known: NDArray[np.float64] = np.array([value for value in values if value is not None])
    return float((known <= limit).mean())
