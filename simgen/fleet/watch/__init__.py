"""Watching a run: what a person sees, what is written down for later, and what became of what failed."""
