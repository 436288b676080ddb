"""What is written and drawn on signs: places choose by number, the renderer draws.

Umlauts are spelt out, since the stroke font that draws the words has none.
"""

from __future__ import annotations

SHOPS = (
    "BAECKEREI", "CAFE", "APOTHEKE", "BLUMEN", "BUECHER", "FRISEUR", "OPTIK", "MODE", "RADHAUS", "PIZZERIA", "BANK",
    "KIOSK", "REISEN", "MARKT", "SCHUHE", "FOTO", "IMBISS", "HOTEL", "TEE & WEIN", "ELEKTRO",
)
TOWNS = ("Neustadt", "Birkenau", "Hirschberg", "Lindental", "Waldheim", "Altdorf", "Seefeld", "Steinbach")
# The numbers of speed limits stand at their value in tens.
NUMBERS = ("", "10", "20", "30", "40", "50", "60", "70", "80", "90", "100", "110", "120", "130")
OTHERS = ("STOP", "SOS", "Ausfahrt", "1000 m", "500 m", "A 5", "A 8", "H", "P", "2,5 km", "Zentrum")
FIVES = tuple(str(number) for number in range(5, 130, 10))
LIMITS = frozenset((*NUMBERS[1:], *FIVES))
WORDS = (*NUMBERS, *SHOPS, *TOWNS, *OTHERS, *FIVES)

SYMBOLS = ("exclamation", "deer", "bend", "pedestrian", "children", "arrow", "bicycle")

WORD_PX = (192, 32)           # a word's field, width and height; its capitals are 0.6 as high
SYMBOL_PX = (64, 64)
REACH_PX = 6.0                # distances to an outline are told up to here


def word(text: str) -> int:
    """The number of a word; ValueError if it is not among ``WORDS``."""
    return WORDS.index(text)


def symbol(name: str) -> int:
    """The number of a symbol; ValueError if it is not among ``SYMBOLS``."""
    return SYMBOLS.index(name)
