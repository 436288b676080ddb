"""Rules about the cameras' pictures as files, and as a pair."""

from __future__ import annotations

from collections.abc import Iterator

from simgen.verify.frames import FrameFiles
from simgen.verify.layout import FURTHER_PICTURE
from simgen.verify.rules import Problem, Rule, rule

CAMERAS = ("image_2", "image_3")
"""The pair; further cameras are judged by their pictures alone."""


@rule("image.form", "error", "pictures are 8-bit RGB PNG files", needs=("picture",))
def image_form(frame: FrameFiles) -> Iterator[Problem]:
    for folder in _pictures(frame):
        file, header = frame.path(folder), frame.header(folder)
        if header is None:
            is_jpeg = not file.lower().endswith(".png")
            yield Problem(
                file,
                "the picture is a JPEG: readers look for .png, and the loss is in the training data"
                if is_jpeg else "the file is no PNG",
                severity="warning" if is_jpeg and not frame.ours else None,
            )
        elif not header.is_complete:
            yield Problem(file, "the picture ends before its last chunk: the file was cut off")
        elif (header.bit_depth, header.color_type) != (8, 2):
            yield Problem(
                file, f"PNG bit depth {header.bit_depth}, colour type {header.color_type}; 8-bit RGB is 8 and 2"
            )


@rule("image.pixels", "error", "a picture can be decoded to its end, to the size that its header states",
      needs=("picture", "pixels"))
def image_pixels(frame: FrameFiles) -> Iterator[Problem]:
    for folder in _pictures(frame):
        header = frame.header(folder)
        if header is None or not header.is_complete:
            continue                                                              # image.form says so
        pixels = frame.pixels(folder)
        if pixels is None or pixels.shape[:2] != (header.height_px, header.width_px):
            yield Problem(frame.path(folder), "the picture cannot be decoded to its end")


@rule("image.content", "warning", "a picture shows something", needs=("picture", "pixels"))
def image_content(frame: FrameFiles) -> Iterator[Problem]:
    for folder in _pictures(frame):
        if frame.is_flat(folder):
            yield Problem(frame.path(folder), "all pixels of the picture are alike")


@rule("image.pair", "error", "the right camera's picture has the left one's size and is not a copy of it",
      needs=("pair",))
def image_pair(frame: FrameFiles) -> Iterator[Problem]:
    left, right = frame.header("image_2"), frame.header("image_3")
    if left is None or right is None:
        return
    file = frame.path("image_3")
    if (left.width_px, left.height_px) != (right.width_px, right.height_px):
        yield Problem(
            file,
            f"{right.width_px}×{right.height_px} pixels, but image_2 has {left.width_px}×{left.height_px}",
            severity=None if frame.ours else "warning",
        )
    elif _same_size(frame) and frame.content("image_2") == frame.content("image_3") and not frame.is_flat("image_2"):
        yield Problem(file, "the file is a copy of image_2's, so the two cameras stand in one place")


def _pictures(frame: FrameFiles) -> list[str]:
    """Folders of all its cameras' pictures."""
    return [folder for folder in frame.ref.files if folder in CAMERAS or FURTHER_PICTURE.fullmatch(folder)]


def _same_size(frame: FrameFiles) -> bool:
    sizes = {(frame.root / frame.ref.files[folder]).stat().st_size for folder in CAMERAS}
    return len(sizes) == 1


RULES: tuple[Rule[FrameFiles], ...] = (image_form, image_pixels, image_content, image_pair)
