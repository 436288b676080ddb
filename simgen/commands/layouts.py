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


def write_layouts(dataset: Path, layouts: Sequence[str]) -> Iterator[str]:
    """Write each layout into a folder of its name in the dataset; a sentence about each.

    Raises RequestError or DatasetError as ``simgen export`` does.
    """
    if not layouts:
        return
    from simgen.export import export_dataset

    for layout in layouts:
        report = export_dataset(dataset, layout)
        yield f"{layout}: {dataset / layout}, {counted(report.episodes, 'episode')}, {counted(report.frames, 'frame')}"
        for note in report.notes:
            yield f"  note: {note}"
