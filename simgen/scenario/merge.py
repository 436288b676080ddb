"""One scenario out of several files and the command line: ``extends``, ``include``, ``--set`` and ``vary.over``.

A scenario that extends another, by its path or its name in the library, starts from it; files that are included bring
parts; what is written in the file itself comes last and wins. Mappings merge key by key and actors by their roles;
everything else is replaced whole, and so are distributions and the keys of ``WHOLE``, whose parts only mean something
together. ``null`` takes a key out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence as Many
from pathlib import Path

from simgen.scenario.distributions import is_random
from simgen.scenario.document import Mapping, Node, Scalar, Sequence, Swept, describe, read_document, read_text, role_of
from simgen.scenario.library import library
from simgen.scenario.mistakes import MistakeLog, ScenarioMistakes, Where, did_you_mean

WHOLE = ("place", "when", "do", "meet", "vary")
MAX_FILES = 100

DEPRECATED_WORDS = {"follow_road": "drive"}      # new word → old word; key paths may go through either

_PART = re.compile(r"(?P<name>[^.\[\]]+)(?P<numbers>(?:\[[0-9]+\])*)")


class Assembly:
    """Reads a scenario's files. ``files``: all that were read, the scenario's own first; ``whole``: none is missing."""

    def __init__(self, log: MistakeLog) -> None:
        self._log = log
        self.files: list[Path] = []
        self.whole = True

    def read(self, path: Path) -> Mapping:
        """The merged tree of a file and all it builds on. Raises ``ScenarioMistakes``."""
        return self._read(path, ())

    def _read(self, path: Path, chain: tuple[Path, ...]) -> Mapping:
        self.files.append(path)
        own = read_document(path, self._log)
        chain = (*chain, path.resolve())
        tree: Node | None = None
        for key in ("extends", "include"):
            for name in self._names(own, key):
                part = self._other(path, name, key, chain)
                self.whole &= part is not None
                if part is not None:
                    tree = part if tree is None else merge(tree, part)
        if tree is None:
            return own
        merged = merge(_without(tree, ("extends", "include")), own)
        assert isinstance(merged, Mapping)
        return merged

    def _names(self, own: Mapping, key: str) -> list[Scalar]:
        """The files under ``extends`` or ``include``; what else stands there, the models complain about."""
        node = own.entries.get(key)
        nodes = node.items if isinstance(node, Sequence) and key == "include" else (node,)
        return [item for item in nodes if isinstance(item, Scalar) and isinstance(item.value, str) and item.text]

    def _other(self, path: Path, name: Scalar, key: str, chain: tuple[Path, ...]) -> Node | None:
        where = name.at.under(key)
        other = Path(os.path.normpath(path.parent / name.text))
        try:
            known = other.is_file()
            around = [entry.name for entry in other.parent.iterdir()] if other.parent.is_dir() else []
        except (OSError, ValueError):            # a name too long, or with a NUL in it
            known, around = False, []
        if not known and key == "extends":
            called_so = [file for full, file in library().items() if name.text in (full, full.split("/")[-1])]
            if len(called_so) == 1:
                other, known = called_so[0], True
        if not known:
            self._log.note(where, f"{name.text[:100]} is not there{did_you_mean(other.name, around)} "
                                  f"({where.looked_for(other)})")
            return None
        if other.resolve() in chain:
            circle = " → ".join(file.name for file in (*chain[chain.index(other.resolve()):], other))
            self._log.note(where, f"goes in a circle: {circle}; a file cannot build on itself")
            return None
        if len(self.files) >= MAX_FILES:
            raise self._log.fatal(where, f"is file number {MAX_FILES + 1} of this scenario; write fewer, larger ones")
        try:
            return self._read(other, chain)
        except ScenarioMistakes:                 # noted in the log already
            return None


def merge(base: Node, over: Node, key: str = "") -> Node:
    """``base`` changed by ``over``. ``key``: the key that both stand under."""
    if key == "actors" and isinstance(base, Sequence) and isinstance(over, Sequence):
        return _merge_actors(base, over)
    if key == "weather" and isinstance(over, Mapping) and not is_random(over) and not isinstance(base, Sequence):
        base = weather_mapping(base)
    mergeable = isinstance(base, Mapping) and isinstance(over, Mapping) and key not in WHOLE
    if not mergeable or is_random(base) or is_random(over):
        return over
    assert isinstance(base, Mapping) and isinstance(over, Mapping)
    keys, entries = {**base.keys, **over.keys}, dict(base.entries)
    for name, node in over.entries.items():
        if name in base.entries and isinstance(node, Scalar) and node.value is None:
            del keys[name], entries[name]
        else:
            entries[name] = merge(base.entries[name], node, name) if name in base.entries else node
    return Mapping(over.at, keys, entries)


def _merge_actors(base: Sequence, over: Sequence) -> Sequence:
    items: list[Node] = list(base.items)
    for node in over.items:
        role = role_of(node)
        known = [number for number, item in enumerate(items) if role is not None and role_of(item) == role]
        if not known or not isinstance(node, Mapping):
            items.append(node)
        elif _removes(node):
            del items[known[0]]
        else:
            items[known[0]] = merge(items[known[0]], node)
    return Sequence(over.at, tuple(items))


def _removes(node: Mapping) -> bool:
    remove = node.entries.get("remove")
    return {*node.entries} == {"role", "remove"} and isinstance(remove, Scalar) and remove.value is True


def _without(tree: Node, names: Many[str]) -> Node:
    if not isinstance(tree, Mapping):
        return tree
    return Mapping(tree.at, {name: key for name, key in tree.keys.items() if name not in names},
                   {name: node for name, node in tree.entries.items() if name not in names})


def weather_mapping(node: Node) -> Node:
    """``weather: HardRainNoon`` as ``{preset: HardRainNoon}``."""
    if isinstance(node, Scalar) or is_random(node):
        return Mapping(node.at, {"preset": Scalar(node.at, "preset", "preset")}, {"preset": node})
    return node


def apply_overrides(tree: Mapping, overrides: Many[str], log: MistakeLog) -> Mapping:
    """``--set key.path=YAML``, one after the other. Mistakes are noted as "--set key.path: …"."""
    for override in overrides:
        path, equals, text = override.partition("=")
        path = path.strip()
        said = " ".join((path or override).split())            # a sentence has no line breaks
        where = Where(f"--set {said}"[:120])
        if not equals or not path:
            log.note(where, "expected key.path=value, such as --set ego.speed='50 km/h'")
            continue
        try:
            node = read_text(text, log, where, numbered=False)
        except ScenarioMistakes:                 # noted in the log already
            continue
        tree = put(tree, path, node or Scalar(where, "", None), where, log)
    return tree


def put_sweeps(tree: Mapping, log: MistakeLog) -> Mapping:
    """The values of ``vary.over``, each put in the place that its key path names."""
    vary = tree.entries.get("vary")
    over = vary.entries.get("over") if isinstance(vary, Mapping) else None
    if not isinstance(over, Mapping) or isinstance(over, Swept):
        return tree
    for number, (path, node) in enumerate(over.entries.items()):
        word = Scalar(node.at, "vary", "vary")
        swept = Swept(over.keys[path].at, {"vary": word}, {"vary": node}, number)
        tree = put(tree, path, swept, over.keys[path].at.under("vary.over"), log)
    return tree


def put(tree: Mapping, path: str, node: Node, where: Where, log: MistakeLog) -> Mapping:
    """``tree`` with ``node`` at a key path; sections on the way are made where they are missing, ``null`` takes out."""
    parts = [_PART.fullmatch(part) for part in path.split(".")]
    names: list[str | int] = []
    for part in parts:
        if part is None or len(parts) > 40:
            log.note(where, f"'{path[:100]}' is no key path; write one such as ego.speed or actors.deer.place.ahead")
            return tree
        names += [part["name"], *(int(number) for number in re.findall(r"[0-9]+", part["numbers"]))]
    try:
        changed = _put(tree, names, node, "", where)
    except ValueError as error:
        log.note(where, str(error))
        return tree
    assert isinstance(changed, Mapping)
    return changed


def _put(tree: Node | None, names: Many[str | int], node: Node, path: str, where: Where) -> Node:
    if not names:
        return node
    name, rest = names[0], names[1:]
    if isinstance(tree, Sequence):
        number = _index(tree, name, path)
        below = f"{path}[{number}]" if isinstance(name, int) else f"{path}.{name}"
        items = list(tree.items)
        items[number] = _put(items[number], rest, node, below, where)
        return Sequence(tree.at, tuple(items))
    if isinstance(name, int):
        raise ValueError(f"{path} is no list, so it has no entry [{name}]")
    if path == "actors":
        raise ValueError(f"no actor has the role '{name}'; there are none")
    tree = _opened(tree, name, path, where)
    old = DEPRECATED_WORDS.get(name)
    if old is not None and old in tree.entries and name not in tree.entries:
        name = old
    keys, entries = dict(tree.keys), dict(tree.entries)
    if not rest and isinstance(node, Scalar) and node.value is None and name in entries:
        del keys[name], entries[name]
    else:
        keys.setdefault(name, Scalar(where, name, name))
        entries[name] = _put(entries.get(name), rest, node, f"{path}.{name}" if path else name, where)
    return Mapping(tree.at, keys, entries)


def _index(tree: Sequence, name: str | int, path: str) -> int:
    """The entry of a list that a key path names: by number, or by role."""
    if isinstance(name, int):
        if name >= len(tree.items):
            raise ValueError(f"{path} has no entry [{name}]; the last is [{len(tree.items) - 1}]")
        return name
    roles = [role_of(item) for item in tree.items]
    if name in roles:
        return roles.index(name)
    if path == "actors":
        raise ValueError(f"no actor has the role '{name}'{did_you_mean(name, [role for role in roles if role])}")
    raise ValueError(f"{path} is a list; name an entry of it, such as {path}[0]")


def _opened(tree: Node | None, name: str, path: str, where: Where) -> Mapping:
    """The mapping in which a key is to be put; words that are short for a mapping are written out."""
    if tree is None or (isinstance(tree, Scalar) and tree.value is None):
        return Mapping(where, {}, {})
    if path == "weather":
        tree = weather_mapping(tree)
    if isinstance(tree, Scalar) and tree.text in (name, DEPRECATED_WORDS.get(name)):     # do: cross
        return Mapping(tree.at, {tree.text: tree}, {tree.text: Mapping(tree.at, {}, {})})
    if not isinstance(tree, Mapping) or isinstance(tree, Swept):
        raise ValueError(f"{path} is {describe(tree)} here and has no key '{name}'")
    return tree
