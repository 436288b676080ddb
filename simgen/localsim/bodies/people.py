"""Who the walkers are: height, build, clothes, hair and luggage of walker.pedestrian.0001 to 0052.

Ages and genders follow CARLA 0.9.16 (children 0009-0014 and 0048-0051; police 0030, 0032); the heights of adults
are ours, drawn once from the usual distributions (men 1.76 +- 0.07 m, women 1.63 +- 0.065 m) and kept in 1.60..1.85.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Top = Literal["shirt", "jumper", "jacket", "coat", "uniform"]
Legs = Literal["trousers", "shorts", "skirt"]
Hair = Literal["short", "long", "bun", "ponytail", "bald", "beanie", "cap", "hood", "police_cap",
               "cycle_helmet", "full_helmet", "open_helmet"]
Bag = Literal["none", "backpack", "shoulder_bag", "handbag", "shopping", "umbrella"]


@dataclass(frozen=True, slots=True)
class Person:
    """One person; girth 1.0 is average. shade: of the hair, brown, fair, grey, red or black (0 to 4)."""

    height_m: float
    female: bool
    girth: float
    top: Top
    legs: Legs
    hair: Hair
    bag: Bag = "none"
    shade: int = 0


_M, _F = False, True
_ROWS: tuple[tuple[float, bool, float, Top, Legs, Hair, Bag], ...] = (
    (1.65, _F, 0.95, "jumper", "trousers", "long", "shoulder_bag"),        # 0001
    (1.78, _M, 1.00, "shirt", "trousers", "short", "none"),
    (1.82, _M, 1.05, "jacket", "trousers", "short", "backpack"),
    (1.77, _M, 1.00, "coat", "trousers", "short", "umbrella"),
    (1.66, _F, 1.08, "coat", "skirt", "bun", "handbag"),                   # 0005
    (1.68, _F, 0.92, "shirt", "skirt", "ponytail", "none"),
    (1.70, _F, 0.95, "jumper", "shorts", "cap", "none"),
    (1.63, _F, 1.12, "jacket", "trousers", "short", "shopping"),
    (1.10, _M, 1.00, "shirt", "shorts", "short", "none"),                  # 0009, a small child
    (1.10, _F, 0.96, "jumper", "skirt", "ponytail", "none"),
    (1.10, _M, 1.04, "jacket", "trousers", "beanie", "none"),
    (1.30, _F, 0.95, "jumper", "trousers", "long", "backpack"),            # 0012, a school child
    (1.30, _M, 1.00, "shirt", "shorts", "cap", "backpack"),
    (1.30, _M, 1.06, "jacket", "trousers", "short", "none"),
    (1.76, _M, 1.00, "coat", "trousers", "short", "shoulder_bag"),         # 0015
    (1.60, _F, 1.05, "coat", "trousers", "long", "handbag"),
    (1.71, _M, 1.20, "shirt", "trousers", "bald", "none"),
    (1.66, _F, 0.94, "jacket", "trousers", "ponytail", "backpack"),
    (1.84, _M, 0.98, "jumper", "trousers", "beanie", "none"),
    (1.64, _F, 1.00, "shirt", "shorts", "bun", "none"),                    # 0020
    (1.77, _M, 1.02, "jacket", "trousers", "hood", "none"),
    (1.61, _F, 1.18, "coat", "skirt", "short", "shopping"),
    (1.79, _M, 0.96, "shirt", "shorts", "short", "backpack"),
    (1.70, _F, 0.93, "coat", "trousers", "long", "umbrella"),
    (1.73, _M, 1.08, "coat", "trousers", "cap", "none"),                   # 0025
    (1.67, _F, 0.98, "jumper", "trousers", "bun", "shoulder_bag"),
    (1.85, _M, 1.04, "jacket", "trousers", "short", "none"),
    (1.75, _M, 0.94, "shirt", "trousers", "short", "none"),
    (1.63, _F, 1.00, "shirt", "skirt", "long", "handbag"),
    (1.81, _M, 1.05, "uniform", "trousers", "police_cap", "none"),         # 0030, police
    (1.72, _M, 1.10, "jumper", "trousers", "short", "shopping"),
    (1.70, _F, 1.00, "uniform", "trousers", "police_cap", "none"),         # 0032, police
    (1.76, _M, 0.97, "jacket", "trousers", "beanie", "backpack"),
    (1.65, _F, 1.08, "jacket", "trousers", "hood", "none"),
    (1.78, _M, 1.00, "shirt", "shorts", "cap", "none"),                    # 0035
    (1.69, _F, 0.95, "coat", "skirt", "ponytail", "none"),
    (1.74, _M, 1.12, "coat", "trousers", "short", "umbrella"),
    (1.62, _F, 0.97, "jumper", "skirt", "bun", "none"),
    (1.83, _M, 1.00, "jumper", "trousers", "short", "shoulder_bag"),
    (1.64, _F, 1.02, "jacket", "trousers", "long", "none"),                # 0040
    (1.71, _M, 0.95, "jacket", "shorts", "short", "backpack"),
    (1.66, _F, 1.10, "shirt", "trousers", "short", "handbag"),
    (1.77, _M, 1.06, "coat", "trousers", "bald", "none"),
    (1.60, _F, 0.94, "jacket", "skirt", "ponytail", "shoulder_bag"),
    (1.80, _M, 1.02, "shirt", "trousers", "short", "none"),                # 0045
    (1.68, _F, 0.96, "jumper", "trousers", "beanie", "none"),
    (1.75, _M, 1.18, "jacket", "trousers", "cap", "shopping"),
    (1.10, _F, 1.02, "shirt", "shorts", "bun", "none"),                    # 0048, a small child
    (1.10, _M, 0.97, "jumper", "trousers", "short", "backpack"),           # 0049, a small child
    (1.36, _F, 0.98, "jacket", "trousers", "long", "none"),                # 0050, older children
    (1.38, _M, 1.00, "jumper", "trousers", "hood", "none"),
    (1.73, _M, 1.05, "shirt", "trousers", "short", "backpack"),
)

# Shades of hair, as often as they are met; children are not grey.
_SHADES = (0, 4, 1, 0, 2, 0, 1, 4, 0, 2, 3, 0, 4, 1, 0, 2, 4)


def _shade(number: int, height_m: float) -> int:
    shade = _SHADES[number * 7 % len(_SHADES)]
    return 1 if shade == 2 and height_m < 1.5 else shade


PEOPLE: dict[str, Person] = {
    f"walker.pedestrian.{number:04d}": Person(*row, shade=_shade(number, row[0]))
    for number, row in enumerate(_ROWS, start=1)}
