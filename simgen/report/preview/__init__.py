"""Scenes from above, before anything is recorded: from a plan and a map's OpenDRIVE text, without a simulator.

    plan, road ──rehearse_scene──► Scene ──compose──► Sheet of marks ──► PNG or HTML
"""

from simgen.report.preview.facts import conditions
from simgen.report.preview.page import Refused, compose
from simgen.report.preview.save import check_preview_path, save_preview
from simgen.report.preview.scene import Scene, rehearse_scene

__all__ = ["Refused", "Scene", "check_preview_path", "compose", "conditions", "rehearse_scene", "save_preview"]
