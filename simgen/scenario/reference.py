"""The language reference: Markdown tables, written from the models, so that it cannot go stale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from simgen.scenario.models.actors import ActorModel
from simgen.scenario.models.conditions import (
    ConditionModel,
    DistanceModel,
    EventModel,
)
from simgen.scenario.models.ego import AebModel, EgoModel, SpawnModel, SpeedPointModel
from simgen.scenario.models.output import (
    ClassesModel,
    DontCareModel,
    LeaveOutModel,
    NearlyHiddenModel,
    OutputModel,
    SplitModel,
)
from simgen.scenario.models.places import MeetModel, PlaceModel
from simgen.scenario.models.programs import STEPS, StepModel
from simgen.scenario.models.road import RoadModel
from simgen.scenario.models.sensing import SensingModel
from simgen.scenario.models.steps import BranchModel
from simgen.scenario.models.top import CaptureModel, ScenarioModel, TrafficModel
from simgen.scenario.models.variation import CorrelationModel, StrataModel, SweepModel
from simgen.scenario.models.weather import SunModel, WeatherChangeModel, WeatherModel
from simgen.scenario.quantities import CLOCK, DIMENSIONS
from simgen.scenario.readers import Plain, QuantityReader, WordReader
from simgen.scenario.section import Section, contents, keys_of

BEGIN, END = "<!-- reference: begin -->", "<!-- reference: end -->"

_LONG = 12       # words; a longer list of them is told by how many there are, and by its table

# Heading, the section it describes, and the smaller ones in it.
_CHAPTERS: tuple[tuple[str, type[Section], tuple[type[Section], ...]], ...] = (
    ("The file", ScenarioModel, ()),
    ("`road`", RoadModel, ()),
    ("`weather`", WeatherModel, (WeatherChangeModel,)),
    ("`sun`", SunModel, ()),
    ("`ego`", EgoModel, (SpeedPointModel, AebModel, SpawnModel)),
    ("`actors`", ActorModel, ()),
    ("`place`", PlaceModel, ()),
    ("`meet`", MeetModel, ()),
    ("`when`, `until`", ConditionModel, (DistanceModel, EventModel)),
    ("`traffic`", TrafficModel, ()),
    ("`capture`", CaptureModel, ()),
    ("`sensing`", SensingModel, ()),
    ("`output`", OutputModel, (ClassesModel, LeaveOutModel, DontCareModel, NearlyHiddenModel, SplitModel)),
    ("`vary`", SweepModel, ()),
    ("`strata`", StrataModel, ()),
    ("`correlate`", CorrelationModel, ()),
)

_CHANCE = (
    ("`{choice: [a, b]}`", "one of them, equally likely"),
    ("`{choice: {a: 3, b: 1}}`", "one of them, three to one"),
    ("`{uniform: [40 km/h, 60 km/h]}`", "anything in between, equally likely; a whole number, where one is wanted"),
    ("`{normal: [50 km/h, 5 km/h]}`", "bell curve: mean, standard deviation"),
    ("`{lognormal: [1.5 s, 0.5]}`", "median, and the standard deviation of the natural logarithm"),
    ("`{beta: [2, 5], between: [0 m, 10 m]}`", "beta distribution with these shapes, stretched between the two"),
    ("`clip: [40 km/h, 60 km/h]`", "beside uniform, normal, lognormal and beta: only what lies in between; `~` leaves "
                                   "an end open"),
    ("`{derive: 0.8 * ego.speed}`", "worked out from other values, which are named by their key paths"),
)


def language_reference() -> str:
    """The generated part of the language's documentation, Markdown."""
    lines = ["Every value can be drawn, as under [Chance](#chance), except those marked *fixed*.", ""]
    for heading, section, parts in _CHAPTERS:
        lines += [f"### {heading}", "", _sentence(section), "", *_table(section), ""]
        for part in parts:
            lines += [_sentence(part), "", *_table(part, besides=section), ""]
        if section is ConditionModel:
            lines += list(_verbs())
    lines += ["### Chance", "", "| written | comes out as |", "| --- | --- |"]
    lines += [f"| {form} | {meaning} |" for form, meaning in _CHANCE]
    lines += ["", *_units()]
    return "\n".join(lines).rstrip() + "\n"


def with_reference(document: str) -> str:
    """A document with the reference between its two marks. Raises ``ValueError`` if it has none."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no lines '{BEGIN}' and '{END}'")
    return f"{before}{BEGIN}\n\n{language_reference()}\n{END}{after}"


def rewrite(path: Path | str) -> None:
    """Bring the reference in a Markdown file up to date."""
    document = Path(path)
    document.write_text(with_reference(document.read_text(encoding="utf-8")), encoding="utf-8")


def _sentence(section: type[Section]) -> str:
    return " ".join((section.__doc__ or "").split())


def _table(section: type[Section], besides: type[Section] = Section) -> Iterator[str]:
    """besides: a section whose keys of the same meaning are not told again."""
    yield "| key | what it says | value | default |"
    yield "| --- | --- | --- | --- |"
    told = {name: field.description for name, field in keys_of(besides).items()}
    for name, field in keys_of(section).items():
        if told.get(name) == field.description:
            continue
        yield f"| `{name}` | {field.description} | {_value(contents(field))} | {_default(field)} |"


def _default(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    if isinstance(extra, dict) and "written" in extra:
        return "" if extra["written"] in ("''", "{}") else f"`{extra['written']}`"
    return "**needed**" if field.is_required() else ""


def _value(reads: Any) -> str:
    """What may stand there, in a few words."""
    if isinstance(reads, Plain):
        kind = _value(reads.reader)
        return kind if kind == "text" else f"{kind}, *fixed*"
    if isinstance(reads, QuantityReader):
        bounds = reads.limits.describe(reads.of)
        return f"{reads.of.word}" if bounds == "any" else f"{reads.of.word}, {bounds}"
    if isinstance(reads, WordReader) and reads.words:
        if len(reads.words) <= _LONG:
            words = ", ".join(f"`{word}`" for word in reads.words)
            return f"{words}, or an id" if reads.form is not None else words
        return f"one of {len(reads.words)} words: " + ", ".join(f"`{word}`" for word in reads.words)
    if isinstance(reads, type) and issubclass(reads, Section):
        return "mapping, see below" if reads.shorthand is None else "word or mapping, see below"
    what = str(getattr(reads, "what", "list, see below"))
    return what.removeprefix("a ").replace("|", "\\|")


def _verbs() -> Iterator[str]:
    yield from ("### `do`", "", _sentence(StepModel), "", "A verb alone (`do: cross`), a verb with its keys "
                "(`do: {cross: {speed: 4 m/s}}`), or a list of these, one after the other.", "",
                "| verb | what it does | keys |", "| --- | --- | --- |")
    for verb, step in STEPS.items():
        keys = []
        for name, field in keys_of(step).items():
            if name == "gait":
                keys.append("`gait`")
            elif name not in keys_of(StepModel):
                default = _default(field)
                keys.append(f"`{name}`: {field.description}" + (f" ({default})" if default else ""))
        yield f"| `{verb}` | {_sentence(step)} | {'; '.join(keys)} |"
    yield from ("", "A `gait` says the speed by the tables: `walk`, `trot`, `gallop` or `hop` of animals, `walk`, "
                "`jog` or `run` of people (in a wheelchair `walk` alone).", "",
                "| key of every verb | what it says | value | default |", "| --- | --- | --- | --- |",
                *list(_table(StepModel))[2:], "", "A branch of `either`:", "", *_table(BranchModel), "")


def _units() -> Iterator[str]:
    yield from ("### Units", "", "| quantity | units | a bare number is in |", "| --- | --- | --- |")
    for dimension in DIMENSIONS:
        units = ", ".join(f"`{unit}`" for unit in dimension.units if unit) or "none"
        example = ", or as on a clock: `17:10`, `17:10:30`" if dimension is CLOCK else ""
        yield f"| {dimension.word} | {units}{example} | {dimension.bare_unit or 'no unit'} |"
