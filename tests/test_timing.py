"""Interleaved timing sees a known difference, by a clock that only the candidates move."""

import itertools
from timeit import Timer
from types import SimpleNamespace

import pytest
from leaky_relu._comparison import timing
from leaky_relu._comparison.timing import compare


class Clock:
    """Stands in for time.perf_counter, so that a loaded machine changes nothing."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def spend(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize("pause", [0.0, 1e-3])
def test_ratio_and_best(clock, pause):
    timers = {
        name: Timer(lambda seconds=seconds: clock.spend(seconds), timer=clock)
        for name, seconds in {"slow": 8e-3, "fast": 2e-3}.items()
    }
    found = compare(timers, reference="fast", seconds=0.01, pause=pause)
    assert found["fast"].ratio == 1
    assert found["fast"].best == pytest.approx(2e-3)
    assert found["slow"].best == pytest.approx(8e-3)
    assert found["slow"].ratio == pytest.approx(4)


def test_best_turn_and_median_of_the_rounds(clock):
    durations = itertools.cycle([4e-2, 1e-2, 2e-2])
    names = {"clock": clock, "durations": durations}
    timers = {
        "uneven": Timer("clock.spend(seconds)", "seconds = next(durations)", clock, names),
        "even": Timer("clock.spend(1e-2)", "pass", clock, names),
    }
    found = compare(timers, reference="even", seconds=0)["uneven"]
    assert found.best == pytest.approx(1e-2)
    assert found.ratio == pytest.approx(2)


def test_pauses_take_a_turns_time_as_well(clock):
    calls = []
    timer = Timer(lambda: calls.append(clock.spend(1e-4)), timer=clock)
    compare({"only": timer}, reference="only", seconds=0, pause=1e-3)
    assert 3 * 9 <= len(calls) < 3 * 9 + 30  # those of three turns, and those to find how many they are


def test_lead_in_comes_before_each_turn(clock, monkeypatch):
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=clock))
    order = []
    timers = {
        name: Timer(lambda name=name: (order.append(name), clock.spend(0.02)), timer=clock) for name in "AB"
    }
    compare(timers, reference="A", seconds=0, lead_in=0.03)
    assert "".join(order).endswith("AAABBB" * 3)


def test_setup_runs_before_each_turn_and_is_not_timed(clock):
    seen = []
    names = {"seen": seen, "clock": clock}
    timer = Timer("clock.spend(1e-4)", "seen.append(clock.spend(0.002))", clock, names)
    assert compare({"only": timer}, reference="only", seconds=0)["only"].best == pytest.approx(1e-4)
    assert len(seen) > 3


def test_candidates_take_turns(clock):
    order = []
    timers = {
        name: Timer(lambda name=name: (order.append(name), clock.spend(0.02)), timer=clock) for name in "AB"
    }
    compare(timers, reference="A", seconds=0)
    assert "".join(order).endswith("ABABAB")
