"""Looking at results: one frame as a picture, or as a point cloud for 3D viewers."""

from simgen.report.cloud import export_ply
from simgen.report.show import save_frame, show_frame

__all__ = ["export_ply", "save_frame", "show_frame"]
