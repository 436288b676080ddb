"""The layouts that a run ends with: what ``output.layouts`` asks for beside what is stored, by ``simgen.export``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from simgen.wording import counted


def require_layouts(layouts: Sequence[str]) -> None:
    """Raises RequestError for a layout that cannot be written, before anything is recorded for it."""
    if layouts:
        from simgen.export import find_format

        for layout in layouts:
            find_format(layout)


def write_layouts(dataset: str, layouts: Sequence[str], shards: bool) -> Iterator[str]:
    """Write each layout into a folder of its name in the dataset; a sentence about each. They are made of loose files
    in a folder, so beside a dataset of tars or in a store there are none, and a sentence says how to get them.

    Raises RequestError or DatasetError as ``simgen export`` does.
    """
    from simgen.store import is_url

    if not layouts:
        return
    if shards or is_url(dataset):
        yield (f"note: the scenarios ask for {', '.join(layouts)} as well, which are made of loose files in a folder: "
               f"simgen merge {dataset} --out DIR, then simgen export DIR --to {layouts[0]}")
        return
    from simgen.export import export_dataset

    for layout in layouts:
        report = export_dataset(Path(dataset), layout)
        place = Path(dataset) / layout
        yield f"{layout}: {place}, {counted(report.episodes, 'episode')}, {counted(report.frames, 'frame')}"
        for note in report.notes:
            yield f"  note: {note}"
