"""What pictures and sweeps may be computed on, as a user names it."""

from __future__ import annotations

AUTO, CPU, CUDA = "auto", "cpu", "cuda"
DEVICES = (AUTO, CPU, CUDA)     # auto: a GPU that is there and agrees with the processor, else the processor
