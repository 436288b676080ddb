"""Simulators as processes: found a place for, started, watched and ended. Nothing here is ever ended by its name."""
