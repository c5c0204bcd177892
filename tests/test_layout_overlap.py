"""Operands cut from one memory in every way: the output is what it would be had the inputs been copied first."""

import leaky_relu as lr
import numpy as np
import pytest
from helpers import DTYPES, assert_same, numbers
from leaky_relu import _core

pytest.importorskip("hypothesis")
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided
from reference import DATA, OPERATIONS, compute_type, reference

import os; quickly = settings(max_examples=int(os.environ.get("HYPOTHESIS_MAX","150")), deadline=None, database=None, derandomize="HYPOTHESIS_MAX" not in os.environ)

SIZE = 400  # elements of the memory
STEPS = [0, 1, 1, 2, 3, 4, 5, 8, 16, 17, 24, -1, -2, -3, -16, -24]


def indices(shape, steps):
    return sum(np.indices(shape)[axis] * step for axis, step in enumerate(steps)) + np.zeros(shape, int)


@st.composite
def places(draw, shape, near=None):
    """Draw where in the memory an array of a shape lies: its first index and its steps, in elements."""
    while True:
        same = near and draw(st.sampled_from([True, True, False]))
        steps = near[1] if same else tuple(draw(st.sampled_from(STEPS)) for _ in shape)
        reach = indices(shape, steps)
        low, high = -int(reach.min()), SIZE - 1 - int(reach.max())
        if low <= high:
            break
        shape_steps = tuple(1 for _ in shape)
        del shape_steps
    if same:
        first = min(max(near[0] + draw(st.integers(-9, 9)), low), high)
    else:
        first = draw(st.integers(low, high))
    return first, steps


@st.composite
def problems(draw):
    operation = draw(st.sampled_from(list(OPERATIONS)))
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=3)))
    if draw(st.integers(0, 4)) == 0:
        shape = (draw(st.integers(10, 90)), draw(st.integers(1, 3)))
    out = draw(places(shape).filter(lambda place: is_injective(shape, place[1])))
    return operation, shape, out, [draw(places(shape, out)) for _ in OPERATIONS[operation]]


def is_injective(shape, steps):
    reach = indices(shape, steps)
    return np.unique(reach).size == reach.size


def cut(memory, shape, place):
    first, steps = place
    return as_strided(memory[first:], shape, [step * memory.itemsize for step in steps])


@quickly
@given(problems(), st.sampled_from(DTYPES), st.booleans(), st.sampled_from(lr.simd_targets()), st.data())
def test_one_memory(problem, dtype, parameters_too, target, data):
    """Parameters that share the memory are of the data's dtype, or of the compute type."""
    operation, shape, out_place, in_places = problem
    before_target = lr.simd_target()
    _core._use_target(target)
    before = _core._set_fast_call(data.draw(st.booleans()))
    try:
        memory = numbers(dtype, SIZE, 1)
        inputs = []
        for k, (name, place) in enumerate(zip(OPERATIONS[operation], in_places, strict=True)):
            if name in DATA or parameters_too:
                inputs.append(cut(memory, shape, place))
            else:
                inputs.append(cut(numbers(compute_type(dtype), SIZE, 2 + k), shape, place))
        out = cut(memory, shape, out_place)
        wanted = reference(getattr(lr, operation), *[a.copy() for a in inputs])
        untouched = memory.copy()
        cut(untouched, shape, out_place)[...] = 0
        result = getattr(lr, operation)(*inputs, out=out)
        assert result is out
        assert_same(out.copy(), wanted)
        out[...] = 0
        assert memory.tobytes() == untouched.tobytes()
    finally:
        _core._set_fast_call(before)
        _core._use_target(before_target)
