"""An episode's sweeps in one place, by the ego's poses: shows at a glance whether poses, sweeps and calibration agree.

``accumulate`` puts the sweeps together, ``agreement`` says in millimetres how well they fit, ``picture`` draws the map
from above, ``files`` writes it.
"""

from simgen.report.mapping.accumulate import EpisodeMap, accumulate
from simgen.report.mapping.agreement import Agreement
from simgen.report.mapping.files import save_map
from simgen.report.mapping.picture import save_map_picture

__all__ = ["Agreement", "EpisodeMap", "accumulate", "save_map", "save_map_picture"]
