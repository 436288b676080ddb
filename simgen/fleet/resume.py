"""What a dataset folder holds already, and what in it belongs to nobody.

An episode counts when its record exists and every file the record names is there. Files that no record names are
left over from an attempt that died, and are removed; nothing outside the folders of frames and records is touched.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from simgen.errors import DatasetError, RequestError
from simgen.kitti.layout import EPISODES, PARTIAL, REQUEST, frame_folders, record_path
from simgen.kitti.maps import MAPS
from simgen.kitti.records import EpisodeRecord, read_record

log = logging.getLogger(__name__)


def refuse_foreign_folder(out_dir: Path) -> None:
    """Raises RequestError if ``out_dir`` is a file, or holds something that simgen did not begin."""
    if out_dir.exists() and not out_dir.is_dir():
        raise RequestError(f"--out {out_dir}: this is a file; name a folder")
    if not (out_dir / REQUEST).exists() and out_dir.is_dir():
        strange = sorted(path.name for path in out_dir.iterdir() if path.name not in (".lock", "logs"))
        if strange:
            raise RequestError(
                f"--out {out_dir}: the folder is not empty and holds no dataset of simgen ({strange[0]} …); "
                "name a new or an empty folder"
            )


def is_whole(out_dir: Path, record: EpisodeRecord) -> bool:
    """Are all files of a record there, at their recorded length? (``simgen verify`` compares checksums.)"""
    for path, entry in record.files.items():
        try:
            if (out_dir / path).stat().st_size != entry.bytes:
                return False
        except FileNotFoundError:
            return False
    return True


def whole_records(out_dir: Path, digests: Mapping[str, str]) -> dict[str, EpisodeRecord]:
    """The records of those episodes that are complete, by name. digests: of each planned episode, in plan order."""
    records: dict[str, EpisodeRecord] = {}
    for episode, digest in digests.items():
        try:
            record = read_record(out_dir, episode)
        except DatasetError as error:
            log.warning("%s; the episode is recorded again", error)
            continue
        if record is not None and record.plan_digest == digest and is_whole(out_dir, record):
            records[episode] = record
    return records


def sweep(out_dir: Path, records: Mapping[str, EpisodeRecord]) -> int:
    """Remove frame files and records that belong to no whole episode. Returns how many files went."""
    named = {path for record in records.values() for path in record.files}
    named |= {record_path(name) for name in records}
    removed = 0
    for folder, ending in (*frame_folders(out_dir), (EPISODES, "json")):
        for path in (out_dir / folder).glob("*"):
            ours = path.name.endswith((f".{ending}", PARTIAL))
            if ours and f"{folder}/{path.name}" not in named:
                path.unlink()
                removed += 1
    for path in (out_dir / MAPS).glob(f"*{PARTIAL}"):
        path.unlink()
        removed += 1
    if removed:
        log.info("removed %d files of unfinished episodes", removed)
    return removed
