"""What a camera records: weather between lens and scene, the lens, the sensor, and the path to a file."""
