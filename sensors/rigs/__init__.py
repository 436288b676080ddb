"""Rig files that come with the package; ``sensors.rig.load_rig`` finds them by name."""
