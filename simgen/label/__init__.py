"""Labels, measured from what the sensors saw: ``label_frame`` turns a ``Frame`` into KITTI's ground truth.

Nothing here needs a simulator. See README.md in this folder for every rule.
"""

from simgen.label.objects import LabelOptions, label_frame

__all__ = ["LabelOptions", "label_frame"]
