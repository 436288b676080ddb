"""A preview as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simgen.errors import RequestError
from simgen.report.preview.page import Refused, compose
from simgen.report.preview.scene import Scene

KINDS = (".png", ".html")


def check_preview_path(path: Path) -> None:
    """Raises RequestError for a name that does not end as previews do."""
    if path.suffix.lower() not in KINDS:
        raise RequestError(f"--out {path}: a preview is a PNG picture or an HTML page; end the name in .png or .html")


def save_preview(episodes: Sequence[Scene | Refused], path: Path, title: str = "", about: str = "") -> None:
    """Draw episodes into one file, as its name ends. Raises RequestError if it cannot be written there."""
    check_preview_path(path)
    sheet = compose(episodes, title, about)
    try:
        if path.suffix.lower() == ".html":
            from simgen.report.preview.html import page_of

            path.write_text(page_of(sheet), encoding="utf-8")
        else:
            from simgen.report.preview.png import save_png

            save_png(sheet, path)
    except OSError as error:
        raise RequestError(f"--out {path}: cannot be written: {error.strerror or error}") from None
