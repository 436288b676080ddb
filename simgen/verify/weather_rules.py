"""Rules about causes over episodes: they are there as the record's plan asks, and are those of its weather."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simgen.verify.cause_file import DUST, FOG, NAMES, NOISE, RAIN, SNOW, SPRAY
from simgen.verify.causes import CauseFacts
from simgen.verify.layout import is_points
from simgen.verify.plans import Sensing, Weather, around, sensing_of, weather_of
from simgen.verify.rules import Problem, Rule, rule
from simgen.verify.sets import DatasetFiles, Record
from simgen.verify.summaries import Summary

CLEAR_AIR_M = 1000.0
"""Where one sees farther than this, no LiDAR sees the air."""
THICK_M = 50.0
"""Where one sees no farther, every LiDAR sees the fog, and loses what is far."""
LOST_OF, LOST_SHARE = 100, 0.98
SNOWS_MMPH, RAINS_MMPH = 1.0, 10.0
"""From here on each sweep holds hundreds of flakes, or tens of drops."""
DENSE_M, SEEN_TIMES, SEEN_MORE_M = 200.0, 2.5, 5.0
"""By exp(−2αR)/R² against the weakest that the best device notices, white walls are seen to 1.0 and the best
retroreflectors to 2.0 times the meteorological range in fog of 30 m; less of it in thinner fog."""
MOST_SHARE = {RAIN: 0.05, SNOW: 0.15, SPRAY: 0.3, NOISE: 0.03}
"""Of a sweep's points. Blizzards and cloudbursts give a tenth of it."""
NOISE_M = (0.002, 0.15)
"""σ of the near road's range: of the best devices, and more than the worst."""
NOISE_TIMES, NOISE_MORE_M = 1.6, 0.01
"""By so much the noise against ``range_before_m`` may differ from that against neighbours: by chance, and puddles."""


@dataclass(frozen=True, slots=True)
class Episode:
    """sweeps: of its frames, each with the weather between which it lies."""

    record: Record
    sensing: Sensing
    sweeps: tuple[tuple[Summary, CauseFacts, tuple[Weather, ...]], ...]

    def count(self, cause: int) -> int:
        return sum(facts.counts[cause] for _, facts, _ in self.sweeps)


def episodes(data: DatasetFiles) -> Iterator[Episode]:
    """Those whose records hold a plan."""
    known = {**data.frames, **data.test_frames}
    for record in data.records:
        sensing = sensing_of(record)
        if sensing is None:
            continue
        weather = weather_of(record)
        frames = [known[one] for one in record.frames() if one in known]
        yield Episode(record, sensing, tuple(
            (frame, facts, around(weather, frame.time_s)) for frame in frames for facts in frame.causes))


@rule("cause.complete", "error", "all frames of an episode have velodyne_cause and velodyne_clean, or none, as its plan"
      " asks", needs=("records",))
def complete(data: DatasetFiles) -> Iterator[Problem]:
    there = {**data.testing.stems, **{folder: {**data.testing.stems.get(folder, {}), **files}
                                      for folder, files in data.listing.stems.items()}}
    lidars = ["velodyne", *(folder for folder in there if is_points(folder))]
    for record in data.records:
        sensing = sensing_of(record)
        if sensing is None:
            continue
        measured = sensing.lidar == "measured"
        for kind, wanted in (("cause", measured), ("clean", measured and "clean" in sensing.keep)):
            for lidar in lidars:
                frames = [one for one in record.frames() if one in there.get(lidar, ())]
                odd = [one for one in frames if (one in there.get(f"{lidar}_{kind}", ())) != wanted]
                if odd:
                    what = f"lack {lidar}_{kind}" if wanted else f"have {lidar}_{kind}"
                    yield Problem(record.file, f"its plan asks for {'measured' if measured else 'clean'} sweeps"
                                  f"{' and clean ones' if wanted and kind == 'clean' else ''}, but {len(odd)} of"
                                  f" {len(frames)} frames {what}", odd[0])


@rule("cause.request", "error", "returns of a beam and moments of the turn are those that the plan asks for",
      needs=("records", "causes"))
def request(data: DatasetFiles) -> Iterator[Problem]:
    for episode in episodes(data):
        wish = episode.sensing
        for frame, facts, _ in episode.sweeps:
            if facts.seconds and wish.returns != "dual":
                yield Problem(facts.file, f"{facts.seconds} second returns; the plan asks for the {wish.returns} one",
                              frame.id)
            turns = facts.times_s[1] > facts.times_s[0]
            if turns != (wish.sweep != "instant"):
                said = "takes its time" if turns else "is of one instant"
                yield Problem(facts.file, f"the sweep {said}; the plan asks for '{wish.sweep}'", frame.id)


@rule("cause.weather", "error", "points in the air are of what the plan's weather has in the air",
      needs=("records", "causes"))
def weather(data: DatasetFiles) -> Iterator[Problem]:
    for episode in episodes(data):
        for frame, facts, now in episode.sweeps:
            if not now:
                continue
            for cause, there, lacks in (
                (SNOW, any(one.snowfall_mmph > 0 for one in now), "no snowfall"),
                (RAIN, any(one.rains for one in now), "no rain"),
                (FOG, any(one.fog or (one.visibility_m or CLEAR_AIR_M) < CLEAR_AIR_M for one in now), "clear air"),
                (DUST, any(one.dust for one in now), "no dust"),
                (SPRAY, any(one.wet for one in now), "a dry road"),
            ):
                if facts.counts[cause] and not there:
                    yield Problem(facts.file, f"{facts.counts[cause]} points of {NAMES[cause]}; the plan has {lacks}"
                                              " there", frame.id)


@rule("cause.far", "error", "no surface is seen farther than light comes through the plan's fog",
      needs=("records", "causes"))
def far(data: DatasetFiles) -> Iterator[Problem]:
    for episode in episodes(data):
        for frame, facts, now in episode.sweeps:
            visible = _visibility(now)
            if visible is not None and visible <= DENSE_M and facts.farthest_m > SEEN_TIMES * visible + SEEN_MORE_M:
                yield Problem(facts.file, f"surfaces are seen {facts.farthest_m:.0f} m away where the plan's visibility"
                                          f" is {visible:.0f} m", frame.id)


@rule("cause.missing", "warning", "heavy weather shows in sweeps: in returns of its own, and in returns that are lost",
      needs=("records", "causes"))
def missing(data: DatasetFiles) -> Iterator[Problem]:
    for episode in episodes(data):
        all_along = [one for _, _, now in episode.sweeps for one in now]
        if not all_along or not all(now for _, _, now in episode.sweeps):
            continue
        visible = _visibility(tuple(all_along))
        thick = visible is not None and visible <= THICK_M
        if min(one.snowfall_mmph for one in all_along) >= SNOWS_MMPH and not episode.count(SNOW):
            yield Problem(episode.record.file, "not one point of SNOW in its sweeps, in heavy snowfall")
        if min(one.rain_mmph for one in all_along) >= RAINS_MMPH and not episode.count(RAIN):
            yield Problem(episode.record.file, "not one point of RAIN in its sweeps, in heavy rain")
        falls = any(one.rains or one.snowfall_mmph > 0 for one in all_along)
        if thick and not falls and not episode.count(FOG) + episode.count(DUST):
            yield Problem(episode.record.file, f"not one point of FOG or DUST, at a visibility of {visible:.0f} m")
        clean, stored = (sum(facts.far[i] for _, facts, _ in episode.sweeps) for i in (0, 1))
        if thick and clean >= LOST_OF and stored >= LOST_SHARE * clean:
            yield Problem(episode.record.file, f"of {clean} returns of far objects {stored} are left, at a visibility"
                                               f" of {visible:.0f} m")


def _visibility(now: tuple[Weather, ...]) -> float | None:
    """The farthest that one sees at these moments; None where one does not say."""
    said = [one.visibility_m for one in now if one.visibility_m is not None]
    return max(said) if said and len(said) == len(now) else None


@rule("cause.share", "warning", "the share of false returns is one that weather can have", needs=("causes",))
def share(data: DatasetFiles) -> Iterator[Problem]:
    for frame in (*data.frames.values(), *data.test_frames.values()):
        for facts in frame.causes:
            for cause, most in MOST_SHARE.items():
                if facts.points and facts.counts[cause] > most * facts.points:
                    yield Problem(facts.file, f"{facts.counts[cause] / facts.points:.0%} of the points are of"
                                              f" {NAMES[cause]}; more than {most:.0%} is not to be expected", frame.id)


@rule("cause.noise", "warning", "ranges are as noisy as a LiDAR's, against the surfaces and against their neighbours",
      needs=("causes",))
def noise(data: DatasetFiles) -> Iterator[Problem]:
    known: dict[str, list[CauseFacts]] = {}
    for frame in (*data.frames.values(), *data.test_frames.values()):
        for facts in frame.causes:
            known.setdefault(facts.folder, []).append(facts)
    for folder, sweeps in known.items():
        pairs = [(one.noise_m, one.rough_m) for one in sweeps if one.noise_m is not None and one.rough_m is not None]
        if not pairs:
            continue
        told, seen = (sorted(values)[len(pairs) // 2] for values in zip(*pairs, strict=True))
        low, high = NOISE_M
        if not low <= seen <= high:
            yield Problem(f"{data.prefix}{folder}", f"ranges of the near road scatter by {100 * seen:.2g} cm from beam"
                                                    f" to beam; LiDARs' do by {100 * low:.1f} to {100 * high:.0f} cm")
        elif told > NOISE_TIMES * seen + NOISE_MORE_M or seen > NOISE_TIMES * told + NOISE_MORE_M:
            yield Problem(f"{data.prefix}{folder}_cause", f"ranges of the near road differ from range_before_m by"
                          f" {100 * told:.1f} cm (1 σ), but from their neighbours by {100 * seen:.1f} cm")


RULES: tuple[Rule[DatasetFiles], ...] = (complete, request, weather, far, missing, share, noise)
