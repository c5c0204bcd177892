"""Interleaved timing sees a known difference, by a clock that only the candidates move."""

from timeit import Timer

import pytest
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
