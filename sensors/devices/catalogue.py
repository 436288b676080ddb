"""Where device files lie: those that come with the package, by name, and anyone's own, by path."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from sensors.errors import DeviceError
from sensors.yaml12 import Section, did_you_mean, load_yaml

_DEVICES = Path(__file__).parent


def names(folder: str) -> tuple[str, ...]:
    """The devices of ``folder`` ("lidars", "cameras") that come with the package."""
    return tuple(sorted(path.stem for path in (_DEVICES / folder).glob("*.yaml")))


def device_file(name_or_path: str | Path, folder: str, kind: str) -> Path:
    """The file of a device given by name or path.

    A ``Path``, and text that ends in ``.yaml`` or ``.yml`` or holds a slash, is taken as a path.

    Args:
        folder: "lidars" or "cameras".
        kind:   what it is called in errors, "LiDAR".

    Raises:
        DeviceError: if no device of that name comes with the package; says which ones do.
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith((".yaml", ".yml")) or "/" in text:
        return Path(text)
    there_are = names(folder)
    if text not in there_are:
        raise DeviceError(f"no {kind} is called {text!r}{did_you_mean(text, there_are)}; there are "
                          f"{', '.join(there_are)}, and any file that ends in .yaml")
    return _DEVICES / folder / f"{text}.yaml"


def read(path: Path) -> str:
    """The text of a device file.

    Raises:
        DeviceError: if it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DeviceError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DeviceError(f"{path}: is not UTF-8 text: {error}") from error


def section(source: str, where: str, keys: Iterable[str]) -> Section:
    """The whole of a device file.

    Raises:
        DeviceError: ``where: key: problem``.
    """
    try:
        value = load_yaml(source)
    except yaml.YAMLError as error:
        raise DeviceError(f"{where}: is not YAML: {' '.join(str(error).split())}") from error
    return Section(value, where, "", keys, DeviceError)
