"""How the ego and the actors of a plan move: pure, on any ``Road``, with or without a simulator."""
