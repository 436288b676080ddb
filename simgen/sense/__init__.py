"""What sensors make of a captured frame: noise, weather, the device's own ways. Room between capture and labels.

The simulator casts the world as it is; ``sensors`` says what a device reports of it. See README.md in this folder.
"""

from simgen.sense.stage import SensingStage, check_returns

__all__ = ["SensingStage", "check_returns"]
