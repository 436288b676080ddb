"""What a LiDAR reports: from beams that met surfaces to the points of a real device, in any weather."""
