"""Episodes in tars: is what is in one what its record says of each file?"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from simgen.verify.sets import Record


def wrong_members(tar: Path, record: Record) -> Iterator[str]:
    """A sentence for each member that is not as recorded, is missing, or is not recorded.

    "training/image_2/000012.png" is the member "000012.image_2.png".
    """
    expected = {_member(PurePosixPath(path)): facts for path, facts in record.frame_files().items()}
    try:
        with tarfile.open(tar, mode="r|") as members:
            for member in members:
                facts, stream = expected.pop(member.name, None), members.extractfile(member)
                if facts is None or stream is None:
                    yield f"it holds {member.name}, which {record.file} does not name"
                elif facts.get("sha256") != hashlib.sha256(stream.read()).hexdigest():
                    yield f"the content of {member.name} has not the SHA-256 in {record.file}"
    except (tarfile.TarError, OSError) as error:
        yield f"it cannot be read as a tar: {error}"
        return
    for name in sorted(expected):
        yield f"{record.file} names {name}, but it is not in the tar"


def _member(path: PurePosixPath) -> str:
    return f"{path.stem}.{path.parent.name}{path.suffix}"
