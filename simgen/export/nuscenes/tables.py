"""nuScenes' thirteen tables while they are being filled, and their files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from simgen.export.nuscenes.taxonomy import attributes, categories, visibility_levels
from simgen.export.nuscenes.tokens import token

Record = dict[str, Any]

NAMES = ("category", "attribute", "visibility", "instance", "sensor", "calibrated_sensor", "ego_pose", "log", "scene",
         "sample", "sample_data", "sample_annotation", "map")


@dataclass
class Tables:
    """Table → records by token, in the order in which they came."""

    records: dict[str, dict[str, Record]] = field(default_factory=lambda: {name: {} for name in NAMES})

    def add(self, table: str, key: str, **values: Any) -> str:
        """Put a record in, and return its token.

        Raises:
            ValueError: if another record has this token.
        """
        record = {"token": key, **values}
        if self.records[table].setdefault(key, record) != record:
            raise ValueError(f"two records of {table} have the token {key}")
        return key

    def text(self, table: str) -> str:
        """The file's content: a JSON list, a record a line."""
        rows = ",\n".join(json.dumps(record, ensure_ascii=False, allow_nan=False)
                          for record in self.records[table].values())
        return f"[\n{rows}\n]\n"


def new_tables() -> Tables:
    """With what is the same in every dataset: categories, attributes and levels of visibility."""
    tables = Tables()
    for index, category in enumerate(categories(), start=1):     # 0 is nuScenes-lidarseg's noise
        tables.add("category", category_token(category.name), name=category.name, description=category.description,
                   index=index)
    for attribute in attributes():
        tables.add("attribute", attribute_token(attribute.name), name=attribute.name,
                   description=attribute.description)
    for key, level, _ in visibility_levels():
        tables.add("visibility", key, level=level,
                   description=f"visibility of whole object is between {level[1:].replace('-', ' and ')}%")
    return tables


def category_token(name: str) -> str:
    return token("category", name)


def attribute_token(name: str) -> str:
    return token("attribute", name)


def link_in_time(records: list[Record]) -> None:
    """Fill ``prev`` and ``next`` of records that follow each other; empty at both ends."""
    for record, before, after in zip(records, [None, *records], [*records[1:], None], strict=False):
        record["prev"] = "" if before is None else before["token"]
        record["next"] = "" if after is None else after["token"]
