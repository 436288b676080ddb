from __future__ import annotations

import hashlib
import math
import sys
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import special as scipy_special
from scipy import stats

from simgen.scenario import elementary
from simgen.scenario.chance import (
    Beta,
    Choice,
    Distribution,
    Fixed,
    LogNormal,
    Normal,
    Source,
    Uniform,
    UniformInteger,
    truncated,
)
from simgen.scenario.correlation import Copula
from simgen.scenario.covering import covering_array
from simgen.scenario.designs import latin_hypercube, sobol, stratum
from simgen.scenario.formulas import parse_formula
from simgen.scenario.quantities import ANGLE, SPEED
from simgen.scenario.special import beta_shares, normal_below, normal_quantile

UNITS = [0.5 * 2**-52, 1e-9, 0.001, 0.1, 0.3, 0.5, 0.77, 0.9, 0.999, 1.0 - 1e-9, 1.0 - 0.5 * 2**-52]


def unit(seed: int, scenario: str, episode: int, key_path: str, attempt: int = 0) -> float:
    return Source(seed, scenario, episode).unit(key_path, attempt)


def draws(distribution: Distribution[float], count: int) -> list[float]:
    return [distribution.quantile(unit(0, "test", episode, "value")) for episode in range(count)]


# The source

def test_the_first_number_can_be_worked_out_with_sha256sum() -> None:
    digest = hashlib.sha256(b'[7,"deer",3,"ego.speed",0]').hexdigest()
    assert unit(7, "deer", 3, "ego.speed") == (int(digest[:13], 16) + 0.5) / 2**52


def test_another_attempt_at_an_episode_is_the_last_number_of_the_key() -> None:
    digest = hashlib.sha256(b'[7,"deer",3,"ego.speed",2]').hexdigest()
    assert unit(7, "deer", 3, "ego.speed", attempt=2) == (int(digest[:13], 16) + 0.5) / 2**52


def test_known_numbers_stay_known() -> None:
    """These must never change: they would change every dataset."""
    assert unit(0, "deer_crossing", 0, "ego.speed") == 0.4000751193866324
    assert unit(0, "deer_crossing", 0, "ego.speed", attempt=1) == 0.9851984996058628


def test_seed_scenario_episode_and_key_path_each_make_another_number() -> None:
    keys = [(0, "a", 0, "k"), (1, "a", 0, "k"), (0, "b", 0, "k"), (0, "a", 1, "k"), (0, "a", 0, "l"), (0, "a", 0, "")]
    assert len({unit(*key) for key in keys}) == len(keys)


@given(st.integers(), st.text(), st.integers(0, 10**6), st.text(), st.integers(0, 1000))
def test_every_unit_lies_strictly_between_zero_and_one(
    seed: int, scenario: str, episode: int, key: str, attempt: int,
) -> None:
    assert 0.0 < Source(seed, scenario, episode).unit(key, attempt) < 1.0


# The elementary functions, against the C library's

@given(st.floats(sys.float_info.min, 1e300))
def test_the_logarithm_is_that_of_the_c_library(x: float) -> None:
    assert elementary.log(x) == pytest.approx(math.log(x), rel=4e-16, abs=1e-300)


@given(st.floats(-0.99, 1e6))
def test_the_logarithm_above_one_is_precise_for_small_numbers(x: float) -> None:
    assert elementary.log_above_one(x) == pytest.approx(math.log1p(x), rel=1e-14, abs=5e-324)


@given(st.floats(-740.0, 709.0))
def test_the_exponential_is_that_of_the_c_library(x: float) -> None:
    assert elementary.exp(x) == pytest.approx(math.exp(x), rel=4e-16, abs=1e-323)


@given(st.floats(-elementary.MAX_ANGLE, elementary.MAX_ANGLE))
def test_sine_and_cosine_are_those_of_the_c_library(angle_rad: float) -> None:
    assert elementary.sin(angle_rad) == pytest.approx(math.sin(angle_rad), abs=3e-16)
    assert elementary.cos(angle_rad) == pytest.approx(math.cos(angle_rad), abs=3e-16)


def test_the_elementary_functions_refuse_what_has_no_result() -> None:
    assert elementary.exp(-1e9) == 0.0
    for wrong in (lambda: elementary.log(0.0), lambda: elementary.log(math.nan), lambda: elementary.sin(1e7),
                  lambda: elementary.cos(math.inf)):
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(OverflowError):
        elementary.exp(711.0)


# The special functions, against scipy's

@given(st.floats(1e-300, 1.0 - 1e-16))
def test_the_normal_quantile_is_that_of_scipy(below: float) -> None:
    assert normal_quantile(below) == pytest.approx(float(scipy_special.ndtri(below)), rel=4e-15, abs=1e-16)


@given(st.floats(-37.0, 9.0))
def test_the_normal_probability_is_that_of_scipy(z: float) -> None:
    assert normal_below(z) == pytest.approx(float(scipy_special.ndtr(z)), rel=1e-12)


@given(st.floats(1e-6, 1.0 - 1e-6), st.floats(0.1, 1000.0), st.floats(0.1, 1000.0))
def test_the_incomplete_beta_function_is_that_of_scipy(x: float, a: float, b: float) -> None:
    below, above = beta_shares(x, a, b)
    assert below == pytest.approx(float(scipy_special.betainc(a, b, x)), rel=1e-9, abs=1e-12)
    assert below + above == pytest.approx(1.0, abs=1e-15)


@given(st.floats(1e-15, 1.0 - 1e-15), st.floats(0.1, 1000.0), st.floats(0.1, 1000.0))
@example(0.9999999999999988, 0.39432301279432674, 45.604348524633046)      # at the seam of the two halves
def test_the_beta_quantile_is_that_of_scipy(u: float, a: float, b: float) -> None:
    expected = scipy_special.betaincinv(a, b, u) if u < 0.5 else scipy_special.betainccinv(a, b, 1.0 - u)
    assert Beta(a, b).quantile(u) == pytest.approx(float(expected), abs=1e-11)


# The distributions, against scipy's

JUDGED: list[tuple[Distribution[float], object]] = [
    (Uniform(10.0, 20.0), stats.uniform(10.0, 10.0)),
    (Normal(4.2, 0.5), stats.norm(4.2, 0.5)),
    (Normal(0.0, 1.0, (-0.5, 1.0)), stats.truncnorm(-0.5, 1.0)),
    (Normal(0.0, 1.0, (2.5, None)), stats.truncnorm(2.5, math.inf)),
    (Normal(10.0, 2.0, (None, 5.0)), stats.truncnorm(-math.inf, -2.5, 10.0, 2.0)),
    (Normal(1.35, 0.22, (0.6, None)), stats.truncnorm((0.6 - 1.35) / 0.22, math.inf, 1.35, 0.22)),
    (LogNormal(1.5, 0.5), stats.lognorm(0.5, scale=1.5)),
    (Beta(2.0, 5.0), stats.beta(2.0, 5.0)),
    (Beta(0.5, 0.5), stats.beta(0.5, 0.5)),
    (Beta(0.3, 4.0), stats.beta(0.3, 4.0)),
    (Beta(300.0, 20.0, -1.0, 3.0), stats.beta(300.0, 20.0, -1.0, 4.0)),
]


@pytest.mark.parametrize(("distribution", "judge"), JUDGED, ids=lambda value: str(value)[:40])
def test_quantiles_are_those_of_scipy(distribution: Distribution[float], judge: stats.rv_continuous) -> None:
    for u in (1e-4, *UNITS[2:-2], 1.0 - 1e-4):
        assert distribution.quantile(u) == pytest.approx(float(judge.ppf(u)), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("u", UNITS)
def test_clipped_normals_are_precise_to_the_last_of_the_tails(u: float) -> None:
    """Where scipy's truncated normal is not; so from its whole one, by the share above and the share below."""
    above = float(stats.norm.sf(2.5))
    upper = float(stats.norm.isf((1.0 - u) * above))
    assert Normal(0.0, 1.0, (2.5, None)).quantile(u) == pytest.approx(upper, rel=1e-11)
    assert Normal(0.0, 1.0, (None, -2.5)).quantile(u) == pytest.approx(float(stats.norm.ppf(u * above)), rel=1e-11)
    assert Normal(0.0, 1.0).quantile(u) == pytest.approx(float(stats.norm.ppf(u)), rel=1e-13, abs=1e-16)


@pytest.mark.parametrize(("distribution", "judge"), JUDGED, ids=lambda value: str(value)[:40])
def test_two_thousand_draws_have_the_distribution(
    distribution: Distribution[float], judge: stats.rv_continuous,
) -> None:
    assert stats.kstest(draws(distribution, 2000), judge.cdf).pvalue > 0.01


def test_a_clipped_lognormal_is_what_is_left_between_its_ends() -> None:
    whole = stats.lognorm(0.5, scale=1.5)
    under, over = whole.cdf(1.0), whole.cdf(4.0)
    clipped = LogNormal(1.5, 0.5, (1.0, 4.0))
    assert clipped.acceptance() == pytest.approx(over - under, abs=1e-12)
    for u in UNITS:
        assert clipped.quantile(u) == pytest.approx(float(whole.ppf(under + u * (over - under))), rel=1e-8)


def test_a_clipped_beta_is_what_is_left_between_its_ends() -> None:
    whole = stats.beta(2.0, 5.0, 10.0, 10.0)
    under, over = whole.cdf(11.0), whole.cdf(14.0)
    clipped = Beta(2.0, 5.0, 10.0, 20.0, (11.0, 14.0))
    assert clipped.acceptance() == pytest.approx(over - under, abs=1e-12)
    for u in UNITS:
        assert clipped.quantile(u) == pytest.approx(float(whole.ppf(under + u * (over - under))), rel=1e-8)


def test_one_sixth_of_lognormal_draws_lie_beyond_each_sigma() -> None:
    """What the file's words say: median 1.5, and 16 % above 1.5·e^0.5 = 2.473."""
    values = LogNormal(1.5, 0.5)
    assert values.quantile(0.5) == 1.5
    assert values.quantile(0.841344746068543) == pytest.approx(2.47308190605, abs=1e-10)


def test_the_walking_speeds_of_pedestrians_are_those_of_the_table() -> None:
    """Adults: N(1.35, 0.22) m/s within 0.5 to 2.4 m/s; the slowest 15 % walk at up to 1.12 m/s."""
    whole, clipped = Normal(1.35, 0.22), Normal(1.35, 0.22, (0.5, 2.4))
    assert round(whole.quantile(0.15), 2) == 1.12
    assert round(clipped.quantile(0.15), 2) == 1.12
    assert 1.0 - clipped.acceptance() < 0.01
    outside = sum(not 0.5 <= speed <= 2.4 for speed in draws(whole, 2000))
    assert outside < 0.01 * 2000


def test_nine_in_ten_animals_come_between_dusk_and_dawn() -> None:
    """Dusk, night and dawn have 90 % of the animal accidents: within 3 % over 2000 draws."""
    light = Choice(("day", "dusk", "night", "dawn"), (0.1, 0.3, 0.4, 0.2))
    counts = Counter(light.quantile(unit(0, "deer", episode, "light")) for episode in range(2000))
    assert abs(counts["day"] / 2000 - 0.1) < 0.03


# What holds for all

def test_a_fixed_value_is_itself() -> None:
    assert Fixed("on").quantile(0.3) == "on" and not Fixed("on").random


def test_weights_count_and_a_weight_of_zero_never_comes() -> None:
    choice = Choice(("a", "never", "b"), (3.0, 0.0, 1.0))
    assert [choice.quantile(u) for u in (0.01, 0.7499, 0.7501, 1.0 - 0.5 * 2**-52)] == ["a", "a", "b", "b"]
    assert choice.extremes() == ("a", "b")


def test_whole_numbers_include_both_ends_and_share_the_units_evenly() -> None:
    counts = Counter(UniformInteger(1, 3).quantile((place + 0.5) / 300) for place in range(300))
    assert counts == {1: 100, 2: 100, 3: 100}


def test_the_ends_of_what_may_come_out_are_told_where_there_are_any() -> None:
    assert Normal(0.0, 1.0).extremes() == () and LogNormal(1.0, 1.0).extremes() == ()
    assert Normal(0.0, 1.0, (-1.0, None)).extremes() == (-1.0,)
    assert LogNormal(1.0, 1.0, (None, 3.0)).extremes() == (3.0,)
    assert Beta(2.0, 2.0, 5.0, 6.0).extremes() == (5.0, 6.0)
    assert Beta(2.0, 2.0, 5.0, 6.0, (5.5, 9.0)).extremes() == (5.5, 6.0)


@pytest.mark.parametrize(("wrong", "problem"), [
    (lambda: Uniform(1.0, 1.0), "the smaller one first"), (lambda: UniformInteger(2, 1), "the smaller one first"),
    (lambda: Uniform(-1e308, 1e308), "difference"), (lambda: Uniform(0.0, math.nan), "two different numbers"),
    (lambda: Normal(0.0, 0.0), "standard deviation"), (lambda: Normal(0.0, math.nan), "standard deviation"),
    (lambda: Normal(0.0, 1.0, (1.0, -1.0)), "the smaller one first"),
    (lambda: Normal(0.0, 1.0, (8.0, 9.0)), "less than a thousandth"),
    (lambda: Normal(0.0, 1.0, (None, -3.2)), "less than a thousandth"),
    (lambda: LogNormal(0.0, 1.0), "median"), (lambda: LogNormal(1.0, 0.0), "logarithm"),
    (lambda: LogNormal(1.0, 1.0, (None, 0.0)), "above 0"), (lambda: Beta(0.0, 1.0), "shapes"),
    (lambda: Beta(2.0, 5.0, clip=(0.99, None)), "less than a thousandth"),
    (lambda: Choice(("a",), (1.0, 2.0)), "as many weights"), (lambda: Choice(("a", "b"), (0.0, 0.0)), "above 0"),
    (lambda: truncated(Uniform(0.0, 1.0), (3.0, 4.0)), "less than a thousandth"),
    (lambda: truncated(Normal(0.0, 1.0, (0.0, 1.0)), (0.0, 1.0)), "a clip already"),
])
def test_distributions_that_make_no_sense_cannot_be_built(wrong: Callable[[], object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        wrong()


def test_anything_can_be_truncated() -> None:
    assert truncated(Uniform(0.0, 10.0), (4.0, None)) == Uniform(4.0, 10.0)
    assert truncated(Normal(0.0, 1.0), (0.0, 1.0)) == Normal(0.0, 1.0, (0.0, 1.0))
    assert truncated(Beta(2.0, 2.0), (0.0, 0.5)) == Beta(2.0, 2.0, clip=(0.0, 0.5))


@given(st.lists(st.floats(1e-16, 1.0 - 1e-15), min_size=2, max_size=10), st.floats(-3.0, 2.0), st.floats(0.5, 5.0))
def test_outcomes_grow_with_the_unit_and_stay_inside_the_clip(units: list[float], low: float, width: float) -> None:
    for distribution in (Normal(0.0, 1.0, (low, low + width)), Beta(2.0, 3.0, -4.0, 4.0, (low, low + width))):
        outcomes = [distribution.quantile(u) for u in sorted(units)]
        assert outcomes == pytest.approx(sorted(outcomes), abs=1e-12)
        assert all(low <= outcome <= low + width for outcome in outcomes)


@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e9), st.sampled_from(UNITS))
def test_a_uniform_draw_never_leaves_its_ends(low: float, width: float, u: float) -> None:
    if low < low + width:
        assert low <= Uniform(low, low + width).quantile(u) <= low + width


# Correlation

def test_uncorrelated_values_keep_their_units() -> None:
    assert Copula.of([[1.0, 0.0], [0.0, 1.0]]).units([0.2, 0.9]) == [0.2, 0.9]


def test_a_correlated_unit_can_be_worked_out_by_hand() -> None:
    """z = 0.6·1 + 0.8·2 = 2.2 for the units of 1 and 2 standard deviations."""
    units = [float(stats.norm.cdf(1.0)), float(stats.norm.cdf(2.0))]
    first, second = Copula.of([[1.0, 0.6], [0.6, 1.0]]).units(units)
    assert first == units[0]
    assert second == pytest.approx(float(stats.norm.cdf(2.2)), abs=1e-12)


def test_correlated_units_have_the_rank_correlation_that_is_promised_and_stay_even() -> None:
    copula = Copula.of([[1.0, 0.8, 0.0], [0.8, 1.0, -0.5], [0.0, -0.5, 1.0]])
    made = np.array([copula.units([unit(0, "test", episode, key) for key in "abc"]) for episode in range(2000)])
    ranks = stats.spearmanr(made).statistic
    for i, j, correlation in ((0, 1, 0.8), (1, 2, -0.5), (0, 2, 0.0)):
        assert ranks[i, j] == pytest.approx(6.0 / math.pi * math.asin(correlation / 2.0), abs=0.04)
    for column in made.T:
        assert stats.kstest(column, "uniform").pvalue > 0.01


@given(st.lists(st.sampled_from(UNITS), min_size=3, max_size=3))
def test_correlated_units_are_units(units: list[float]) -> None:
    copula = Copula.of([[1.0, 0.9, 0.9], [0.9, 1.0, 0.9], [0.9, 0.9, 1.0]])
    assert all(0.0 < u < 1.0 for u in copula.units(units))


@pytest.mark.parametrize(("correlation", "problem"), [
    ([[1.0, 0.5]], "a matrix of 2 rows"), ([[1.0, 0.5], [0.4, 1.0]], "speed and mass is given as both 0.4 and 0.5"),
    ([[1.0, 1.0], [1.0, 1.0]], "speed and mass must be between -1 and 1"),
    ([[0.9, 0.0], [0.0, 1.0]], "speed with itself is 1, not 0.9"),
    ([[1.0, math.nan], [math.nan, 1.0]], "speed and mass"),
])
def test_correlations_that_make_no_sense_are_refused_by_name(correlation: list[list[float]], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Copula.of(correlation, ["speed", "mass"])


def test_correlations_that_contradict_each_other_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"-0\.9 of b and c contradicts the others"):
        Copula.of([[1.0, 0.9, 0.8], [0.9, 1.0, -0.9], [0.8, -0.9, 1.0]], ["a", "b", "c"])


# The same everywhere

def test_all_that_is_drawn_is_the_same_to_the_last_bit_on_every_machine_and_python() -> None:
    distributions: list[Distribution[object]] = [
        Choice(("a", "b", "c"), (0.1, 0.2, 0.3)), Uniform(1.1, 2.3), UniformInteger(1, 5), Normal(4.2, 0.5),
        Normal(0.0, 1.0, (-1.0, None)), LogNormal(1.5, 0.5, (None, 4.0)), Beta(2.0, 5.0), Beta(300.0, 20.0),
        Beta(0.3, 4.0, clip=(0.01, None)),
    ]
    copula = Copula.of([[1.0, 0.5, 0.2], [0.5, 1.0, 0.3], [0.2, 0.3, 1.0]])
    formula = parse_formula("sqrt(v * v) * sin(a) / 3.6 + tan(a) * v").bind({"v": SPEED, "a": ANGLE})
    digest = hashlib.sha256()
    for episode in range(300):
        source = Source(1, "test", episode)
        units = [source.unit(key) for key in "abc"]
        drawn = [distribution.quantile(units[0]) for distribution in distributions]
        designed = [latin_hypercube(300, "k", episode, 1, units[1]), sobol(7, episode, 1),
                    stratum((0.1, 0.2, 0.7), episode, 300, "k", 1)]
        derived = formula.evaluate({"v": 50.0 * units[0], "a": units[1]})
        digest.update(repr([drawn, copula.units(units), designed, derived]).encode())
    for levels in ((12, 4, 7, 5, 3, 5), (3,) * 7, (5,) * 6):
        digest.update(repr(covering_array(levels)).encode())
    assert digest.hexdigest() == "56c289b2a9f5a4179b72b323a1e80088a7199ff874040e6b76a2b3ce8850c2b5"
