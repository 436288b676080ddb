"""Colours of previews: Okabe and Ito's palette, which people of any colour vision can tell apart."""

from __future__ import annotations

PAPER = "#ffffff"
GROUND = "#e9ede4"
ROAD = "#b4bac2"
SHOULDER = "#ccd1d6"
PARKING = "#c6cbd2"
PAVEMENT = "#dadddf"
PAINT = "#ffffff"
EDGE = "#98a0aa"
INK = "#1f2933"
DIM = "#5f6b7a"
FAINT = "#d5dae0"
WARM_UP = "#eceff2"
STAR = "#f5d547"
SIGHT = "#c2188f"
NEAR = "#9a3412"

EGO = "#111827"
# What actors look like, by sort. Okabe, Ito: Color Universal Design, 2008.
SORTS: dict[str, str] = {
    "ego": EGO,
    "vehicle": "#0072b2",
    "two-wheeler": "#e69f00",
    "pedestrian": "#d55e00",
    "animal": "#009e73",
    "thing": "#8a5a44",
}
# The same darker, for words.
WORDS: dict[str, str] = {
    "ego": EGO, "vehicle": "#005a8e", "two-wheeler": "#8a5f00", "pedestrian": "#a84800", "animal": "#006b4e",
    "thing": "#6d4534",
}
# The same paler, for background traffic.
PALE: dict[str, str] = {
    "ego": "#6b7280", "vehicle": "#8fbfdc", "two-wheeler": "#f2d08a", "pedestrian": "#ecb38a", "animal": "#8fd0ba",
    "thing": "#c4a99c",
}
