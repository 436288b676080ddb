"""All rules by id. ``README.md`` beside this file lists them; a test keeps the two alike."""

from __future__ import annotations

from typing import Any

from simgen.verify import (
    box_rules,
    file_rules,
    label_rules,
    lidar_rules,
    motion_rules,
    record_rules,
    set_rules,
)
from simgen.verify.frames import FrameFiles
from simgen.verify.rules import Rule
from simgen.verify.sets import DatasetFiles

FRAME_RULES: tuple[Rule[FrameFiles], ...] = (
    *label_rules.RULES,
    *file_rules.RULES,
    *box_rules.RULES,
    *lidar_rules.RULES,
    *record_rules.FRAME_RULES,
)
SET_RULES: tuple[Rule[DatasetFiles], ...] = (
    *set_rules.RULES,
    *record_rules.SET_RULES,
    *motion_rules.RULES,
)
_ALL: tuple[Rule[Any], ...] = (*FRAME_RULES, *SET_RULES)
RULES: dict[str, Rule[Any]] = {one.id: one for one in _ALL}
