"""Data sheets of LiDARs."""
