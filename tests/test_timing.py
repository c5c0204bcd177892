"""Interleaved timing sees a known difference."""

import time
from timeit import Timer

import pytest
from leaky_relu._comparison.timing import compare


def sleeper(milliseconds):
    return Timer(lambda: time.sleep(milliseconds / 1e3))


@pytest.mark.parametrize("pause", [0.0, 1e-3])
def test_ratio_and_best(pause):
    found = compare({"slow": sleeper(8), "fast": sleeper(2)}, reference="fast", seconds=0.1, pause=pause)
    assert found["fast"].ratio == 1
    assert 2e-3 < found["fast"].best < found["slow"].best
    assert 1.5 < found["slow"].ratio < 8


def test_setup_runs_before_each_turn_and_is_not_timed():
    seen = []
    timer = Timer("pass", setup="seen.append(time.sleep(0.002))", globals={"seen": seen, "time": time})
    assert compare({"only": timer}, reference="only", seconds=0)["only"].best < 1e-3
    assert len(seen) > 3


def test_candidates_take_turns():
    order = []
    timers = {name: Timer(lambda name=name: (order.append(name), time.sleep(0.02))) for name in "AB"}
    compare(timers, reference="A", seconds=0)
    assert "".join(order).endswith("ABABAB")
