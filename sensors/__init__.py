"""What a sensor is and how it sees: axes, rigid transforms, boxes, cameras, LiDARs, and the rigs they sit on.

Pure functions and frozen data on numpy arrays; no simulator is needed. Where to begin:

    sensors.conditions.Conditions               the weather, in physical units
    sensors.devices.load_lidar, load_camera     data sheets of real devices
    sensors.lidar.measure.measure               what a LiDAR reports of a clean sweep, in any weather
    sensors.lidar.added_weather.in_weather      weather on a sweep that somebody recorded
    sensors.camera.chain.photograph             what a camera makes of a rendered picture, in any weather
    sensors.rig.load_rig                        sensors on a car

See README.md in this folder. Nothing is imported here, so that each part costs only what it needs.
"""
