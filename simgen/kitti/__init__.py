"""The KITTI object format, written and read side by side: one module for each kind of file.

``frames.KittiFrame`` is one frame with everything that is stored of it; ``writer`` puts it on disk,
``reader`` gets it back. See README.md in this folder for what goes beyond KITTI.
"""
