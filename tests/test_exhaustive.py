"""All 65,536 values of the 16-bit types."""

import functools

import numpy as np
import pytest
from helpers import SIXTEEN_BIT, SLOPES, assert_same, flags_of
from leaky_relu import leaky_relu, leaky_relu_grad
from reference import reference_and_flags

pytestmark = pytest.mark.parametrize("dtype", SIXTEEN_BIT, ids=lambda dtype: dtype.name)


def every_value(dtype):
    return np.arange(1 << 16, dtype=np.uint16).view(dtype)


@pytest.mark.parametrize("slope", SLOPES)
def test_forward(target, dtype, slope):
    actual, flags = flags_of(leaky_relu, every_value(dtype), slope)
    expected, expected_flags = reference_and_flags(leaky_relu, every_value(dtype), slope)
    assert_same(actual, expected)
    assert flags == expected_flags


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("order", ["same", "reversed", "shuffled"])
def test_gradient(target, dtype, slope, order):
    g = every_value(dtype)
    x = {"same": g, "reversed": g[::-1].copy(), "shuffled": np.random.default_rng(0).permutation(g)}[order]
    actual, flags = flags_of(leaky_relu_grad, g, x, slope)
    expected, expected_flags = reference_and_flags(leaky_relu_grad, g, x, slope)
    assert_same(actual, expected)
    assert flags == expected_flags


def some_values(dtype):
    return every_value(dtype)[::16].reshape(-1, 1)


@functools.cache
def flags_of_the_formula(dtype, slope):
    return [reference_and_flags(leaky_relu, x, slope)[1] for x in some_values(dtype)]


@pytest.mark.parametrize("slope", [0.01, -0.5, 1.0, 2.0**-14, 1 - 2.0**-12])
def test_flags_of_single_values(target, dtype, slope):
    """Rounding to 16 bits is where the flags of the targets could part: every 16th value, a call for each."""
    for x, expected in zip(some_values(dtype), flags_of_the_formula(dtype, slope), strict=True):
        assert flags_of(leaky_relu, x, slope)[1] == expected, x
