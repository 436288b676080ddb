"""A run as a table for a terminal of any size. Pure: a view in, something that rich can print out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from simgen.fleet.watch.lines import left, rate, troubles
from simgen.fleet.watch.view import READY, RECORDING, RECYCLING, RESTARTING, STARTING, RunView, SlotView
from simgen.wording import counted, human_time

ROWS = 24                       # slots shown at most; on a low terminal fewer
_AROUND = 9                     # lines of a terminal that the table does not get
_LONG_START_S = 120.0
_STYLE = {RECORDING: "green", STARTING: "cyan", READY: "dim", RECYCLING: "cyan", RESTARTING: "yellow"}
_BAR_CHARACTERS = 10
_GAP = 2


def table(view: RunView, width: int, height: int) -> RenderableType:
    """The whole picture. width, height: of the terminal, in characters."""
    parts: list[RenderableType] = [_bar(view, width), _summary(view, width)]
    trouble = troubles(view)
    if trouble:
        parts.append(Text(" · ".join(trouble), style="yellow", no_wrap=True, overflow="ellipsis"))
    rows = max(3, min(ROWS, height - _AROUND))
    shown = worth_a_row(view.slots, rows)
    if shown:
        parts.append(_slots(shown, width))
    hidden = len(view.slots) - len(shown)
    if hidden:
        parts.append(Text(_rest(view, shown), style="dim", no_wrap=True, overflow="ellipsis"))
    for failure in view.failures[-2:]:
        parts.append(Text(f"failed: {failure.episode}: {failure.message}", style="red", no_wrap=True,
                          overflow="ellipsis"))
    return Group(*parts)


def worth_a_row(slots: tuple[SlotView, ...], rows: int) -> list[SlotView]:
    """The slots to show where not all have room: those in trouble first, then those with most retries, then the first;
    in their usual order, so that rows do not jump."""
    if len(slots) <= rows:
        return list(slots)
    chosen = sorted(slots, key=lambda slot: (not in_trouble(slot), -slot.retries, slot.number))[:rows]
    return sorted(chosen, key=lambda slot: slot.number)


def in_trouble(slot: SlotView) -> bool:
    return slot.state == RESTARTING or _takes_long(slot)


def _takes_long(slot: SlotView) -> bool:
    """To begin; recording takes as long as it takes."""
    return slot.state in (STARTING, RECYCLING, RESTARTING) and slot.since_s > _LONG_START_S


def _bar(view: RunView, width: int) -> RenderableType:
    share = view.frames_done / view.frames if view.frames else 0.0
    row = Table.grid(padding=(0, 1))
    row.add_row(ProgressBar(total=max(view.frames, 1), completed=view.frames_done, width=max(10, min(60, width - 16))),
                Text(f"{100 * share:.{1 if view.frames >= 1000 else 0}f} %"), Text(human_time(view.elapsed_s), "dim"))
    return row


def _summary(view: RunView, width: int) -> Text:
    def many(number: int) -> str:
        return f"{number:,}".replace(",", "\u202f")         # a narrow space, as the field writes 1 350 000

    if not view.begun:
        return Text(f"starting {counted(len(view.slots), 'simulator')}" if view.slots else "starting simulators")
    parts = [f"{many(view.frames_done)} of {many(view.frames)} frames", rate(view), left(view)]
    if view.episodes > 1:
        parts.insert(0, f"{many(view.episodes_done)} of {many(view.episodes)} episodes")
    text = Text(" · ".join(parts))
    return text if len(text) <= width else Text(" · ".join(parts[-3:]), no_wrap=True, overflow="ellipsis")


@dataclass(frozen=True, slots=True)
class _Column:
    """importance: the lowest stay where there is little room. least: characters below which it says nothing; 0 for all.
    name: its texts are names."""

    head: str
    cells: list[Text]
    importance: int
    least: int = 0
    right: bool = False
    name: bool = False

    @property
    def widest(self) -> int:
        return max(len(self.head), *map(len, self.cells))

    @property
    def narrowest(self) -> int:
        return min(self.least or self.widest, self.widest)


def _columns(slots: list[SlotView]) -> list[_Column]:
    def column(head: str, importance: int, text: Callable[[SlotView], str], least: int = 0, right: bool = False,
               style: Callable[[SlotView], str] = lambda _: "", name: bool = False) -> _Column:
        return _Column(head, [Text(text(slot), style(slot)) for slot in slots], importance, least, right, name)

    return [
        column("slot", 1, lambda slot: str(slot.number), right=True, style=lambda _: "dim"),
        column("simulator", 5, lambda slot: slot.name.removeprefix("simulator "), 14, name=True),
        column("node", 8, lambda slot: slot.node, 10, name=True),
        column("state", 0, _state, style=lambda slot: "red" if _takes_long(slot) else _STYLE[slot.state]),
        column("episode", 3, lambda slot: slot.episode, 14, name=True),
        column("frame", 2, lambda slot: f"{slot.frame}/{slot.frames}" if slot.frames else "", right=True),
        column("frames/s", 4, lambda slot: "" if slot.frames_per_s is None else f"{slot.frames_per_s:.2f}", right=True),
        column("done", 7, lambda slot: str(slot.episodes), right=True),
        column("retries", 6, lambda slot: str(slot.retries or ""), right=True, style=lambda _: "yellow"),
        column("last trouble", 9, lambda slot: slot.problem, 20,
               style=lambda slot: "yellow" if in_trouble(slot) else "dim"),       # most of it is long past
    ]


def _slots(slots: list[SlotView], width: int) -> Table:
    """As many columns as there is room for, the most telling first; bars where there is room for all texts."""
    columns = [one for one in _columns(slots) if any(one.cells)]
    widths: dict[int, int] = {}                 # by place
    free = width + _GAP
    for place, one in sorted(enumerate(columns), key=lambda pair: pair[1].importance):
        if one.narrowest + _GAP <= free:
            widths[place] = one.narrowest
            free -= one.narrowest + _GAP
    for place in sorted(widths):
        more = min(columns[place].widest - widths[place], free)
        widths[place], free = widths[place] + more, free - more
    with_bars = free >= _BAR_CHARACTERS + _GAP and any(slot.frames for slot in slots)
    grid = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    for place in sorted(widths):
        grid.add_column(columns[place].head, width=widths[place], no_wrap=True,
                        justify="right" if columns[place].right else "left")
    if with_bars:
        grid.add_column("", width=_BAR_CHARACTERS)
    for row, slot in enumerate(slots):
        cells: list[RenderableType] = [_fitted(columns[place], row, widths[place]) for place in sorted(widths)]
        if with_bars and slot.frames:
            cells.append(ProgressBar(total=slot.frames, completed=slot.frame, width=_BAR_CHARACTERS))
        grid.add_row(*cells)
    return grid


def _fitted(column: _Column, row: int, width: int) -> Text:
    """A name that is too long loses its middle: where it ends is where it differs from others."""
    cell = column.cells[row]
    if len(cell) <= width or not column.name:
        return cell
    head = (width - 1) // 2
    return Text(f"{cell.plain[:head]}…{cell.plain[len(cell) - (width - 1 - head):]}", cell.style)


def _state(slot: SlotView) -> str:
    """A state that lasts says for how long."""
    return slot.state if slot.state in (RECORDING, READY) else f"{slot.state} {human_time(slot.since_s)}"


def _rest(view: RunView, shown: list[SlotView]) -> str:
    numbers = {slot.number for slot in shown}
    rest = replace(view, slots=tuple(slot for slot in view.slots if slot.number not in numbers))
    states = ", ".join(f"{number} {state}" for state, number in sorted(rest.slots_by_state().items()))
    speed = sum(slot.frames_per_s or 0.0 for slot in rest.slots if slot.state == RECORDING)
    return f"… and {counted(len(rest.slots), 'slot')} more: {states}; {speed:.1f} frames/s"
