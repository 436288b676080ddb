"""Real sensors as data sheets describe them, read from YAML."""

from sensors.devices.camera import CameraDevice
from sensors.devices.camera_file import available_cameras, load_camera, parse_camera
from sensors.devices.lidar import LidarDevice
from sensors.devices.lidar_file import available_lidars, load_lidar, parse_lidar

__all__ = [
    "CameraDevice", "LidarDevice", "available_cameras", "available_lidars", "load_camera", "load_lidar",
    "parse_camera", "parse_lidar",
]
