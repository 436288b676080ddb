"""A frame in three dimensions: in a window of Open3D's, or as a picture that needs no screen.

``model`` gathers what is there (points, lines, names) in LiDAR axes, ``colors`` says what a point's colour means,
``painter`` draws a model with NumPy and OpenCV, ``window`` shows it with Open3D.
"""

from simgen.report.view.colors import Coloring
from simgen.report.view.painter import save_view
from simgen.report.view.window import open_window

__all__ = ["Coloring", "open_window", "save_view"]
