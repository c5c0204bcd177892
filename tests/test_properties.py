"""Anything goes: random shapes, strides, orders, dtypes and slopes against the reference."""

import leaky_relu as lr
import numpy as np
import pytest
from helpers import DTYPES, assert_same, flags_of, patterns, quiet
from leaky_relu import _core
from reference import reference, reference_and_flags

hypothesis = pytest.importorskip("hypothesis")
st = pytest.importorskip("hypothesis.strategies")

quickly = hypothesis.settings(derandomize=True, max_examples=150, deadline=None, database=None)


@st.composite
def views(draw, dtype, shape):
    """Draw an array of random bits with the given shape and any strides."""
    steps = [draw(st.sampled_from([1, 1, 1, 2, 3, -1, -2])) for _ in shape]
    starts = [draw(st.integers(0, 2)) for _ in shape]
    axes = draw(st.permutations(range(len(shape))))
    whole = tuple(abs(step) * n + start for n, step, start in zip(shape, steps, starts, strict=True))
    a = patterns(dtype, int(np.prod([whole[axis] for axis in axes])), draw(st.integers(0, 99)))
    a = a.reshape([whole[axis] for axis in axes]).transpose(np.argsort(axes))
    cut = tuple(slice(start, None) for start in starts)
    a = a[cut][tuple(slice(None, None, step) for step in steps)]
    a = a[tuple(slice(0, n) for n in shape)]
    assert a.shape == tuple(shape)
    return a


@st.composite
def problems(draw):
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(st.lists(st.integers(0, 40), min_size=1, max_size=3).map(tuple))
    if draw(st.booleans()):
        slope = draw(st.floats(width=32) | st.integers(-(2**70), 2**70))
    else:
        slope_dtype = draw(st.sampled_from([np.dtype(code) for code in "fd"]))
        slope_shape = [n if draw(st.booleans()) else 1 for n in shape][draw(st.integers(0, len(shape))) :]
        slope = draw(views(slope_dtype, slope_shape))
    return draw(views(dtype, shape)), draw(views(dtype, shape)), slope


@quickly
@hypothesis.given(problems(), st.booleans())
def test_new_outputs(problem, fast):
    g, x, slope = problem
    before = _core._set_fast_call(fast)
    try:
        y, flags = flags_of(lr.leaky_relu, x, slope)
        dx, gradient_flags = flags_of(lr.leaky_relu_grad, g, quiet(x), slope)
    finally:
        _core._set_fast_call(before)
    expected, expected_flags = reference_and_flags(lr.leaky_relu, x, slope)
    assert_same(y, expected)
    expected, expected_gradient_flags = reference_and_flags(lr.leaky_relu_grad, g, x, slope)
    assert_same(dx, expected)
    if x.size:
        assert flags == expected_flags
        assert gradient_flags == expected_gradient_flags


@quickly
@hypothesis.given(st.data())
def test_overlapping_views_of_one_memory(data):
    dtype = data.draw(st.sampled_from(DTYPES))
    memory = patterns(dtype, 600, data.draw(st.integers(0, 9)))
    n = data.draw(st.integers(1, 180))

    def view():
        step = data.draw(st.sampled_from([1, 1, 2, 3, -1, -2]))
        start = data.draw(st.integers(0, 599 - (n - 1) * abs(step)))
        part = memory[start : start + (n - 1) * abs(step) + 1]
        return part[::step]

    g, x, out = view(), view(), view()
    with np.errstate(all="ignore"):
        expected = reference(lr.leaky_relu_grad, g, x, -0.7)
        lr.leaky_relu_grad(g, x, -0.7, out=out)
        assert_same(out, expected)
        expected = reference(lr.leaky_relu, x, 0.3)
        lr.leaky_relu(x, 0.3, out)
        assert_same(out, expected)
