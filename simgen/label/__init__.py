"""Labels, measured from what the sensors saw: ``Labeller`` turns ``Frame`` after ``Frame`` into KITTI's ground truth.

Nothing here needs a simulator. See README.md in this folder for every rule.
"""

from simgen.label.class_map import ClassMap, DontCareRules, Limits, shipped_names
from simgen.label.identity import IdMode
from simgen.label.objects import Labeller, LabelOptions, label_frame
from simgen.label.owners import pixel_owners, return_owners

__all__ = [
    "ClassMap",
    "DontCareRules",
    "IdMode",
    "LabelOptions",
    "Labeller",
    "Limits",
    "label_frame",
    "pixel_owners",
    "return_owners",
    "shipped_names",
]
