"""What can be spawned: the ids, attributes and sizes of stock CARLA 0.9.16, and the animals it lacks.

The facts lie in the YAML files beside this module; ``library.py`` turns them into blueprints.
"""

from simgen.localsim.catalogue.blueprint import AttributeSpec, Blueprint, Body, Wheels
from simgen.localsim.catalogue.library import (
    ABOUT,
    RGB_CAMERA,
    SILHOUETTES,
    SPECTATOR,
    WEATHER,
    WEATHER_UNSET,
    Library,
    carla_library,
    stock_library,
)

__all__ = [
    "ABOUT", "RGB_CAMERA", "SILHOUETTES", "SPECTATOR", "WEATHER", "WEATHER_UNSET", "AttributeSpec", "Blueprint", "Body",
    "Library", "Wheels", "carla_library", "stock_library",
]
