"""simgen turns scenario files into labelled camera and LiDAR data through the real CARLA client."""

__version__ = "0.1.0"
