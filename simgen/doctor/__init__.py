"""Is this machine, and is that simulator, fit to record data; and if not, what cures it? See README.md."""
