"""reduce, accumulate, reduceat, outer and at, for every dtype, against a plain loop over elements."""

import leaky_relu as lr
import numpy as np
import pytest
from helpers import DTYPES, F32, HALF, INTEGERS, assert_same, compute_type, numbers
from reference import reference

ALL = [*DTYPES, *INTEGERS]
pytestmark = pytest.mark.parametrize("dtype", ALL, ids=lambda dtype: f"{dtype.name}-{dtype.char}")


def result_dtype(dtype):
    if dtype.kind not in "biu":
        return dtype
    return HALF if dtype.itemsize == 1 else F32 if dtype.itemsize == 2 else np.dtype(np.float64)


def some(dtype, n, seed=0):
    """Make small numbers, of either sign where the dtype has them."""
    a = np.random.default_rng(seed).uniform(-1.5, 1.5, n)
    if dtype.kind in "biu":
        a = np.rint(2 * a if dtype.kind == "i" else abs(2 * a))
    return a.astype(dtype)


def folded(a):
    """Fold a line by a loop over its elements, and give all that is on the way."""
    dtype = result_dtype(a.dtype)
    a, compute = a.astype(dtype), compute_type(dtype).type
    results = [a[0]]
    for slope in a[1:]:
        x = results[-1]
        results.append(x if x > 0 else dtype.type(compute(x) * compute(slope)))
    return np.array(results, dtype)


def test_small_example(dtype):
    a = np.array([-1, 2]).astype(dtype)
    if dtype.kind in "ub":
        assert lr.leaky_relu.accumulate(a).dtype == result_dtype(dtype)
        return
    assert_same(lr.leaky_relu.accumulate(a), np.array([-1, -2], result_dtype(dtype)))
    assert_same(lr.leaky_relu.reduce(a), np.array(-2, result_dtype(dtype)))
    assert_same(lr.leaky_relu.reduceat(a, [0, 1]), np.array([-1, 2], result_dtype(dtype)))


@pytest.mark.parametrize("n", [1, 2, 3, 16, 17, 33, 130])
def test_one_line(dtype, n):
    a = some(dtype, 3 * n, n)
    with np.errstate(all="ignore"):
        for x in (a[:n], a[::3], a[n - 1 :: -1]):
            expected = folded(x)
            assert_same(lr.leaky_relu.accumulate(x), expected)
            assert_same(lr.leaky_relu.reduce(x), expected[-1])
            starts = [0, n // 2, n - 1]
            ends = [n // 2, n - 1, n]
            wanted = [folded(x[i : max(j, i + 1)])[-1] for i, j in zip(starts, ends, strict=True)]
            assert_same(lr.leaky_relu.reduceat(x, starts), np.array(wanted, expected.dtype))


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_each_axis(target, dtype, axis):
    a = some(dtype, 4 * 5 * 6).reshape(4, 5, 6)
    with np.errstate(all="ignore"):
        for x in (a, a.T, a[:, ::-2], np.asfortranarray(a)):
            expected = np.apply_along_axis(folded, axis, x)
            last = np.take(expected, -1, axis)
            assert_same(lr.leaky_relu.accumulate(x, axis=axis), expected)
            assert_same(lr.leaky_relu.reduce(x, axis=axis), last)
            assert_same(lr.leaky_relu.reduce(x, axis=axis, keepdims=True), np.expand_dims(last, axis))
            assert_same(lr.leaky_relu.reduceat(x, [0], axis=axis), np.expand_dims(last, axis))
            out = np.empty_like(expected)
            assert lr.leaky_relu.accumulate(x, axis=axis, out=out) is out
            assert_same(out, expected)


@pytest.mark.parametrize("slopes", [F32, np.dtype(np.float64), np.dtype(np.int8)], ids=str)
def test_outer(target, dtype, slopes):
    x, s = some(dtype, 21).reshape(7, 3)[:, ::2], some(slopes, 6, 1)[::-1]
    wide, slope = np.broadcast_arrays(x[..., None].astype(result_dtype(dtype)), s)
    assert_same(lr.leaky_relu.outer(x, s), reference(lr.leaky_relu, wide, slope))


def test_at(target, dtype):
    """Indices that occur twice count twice."""
    a = some(dtype, 9)
    indices, slopes = [0, 3, 3, 8, 0, 5], numbers(F32, 6, 1)
    if dtype.kind in "biu":  # cast back without a word, as by numpy.arctan2.at
        slopes = some(np.dtype(np.int8), 6)
    expected = a.copy()
    for i, slope in zip(indices, slopes, strict=True):
        x = expected[i : i + 1].astype(result_dtype(dtype))
        expected[i] = reference(lr.leaky_relu, x, slope)[0].astype(dtype)
    lr.leaky_relu.at(a, indices, slopes)
    assert np.array_equal(a, expected)
