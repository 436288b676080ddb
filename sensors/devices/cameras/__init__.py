"""Data sheets of cameras."""
