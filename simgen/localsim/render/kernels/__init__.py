"""What runs per ray and per pixel, in Warp's language; only ``packets`` knows what casts the rays.

Two things about Warp explain how this is written. A variable that a loop changes must start as ``float(0.0)`` or
``int(0)``: a bare number is a constant. And a struct handed to a function is copied, which for one full of arrays costs
more than most arithmetic: what runs many times a pixel takes the arrays it needs instead.
"""
