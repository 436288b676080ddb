"""How large covering arrays come out and how long they take: python -m tests.bench.bench_covering"""

from __future__ import annotations

import time

from simgen.scenario.covering import covering_array

CASES = {
    "edge-cases: 12 x 4 x 7 x 5 x 3 x 5": (12, 4, 7, 5, 3, 5),
    "13 values of 3 levels": (3,) * 13,
    "10 values of 5 levels": (5,) * 10,
    "15 values of 4 levels": (4,) * 15,
    "20 values of 10 levels": (10,) * 20,
    "30 switches": (2,) * 30,
    "60 values of 10 levels": (10,) * 60,
}


def main() -> None:
    for name, levels in CASES.items():
        started = time.perf_counter()
        rows = covering_array(levels)
        print(f"{name:36} {len(rows):4} rows {time.perf_counter() - started:6.2f} s")


if __name__ == "__main__":
    main()
