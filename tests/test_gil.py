"""The GIL is free during large calls of every function."""

import pytest
from helpers import another_thread_runs_during
from public_calls import CALLS, operands

LARGE = [name for name in CALLS if name not in ("scalar", "small")]


@pytest.fixture(scope="module")
def names():
    names = {}
    exec(operands(3000, 100), names)  # to clear sums of 1 KiB or more NumPy lets go of the GIL itself
    return names


@pytest.mark.parametrize("call", LARGE)
def test_another_thread_runs_meanwhile(names, call):
    assert another_thread_runs_during(eval(f"lambda: {CALLS[call]}", names))
