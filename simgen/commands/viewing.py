"""The commands that look at recorded data: show, view, map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simgen.commands.options import loose_dataset, say
from simgen.errors import RequestError
from simgen.wording import counted

commands = typer.Typer()

RecordedDataset = Annotated[
    Path, typer.Argument(metavar="DIR", help="The dataset.", show_default=False, parser=loose_dataset)
]


@commands.command()
def show(
    dataset: RecordedDataset,
    frames: Annotated[
        list[str] | None,
        typer.Argument(metavar="FRAME_ID|EPISODE…", help="For example 000012; several frames, or an episode, make a "
                                                         "grid. Default: the first frame of an event, or that with "
                                                         "the most labels.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="PNG|MP4", help="Where it goes; default: FRAME_ID.png, grid.png, EPISODE.png or "
                                             "EPISODE.mp4, here.", show_default=False),
    ] = None,
    ply: Annotated[
        Path | None, typer.Option(metavar="PLY", help="Also write a frame's points, and boxes beside them, for a 3D "
                                                      "viewer.", show_default=False)
    ] = None,
    strip: Annotated[
        str | None, typer.Option(metavar="EPISODE", help="Draw an episode as a strip over time.", show_default=False)
    ] = None,
    video: Annotated[
        str | None, typer.Option(metavar="EPISODE", help="Write an episode as a video, MP4 or AVI.", show_default=False)
    ] = None,
    moments: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Of a strip; default: 6.", show_default=False)
    ] = None,
    columns: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Of a grid; default: about as wide as high.",
                                 show_default=False)
    ] = None,
) -> None:
    """Draw frames: one with its labels, close-ups and view from above; several as a grid; an episode as a strip or
    video.

    \b
      simgen show out/deer 000012 --out deer.png
      simgen show out/deer 000012 000036 000060 --out three.png
      simgen show out/deer deer_in_blizzard-0000 --columns 4
      simgen show out/deer --strip deer_in_blizzard-0000 --out strip.png
      simgen show out/deer --video deer_in_blizzard-0000 --out deer.mp4
    """
    if sum((bool(frames), strip is not None, video is not None)) > 1:
        raise RequestError("show: name frames, or --strip EPISODE, or --video EPISODE; one of them at a time")
    if moments is not None and strip is None:
        raise RequestError(f"--moments {moments}: is of a strip; name its episode with --strip EPISODE")
    for option, wish in (("ply", ply), ("columns", columns)):
        if wish is not None and (strip is not None or video is not None):
            raise RequestError(f"--{option} {wish}: is of frames, and none are named")
    if video is not None:
        _show_video(dataset, video, out)
    elif strip is not None:
        from simgen.report.episodes import episode_record
        from simgen.report.strip import MOMENTS, draw_strip
        from simgen.report.targets import PICTURE, check_target, write_picture

        target = out if out is not None else Path(f"{episode_record(dataset, strip).episode}.png")
        check_target(target, PICTURE, dataset)
        write_picture(target, draw_strip(dataset, strip, moments or MOMENTS))
        say(f"strip: {target}")
    else:
        _show_frames(dataset, frames or [], out, ply, columns)


def _show_frames(dataset: Path, words: list[str], out: Path | None, ply: Path | None, columns: int | None) -> None:
    from simgen.report.episodes import frames_named, spread, telling_frame
    from simgen.report.grid import MOST_FRAMES, draw_grid
    from simgen.report.targets import CLOUD, PICTURE, check_target, write_picture

    named = frames_named(dataset, words) if words else (telling_frame(dataset),)
    if len(named) > 1:
        if ply is not None:
            raise RequestError(f"--ply {ply}: holds one frame, and {len(named)} are named")
        target = out if out is not None else Path("grid.png")
        check_target(target, PICTURE, dataset)
        shown = spread(named, MOST_FRAMES)
        write_picture(target, draw_grid(dataset, shown, columns))
        left_out = f" of {len(named)}, evenly chosen" if len(shown) < len(named) else ""
        say(f"grid of {counted(len(shown), 'frame')}{left_out}: {target}")
        return
    from simgen.report.show import save_frame

    target = out if out is not None else Path(f"{named[0]}.png")
    if ply is not None:
        check_target(ply, CLOUD, dataset)
    save_frame(dataset, named[0], target)
    if ply is not None:
        from simgen.report.cloud import export_ply

        points, boxes = export_ply(dataset, named[0], ply)
        say(f"points: {points}, boxes beside them: {boxes}")
    say(f"picture: {target}")


def _show_video(dataset: Path, episode: str, out: Path | None) -> None:
    from simgen.report.episodes import episode_record
    from simgen.report.video import save_video

    target = out if out is not None else Path(f"{episode_record(dataset, episode).episode}.mp4")
    facts = save_video(dataset, episode, target)
    say(f"video: {target}    {counted(facts.frames, 'frame')} of {facts.width}×{facts.height} at {facts.rate_hz:g} Hz")


@commands.command()
def view(
    dataset: RecordedDataset,
    frame: Annotated[
        str | None,
        typer.Argument(metavar="FRAME_ID|EPISODE", help="Where to begin; default: the first frame of an event, or "
                                                        "that with the most labels.", show_default=False),
    ] = None,
    color: Annotated[
        str, typer.Option(metavar="actor|class|intensity|picture|height", help="What a return's colour means.")
    ] = "class",
    save: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Draw a picture instead; needs no screen.", show_default=False)
    ] = None,
) -> None:
    """Walk through a frame's sweep, boxes and cameras in a window; next and previous frame by key.

    \b
      simgen view out/deer
      simgen view out/deer 000012 --color picture
      simgen view out/deer 000012 --save deer.png

    In the window: N and P, or the right and left arrow, for the next and previous frame; 1 to 5, or C, for the colours;
    H for the first view; Q to end. The mouse turns, its wheel zooms, with Ctrl it shifts.
    """
    from simgen.kitti.reader import frame_ids
    from simgen.report.episodes import frames_named, telling_frame
    from simgen.report.view import Coloring, open_window, save_view

    coloring = Coloring.named(color)
    first = telling_frame(dataset) if frame is None else frames_named(dataset, [frame])[0]
    if save is not None:
        save_view(dataset, first, save, coloring)
        say(f"picture of frame {first}: {save}")
        return
    frames = frame_ids(dataset)
    if first not in frames:
        frames = frame_ids(dataset, testing=True)
    open_window(dataset, frames, first, coloring, say)


@commands.command(name="map")
def make_map(
    dataset: RecordedDataset,
    episode: Annotated[str, typer.Argument(metavar="EPISODE", help="For example deer_in_blizzard-0000.",
                                           show_default=False)],
    out: Annotated[
        Path | None, typer.Option(metavar="PLY", help="Where the points go, in world axes.", show_default=False)
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Draw the map from above.", show_default=False)
    ] = None,
    voxel: Annotated[float, typer.Option(metavar="METRES", help="One point is kept for each voxel so large.")] = 0.1,
    color: Annotated[
        str, typer.Option(metavar="actor|class|intensity|picture|height", help="What a point's colour means.")
    ] = "class",
    static: Annotated[bool, typer.Option("--static", help="Leave out all that moves.")] = False,
) -> None:
    """Put all sweeps of an episode together by the ego's poses, and say how well they fit.

    \b
      simgen map out/deer deer_in_blizzard-0000 --out deer.ply
      simgen map out/deer deer_in_blizzard-0000 --save deer.png --static --color height

    If walls double or blur, poses, sweeps and calibration disagree. Who moves is put together in his own box's axes.
    """
    from simgen.report.mapping import accumulate, save_map, save_map_picture
    from simgen.report.targets import CLOUD, PICTURE, check_target
    from simgen.report.view import Coloring

    if out is None and save is None:
        raise RequestError("map: say where it goes: --out FILE.ply for the points, --save FILE.png for a picture")
    if out is not None:
        check_target(out, CLOUD, dataset)
    if save is not None:
        check_target(save, PICTURE, dataset)
    found = accumulate(dataset, episode, voxel, Coloring.named(color), static)
    for sentence in (*found.agreement.sentences(), found.agreement.verdict()):
        say(sentence)
    apart = f", {counted(len(found.actors), 'moving actor')} apart" if found.actors else ""
    say(f"{episode}: {found.returns} returns of {counted(len(found.world_from_rig), 'frame')}{apart}; "
        f"{found.left_out} left out, of actors without a label in their frame")
    if out is not None:
        say(f"map: {out}    {save_map(found, out)} points")
    if save is not None:
        save_map_picture(found, save)
        say(f"picture: {save}")
