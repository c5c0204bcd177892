"""Floating-point errors: those of the formula on the elements that are there, and no others."""

import warnings

import leaky_relu as lr
import numpy as np
import pytest
from helpers import F32, HUGE, HUGE_IDS, SLOPES, UP_TO_DOUBLE, flags_of, quiet, specials
from leaky_relu import leaky_relu, leaky_relu_grad
from reference import DATA, OPERATIONS, reference_and_flags

LENGTHS = [1, 3, 16, 37]  # tails, and whole vectors with a tail


@pytest.mark.parametrize("slope", SLOPES)
def test_each_special_value(target, dtype, slope):
    for value in specials(dtype).reshape(-1, 1):
        expected = reference_and_flags(leaky_relu, value, slope)[1]
        for n in LENGTHS:
            assert flags_of(leaky_relu, np.repeat(value, n), slope)[1] == expected, (value, n)


@pytest.mark.parametrize("slope", [0.01, -0.0, 1e10, np.inf, np.nan, 1e-45])
def test_each_pair_of_special_values(target, dtype, slope):
    values = specials(dtype).reshape(-1, 1)
    for g in values[::3]:
        for x in quiet(values[1::2]):
            expected = reference_and_flags(leaky_relu_grad, g, x, slope)[1]
            assert flags_of(leaky_relu_grad, g, x, slope)[1] == expected, (g, x)


def test_quiet_nan_is_quiet(target, way, dtype):
    for nan in (np.nan, -np.nan):
        x = np.full(37, nan, dtype)
        for slope in (0.01, 0.0, -2.0, np.inf, np.nan):
            assert flags_of(leaky_relu, x, slope)[1] == set()
            assert flags_of(leaky_relu_grad, x, x, slope)[1] == set()
            assert flags_of(leaky_relu_grad, np.ones(37, dtype), x, slope)[1] == set()


def with_signalling_nan(dtype, n):
    for nan in (-2, -1):  # of either sign
        x = np.ones(n, dtype)
        x[-1:] = specials(dtype)[nan:][:1]
        yield x


@pytest.mark.parametrize("dtype", UP_TO_DOUBLE, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("n", LENGTHS)
def test_multiplying_signalling_nan_is_invalid(target, way, dtype, n):
    for x in with_signalling_nan(dtype, n):
        assert flags_of(leaky_relu, x, 0.5)[1] == {"invalid value"}
        assert flags_of(leaky_relu_grad, x, np.ones(n, dtype), 0.5)[1] == {"invalid value"}


@pytest.mark.parametrize("dtype", UP_TO_DOUBLE, ids=lambda dtype: dtype.name)
def test_comparing_signalling_nan_raises_nothing(target, dtype):
    for n in LENGTHS:
        for x in with_signalling_nan(dtype, n):
            assert flags_of(leaky_relu_grad, np.ones(n, dtype), x, 0.5)[1] == set()


@pytest.mark.parametrize("n", range(1, 70))
def test_tails_are_padded_with_something_harmless(target, dtype, n):
    """An infinite slope times a zero in an idle lane would be invalid; a huge one could overflow."""
    ones, minus_ones = np.ones(n, dtype), np.full(n, -1, dtype)
    for slope in (np.inf, -np.inf, np.nan):
        for x in (ones, minus_ones):
            assert flags_of(leaky_relu, x, slope)[1] == set()
            assert flags_of(leaky_relu_grad, minus_ones, x, slope)[1] == set()
            assert flags_of(leaky_relu, x[::-1], slope)[1] == set()  # through the strided loop


def test_lanes_not_selected_raise_nothing(target, way):
    x = np.full(37, 1e38, np.float32)
    assert flags_of(leaky_relu, x, 1e10)[1] == set()
    assert flags_of(leaky_relu, x, np.full(37, 1e10, np.float32))[1] == set()
    assert flags_of(leaky_relu_grad, x, x, 1e10)[1] == set()
    assert flags_of(leaky_relu, np.full(37, np.inf), 0.0)[1] == set()
    assert flags_of(leaky_relu, np.full(37, 1e-40, np.float32), 1e-10)[1] == set()
    assert flags_of(leaky_relu_grad, -x, -x, 1e10)[1] == {"overflow"}


@pytest.mark.parametrize("product", [65519, 65520, 65535, 65536])
def test_float16_overflows_where_rounding_leads_to_infinity(target, way, product):
    """Half of the last place beyond the largest number, 65504."""
    y, flags = flags_of(leaky_relu, np.full(19, -1, np.float16), -product)
    assert flags == ({"overflow"} if np.isinf(y).all() else set())
    assert np.isinf(y).all() == (product >= 65520)


def test_elements_left_out_by_where_raise_nothing(target):
    x = np.full(37, -3e38, np.float32)
    here = np.zeros(37, bool)
    here[5] = True
    x[5] = -1
    out = np.zeros_like(x)
    assert flags_of(leaky_relu, x, 10.0, out=out, where=here)[1] == set()
    assert out[5] == -10
    assert np.count_nonzero(out) == 1


OPTIONS = {"overflow": "over", "underflow": "under", "invalid value": "invalid"}
CAUSES = {
    "overflow": (np.array([-3e38] * 5, np.float32), 10.0),
    "underflow": (np.array([-1.5e-38] * 5, np.float32), 1 / 3),
    "invalid value": (np.array([-np.inf] * 5, np.float32), 0.0),
}


@pytest.mark.parametrize("kind", CAUSES)
@pytest.mark.parametrize("gradient", [False, True])
def test_errstate(target, way, kind, gradient):
    x, slope = CAUSES[kind]
    option = OPTIONS[kind]
    name, call = "leaky_relu", lambda: leaky_relu(x, slope)
    if gradient:
        name, call = "leaky_relu_grad", lambda: leaky_relu_grad(x, x, slope)
    everything = dict.fromkeys(("divide", "over", "under", "invalid"), "raise")
    words = rf"^{kind} encountered in {name}$"
    with np.errstate(**{option: "warn"}), pytest.warns(RuntimeWarning, match=words):
        call()
    with np.errstate(**{option: "raise"}), pytest.raises(FloatingPointError, match=words):
        call()
    with np.errstate(**everything | {option: "ignore"}), warnings.catch_warnings():
        warnings.simplefilter("error")
        call()
    seen = []
    with np.errstate(**everything | {option: "call"}, call=lambda *args: seen.append(args[0])):
        call()
    assert seen == [kind]


@pytest.mark.parametrize("slope", [*HUGE, [1e300]], ids=[*HUGE_IDS, "list"])
def test_overflow_of_the_slope_names_the_function(way, slope):
    x = np.ones(3, np.float32)
    with pytest.warns(RuntimeWarning, match="^overflow encountered in leaky_relu$"):
        leaky_relu(x, slope)
    with pytest.warns(RuntimeWarning, match="^overflow encountered in leaky_relu_grad$"):
        leaky_relu_grad(x, x, slope)


ONES = {
    "contiguous": np.ones(3, F32),
    "large": np.ones(1 << 15, F32),  # its scalars are rounded once more, when there is memory for the output
    "strided": np.ones((3, 2), F32)[:, 0],
}


@pytest.mark.parametrize("ones", ONES)
@pytest.mark.parametrize("huge", [1e300, np.array([1e300])], ids=["number", "one element"])
def test_overflow_of_each_parameter_names_the_function(way, operation, ones, huge):
    names = OPERATIONS[operation]
    for parameter in [name for name in names if name not in DATA]:
        values = {parameter: huge} | dict.fromkeys(DATA, ONES[ones])
        with pytest.warns(RuntimeWarning, match=f"^overflow encountered in {operation}$"):
            getattr(lr, operation)(*(values.get(name, 0.5) for name in names))


def test_gradients_of_prelu_overflow(target, dtype):
    """Also those of longdouble, for which another unit has the flags."""
    largest = 3e38 if dtype.name == "bfloat16" else np.finfo(dtype).max
    x, g = -np.ones((1, 3), dtype), np.full((1, 3), largest, dtype)
    weight = np.array([16, 1, 1]).astype(dtype)
    (grad_x, _), flags = flags_of(lr.prelu_grad, g, x, weight)
    assert flags == {"overflow"}
    assert np.isinf(grad_x).tolist() == [[True, False, False]]
    with np.errstate(all="raise"), pytest.raises(FloatingPointError, match=r"^overflow .* in prelu_grad$"):
        lr.prelu_grad(g, x, weight)


def test_a_sum_that_its_dtype_cannot_hold_overflows(target):
    """Where none of its terms did."""
    g = np.full((2, 3), 3e38, F32)
    (grad_x, grad_bias), flags = flags_of(lr.bias_leaky_relu_grad, g, g)
    assert flags == {"overflow"}
    assert np.isfinite(grad_x).all()
    assert np.isinf(grad_bias).all()


def test_flags_from_before_do_not_count(way):
    with np.errstate(all="ignore"):
        np.float32(1e38) * np.float32(1e10)
        np.array([-np.inf]) * 0.0
    assert flags_of(leaky_relu, np.ones(5, np.float32), 0.5)[1] == set()
