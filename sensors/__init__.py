"""What a sensor is and how it sees: axes, rigid transforms, boxes, cameras, LiDARs, and the rigs they sit on.

Pure functions and frozen data on numpy arrays; no simulator is needed. See README.md in this folder.
"""
