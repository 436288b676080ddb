"""The command that writes a recorded dataset in other layouts: export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from simgen.commands.options import loose_dataset, say
from simgen.wording import counted

commands = typer.Typer()


@commands.command()
def export(
    dataset: Annotated[Path, typer.Argument(metavar="DIR", help="A dataset that 'simgen run' recorded.",
                                            show_default=False, parser=loose_dataset)],
    layout: Annotated[
        str, typer.Option("--to", metavar="FORMAT", help="tracking, raw, odometry, depth, semantics, coco, nuscenes, "
                                                                "webdataset; object, a copy with --classes; semantic "
                                                                "and instance are semantics.")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Where it goes; default: DIR/FORMAT, with --classes "
                                                      "DIR/FORMAT_MAP. An earlier export of the same dataset is "
                                                      "brought up to date.", show_default=False)
    ] = None,
    classes: Annotated[
        str | None, typer.Option(metavar="MAP", help="Other types for the objects: kitti makes Misc of all that KITTI "
                                                     "does not know, kitti_dont_care DontCare; or a YAML file, such as "
                                                     "'map: {Animal: Misc}'.", show_default=False)
    ] = None,
    shard_size: Annotated[
        int | None, typer.Option(min=1, metavar="MB", help="About how long the tars of webdataset shall be; default: "
                                                           "256.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="What was written, as JSON.")] = False,
) -> None:
    """Write a recorded dataset in another layout; pictures and sweeps are hard links, not copies.

    \b
      simgen export out/deer --to tracking
      simgen export out/deer --to raw --out /data/deer_raw
      simgen export out/deer --to tracking --classes kitti
      simgen export out/deer --to odometry --json
      simgen export out/deer --to webdataset --shard-size 512
    """
    from simgen.export import export_dataset, find_format, place_of
    from simgen.export.folder import COPIED, LINKED, WRITTEN

    chosen = find_format(layout)
    report = export_dataset(
        dataset, layout, out, classes, None if shard_size is None else shard_size * 2**20)
    target = out if out is not None else place_of(dataset, layout, classes)
    reader = chosen.read_with.format(out=target, number=report.example)
    counts = {how: report.count(how) for how in (LINKED, COPIED, WRITTEN)}
    if as_json:
        say(json.dumps({"format": chosen.name, "out": str(target), "classes": classes, "episodes": report.episodes,
                        "frames": report.frames, **counts, "notes": list(report.notes), "read_with": reader},
                       indent=2))
        return
    for sentence in report.notes:
        say(f"note: {sentence}")
    say(f"{counted(report.episodes, 'episode')}, {counted(report.frames, 'frame')}: "
        + ", ".join(f"{counted(count, 'file')} {how}" for how, count in counts.items() if count))
    say(f"{chosen.name}: {target}    Read it with: {reader}")
