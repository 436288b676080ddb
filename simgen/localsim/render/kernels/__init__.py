"""What runs per ray and per pixel, in Warp's language. Nothing here knows Embree except ``packets``."""
