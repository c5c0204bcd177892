"""Operands cut from one memory in every way: the output is as if the inputs had been copied first."""

import itertools

import leaky_relu as lr
import numpy as np
import pytest
from helpers import DTYPES, assert_same, compute_type, numbers, using

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided
from reference import DATA, OPERATIONS, reference

SIZE = 400  # elements of the memory
STEPS = [0, 1, 1, 2, 3, 4, 5, 8, 16, 17, 24, -1, -2, -3, -16, -24]


def indices(shape, steps):
    """Give the index in memory of each element, counted from that of the first."""
    return np.tensordot(steps, np.indices(shape), 1)


def has_elements_apart(shape):
    return lambda place: np.unique(indices(shape, place[1])).size == np.prod(shape)


@st.composite
def places(draw, shape, size=SIZE, beside=None):
    """Draw where an array lies: index of its first element, and steps; often nearly those of another."""
    alike = beside is not None and draw(st.sampled_from([True, True, False]))
    steps = beside[1] if alike else tuple(draw(st.sampled_from(STEPS)) for _ in shape)
    reach = indices(shape, steps)
    if np.ptp(reach) >= size:
        alike, steps = False, (0,) * (len(shape) - 1) + (draw(st.sampled_from([0, 1, -1])),)
        reach = indices(shape, steps)
    low, high = -int(reach.min()), size - 1 - int(reach.max())
    if alike:
        return min(max(beside[0] + draw(st.integers(-9, 9)), low), high), steps
    return draw(st.integers(low, high)), steps


@st.composite
def problems(draw):
    """Draw an operation, its inputs and output, and the memory; parameters may lie in it, in either dtype."""
    operation, dtype = draw(st.sampled_from(list(OPERATIONS))), draw(st.sampled_from(DTYPES))
    few = st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple)
    shape = draw(few | st.tuples(st.integers(10, 90), st.integers(1, 3)) | st.tuples(st.integers(1, 190)))
    memory, compute = numbers(dtype, SIZE, 1), compute_type(dtype)
    parameters = draw(st.sampled_from([memory, memory.view(compute), numbers(compute, SIZE, 2)]))
    place = draw(places(shape).filter(has_elements_apart(shape)))
    inputs = []
    for name in OPERATIONS[operation]:
        whole = memory if name in DATA else parameters
        inputs.append(cut(whole, shape, draw(places(shape, whole.size, place))))
    return operation, inputs, memory, shape, place


def cut(memory, shape, place):
    first, steps = place
    return as_strided(memory[first:], shape, [step * memory.itemsize for step in steps])


@settings(max_examples=2 * settings().max_examples)
@given(problems(), st.booleans(), st.sampled_from(lr.simd_targets()))
def test_one_memory(problem, fast, target):
    operation, inputs, memory, shape, place = problem
    out, wanted = cut(memory, shape, place), memory.copy()
    with np.errstate(all="ignore"), using(fast, target):
        cut(wanted, shape, place)[...] = reference(getattr(lr, operation), *inputs)
        assert getattr(lr, operation)(*inputs, out=out) is out
    assert_same(memory, wanted)


@pytest.mark.parametrize("width", [3, 100])
def test_rows_apart_that_begin_in_one_another(target, way, dtype, width):
    """What is apart by most of a step between rows may still be close to the row before, or behind."""
    step = width + 20
    for shift in (*range(-9, 10), -step + 2, step - 2):
        memory = numbers(dtype, 5 * step)
        rows = [
            as_strided(memory[first:], (3, width), (step * dtype.itemsize, dtype.itemsize))
            for first in (step, step + shift)
        ]
        wanted = reference(lr.leaky_relu, rows[0], -0.5)
        lr.leaky_relu(rows[0], -0.5, out=rows[1])
        assert_same(rows[1], wanted)


@pytest.mark.parametrize("steps", [(1,), (2,), (-3,), (1000, 1), (1, 200), (-900, -2)], ids=str)
def test_only_the_ends_meet(target, way, dtype, steps):
    """What is read last is written first: that is the farthest from the output that an element may be."""
    shape = (700,) if len(steps) == 1 else (150, 3) if steps[0] == 1 else (3, 400)
    last = int(indices(shape, steps).flat[-1])
    begin = max(0, -2 * last)
    for first, second in ((begin, begin + last), (begin + last, begin)):
        memory = numbers(dtype, 2 * abs(last) + 1)
        x, out = cut(memory, shape, (first, steps)), cut(memory, shape, (second, steps))
        wanted = reference(lr.leaky_relu, x, -0.5)
        lr.leaky_relu(x, -0.5, out=out)
        assert_same(out, wanted)


@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (2, 3, 4)], ids=str)
def test_output_that_meets_itself(target, dtype, shape):
    """Of elements that share a place, the one that NumPy's machinery writes last stays."""
    x = numbers(dtype, shape)
    for steps in itertools.product((-2, -1, 0, 1, 2, 3), repeat=len(shape)):
        left = []
        for fast in (True, False):
            memory = np.zeros(SIZE, dtype)
            out = cut(memory, shape, (SIZE // 2, steps))
            with using(fast, target):
                lr.leaky_relu(x, 0.3, out=out)
            left.append(memory)
        assert_same(*left)


@given(
    st.sampled_from([2, 3, 4]),
    st.integers(1, 60),
    st.integers(1, 40),
    st.sampled_from(DTYPES),
    st.booleans(),
    st.sampled_from(lr.simd_targets()),
)
def test_columns_beside_columns(parts, rows, width, dtype, fast, target):
    """Interleaved views have no element in common, and nothing else is written."""
    table = numbers(dtype, (rows, parts, width))
    for x, out in ((table[:, 0], table[:, -1]), (table[:, -1], table[:, 0]), (table[:, 0].T, table[:, 1].T)):
        before, wanted = table.copy(), reference(lr.leaky_relu, x, -0.5)
        with using(fast, target):
            lr.leaky_relu(x, -0.5, out=out)
        assert_same(out, wanted)
        out[...] = 0
        changed = (table != before).any(axis=(0, 2)) if width else []
        assert np.count_nonzero(changed) <= 1
