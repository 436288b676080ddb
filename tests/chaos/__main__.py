"""``python -m tests.chaos --episodes 300 --seed 7``: a run in which everything dies, and what is left of it.

Exit code 0 if nothing is lost, left behind or written twice.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from tests.chaos.disk import enter_own_mounts
from tests.chaos.gremlin import DEEDS


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--episodes", type=int, default=300, help="how many (default %(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="of the mischief (default %(default)s)")
    parser.add_argument("--every", type=float, default=4.0, metavar="N",
                        help="episodes between two pieces of mischief, on average (default %(default)s)")
    parser.add_argument("--only", nargs="+", choices=DEEDS, default=list(DEEDS), metavar="KIND",
                        help=f"kinds of mischief (default: {', '.join(DEEDS)})")
    parser.add_argument("--folder", type=Path, help="an empty one, for logs and data (default: a new one in /tmp)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was done and found there")
    given = parser.parse_args(arguments)
    enter_own_mounts("tests.chaos", arguments)
    folder = given.folder or Path(tempfile.mkdtemp(prefix="chaos-", dir="/tmp"))
    folder.mkdir(parents=True, exist_ok=True)
    # Names of sockets must be short, and nobody else's Ray may be found.
    os.environ["RAY_TMPDIR"] = str(folder.resolve())
    os.environ["RAY_AUTH_MODE"] = "disabled"
    for name in ("RAY_ADDRESS", "SIMGEN_CARLA"):
        os.environ.pop(name, None)

    from tests.chaos.ordeal import Ordeal  # Ray reads its environment when it is imported

    report = Ordeal(folder, given.episodes, given.seed, given.only, given.every).run()
    if given.json is not None:
        given.json.write_text(json.dumps({"findings": report.findings, "done": report.done}))
    print("\n".join(report.lines()))
    print(f"logs: {folder}")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
