"""The renderer of the built-in simulator: one ray-traced scene for pictures, labels and LiDAR returns."""

from simgen.localsim.quality import LADDER, STANDARD, Quality
from simgen.localsim.render.choosing import DeviceRefused, Renderers
from simgen.localsim.render.embree import RayTracerMissing
from simgen.localsim.render.renderer import CameraBuffers, PlaceGeometry, Renderer, SweepHits
from simgen.localsim.render.silhouette import Silhouette
from simgen.localsim.render.weather import Weather

__all__ = ["LADDER", "STANDARD", "CameraBuffers", "DeviceRefused", "PlaceGeometry", "Quality", "RayTracerMissing",
           "Renderer", "Renderers", "Silhouette", "SweepHits", "Weather"]
