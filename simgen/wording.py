"""Words for people: numbers of things ("1 episode", "20 episodes"), times, sizes."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """A number with its noun, in the plural unless it is one. plural: where it is not the noun with an s."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def human_time(seconds: float) -> str:
    """``75.2`` becomes ``1:15``, ``3700`` becomes ``1:01:40``, two days and an hour ``2 d 1:00:00``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours}:{minutes:02d}:{rest:02d}"
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def human_bytes(count: float) -> str:
    """``1_234`` becomes ``1.2 kB``, ``56_000_000_000`` becomes ``56 GB``; units of a thousand, as disks are sold."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 999.5 or unit == "TB":
            return f"{count:.0f} {unit}" if count >= 9.95 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("TB takes everything")


def short(text: str, characters: int) -> str:
    """The text in so many characters at most; one that is longer ends in an ellipsis."""
    return text if len(text) <= characters else text[: characters - 1] + "…"
