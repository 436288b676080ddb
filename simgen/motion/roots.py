"""Where a function passes zero."""

from __future__ import annotations

from collections.abc import Callable


def root(function: Callable[[float], float], low: float, high: float, tolerance: float = 1e-7) -> float:
    """A zero of a continuous function between two arguments where its signs differ.

    False position with the Illinois modification (Dowell and Jarratt, BIT 11, 1971), and a bisection every fourth
    time so that no function can hold it up. Raises ValueError if the signs do not differ.
    """
    at_low, at_high = function(low), function(high)
    if at_low == 0.0:
        return low
    if at_high == 0.0:
        return high
    if (at_low > 0.0) == (at_high > 0.0):
        raise ValueError(f"no change of sign between {low} and {high}")
    kept, before = 0, high
    for number in range(200):
        bisect = number % 4 == 3
        middle = (low + high) / 2 if bisect else (low * at_high - high * at_low) / (at_high - at_low)
        at_middle = function(middle)
        if at_middle == 0.0 or abs(high - low) < tolerance or (not bisect and abs(middle - before) < tolerance):
            return middle
        before = middle
        if (at_middle > 0.0) == (at_high > 0.0):
            high, at_high = middle, at_middle
            at_low = at_low / 2 if kept == -1 else at_low
            kept = -1
        else:
            low, at_low = middle, at_middle
            at_high = at_high / 2 if kept == 1 else at_high
            kept = 1
    return (low + high) / 2


def edge(holds: Callable[[float], bool], false_at: float, true_at: float, tolerance: float = 1e-5) -> float:
    """Where a condition begins to hold between an argument where it does not and one where it does, by bisection."""
    while abs(true_at - false_at) > tolerance:
        middle = (false_at + true_at) / 2
        if holds(middle):
            true_at = middle
        else:
            false_at = middle
    return true_at
