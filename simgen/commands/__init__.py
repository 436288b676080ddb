"""The commands that need no simulator of their own to be there: writing scenarios, and looking at what they become."""
