"""Both gradients behind a bias: the bits of leaky_relu_grad, and sums that depend on the shape only."""

import math

import leaky_relu as lr
import numpy as np
import pytest
from helpers import DTYPES, assert_same, compute_type, numbers, unaligned
from leaky_relu import _core, leaky_relu, leaky_relu_grad, prelu, prelu_grad
from leaky_relu._bias import bias_leaky_relu_grad

# (shape, channel axis)
SHAPES = [
    ((4, 3), 1),
    ((2, 3, 5, 7), 1),
    ((2, 5, 7, 3), -1),
    ((2, 3, 70_000), 1),
    ((300, 3), 1),
    ((6,), 1),
    ((), 1),
]


def whole_numbers(dtype, shape, seed=0):
    """Give numbers whose products with 0.5 and sums are exact in any order."""
    return np.random.default_rng(seed).integers(-8, 9, shape).astype(dtype)


def channels_last(a, axis):
    return np.moveaxis(a, axis, -1).reshape(-1, a.shape[axis]) if a.ndim > 1 else a.reshape(-1, 1)


@pytest.mark.parametrize(("shape", "axis"), SHAPES, ids=str)
def test_values(target, dtype, shape, axis):
    g, y = whole_numbers(dtype, shape, 1), whole_numbers(dtype, shape)
    grad_x, grad_bias = bias_leaky_relu_grad(g, y, 0.5, channel_axis=axis)
    expected = np.asarray(leaky_relu_grad(g, y, 0.5))
    compute = compute_type(dtype)
    assert_same(grad_x, expected)
    assert_same(grad_bias, channels_last(expected.astype(np.longdouble), axis).sum(0).astype(compute))
    from_output = bias_leaky_relu_grad(g, leaky_relu(y, 0.5), 0.5, channel_axis=axis)
    assert_same(from_output[0], grad_x)
    assert_same(from_output[1], grad_bias)


@pytest.mark.parametrize("channels", [3, 64, 67, 1000])
def test_what_is_summed_is_the_gradient_as_it_is_stored(target, dtype, channels):
    g, y = numbers(dtype, (1, channels), 1), numbers(dtype, (1, channels))
    grad_x, grad_bias = bias_leaky_relu_grad(g, y, 0.3)
    assert_same(grad_bias, grad_x[0].astype(grad_bias.dtype) + 0)  # the sum with it, of which -0 becomes 0


def test_idle_lanes_sum_nothing_of_their_own(target):
    """They repeat a tail's first column, the sum of which does not overflow; that of its last rows would."""
    g = np.ones((4, 1025))
    g[:, -1] = -1.5e308, 0, 1.2e308, 1.2e308
    with np.errstate(all="raise"):
        _, grad_bias = bias_leaky_relu_grad(g, g, 1.0)
    assert grad_bias[-1] == np.add.accumulate(g[:, -1])[-1]


@pytest.mark.parametrize(
    ("shape", "axis"), [((40, 3, 50), 1), ((500, 7), 1), ((3, 2, 70_001), 1), ((70_000, 1), 1)]
)
def test_sum_is_accurate_and_the_same_everywhere(target, shape, axis):
    g, y = numbers(np.dtype(np.float64), shape, 1), numbers(np.dtype(np.float64), shape)
    grad_x, grad_bias = bias_leaky_relu_grad(g, y, 0.3, channel_axis=axis)
    for terms, actual in zip(channels_last(grad_x, axis).T, grad_bias, strict=True):
        assert abs(actual - math.fsum(terms)) <= 1e-14 * math.fsum(abs(terms))
    threads = lr.get_num_threads()
    try:
        for count in (1, 2, 5):
            lr.set_num_threads(count)
            assert_same(bias_leaky_relu_grad(g, y, 0.3, channel_axis=axis)[1], grad_bias)
    finally:
        lr.set_num_threads(threads)
    _core._use_target("scalar")  # the fixture puts back what was in use
    assert_same(bias_leaky_relu_grad(g, y, 0.3, channel_axis=axis)[1], grad_bias)


@pytest.mark.parametrize(
    "order",
    [np.asfortranarray, lambda a: np.repeat(a, 2, -1)[..., ::2], lambda a: a.astype(a.dtype.newbyteorder())],
)
def test_any_memory_order(order):
    g, y = numbers(np.dtype(np.float32), (2, 3, 40), 1), numbers(np.dtype(np.float32), (2, 3, 40))
    expected = bias_leaky_relu_grad(g, y, 0.3)
    for actual, right in zip(bias_leaky_relu_grad(order(g), order(y), 0.3), expected, strict=True):
        assert_same(actual, right)
    out = order(np.zeros_like(g))
    assert bias_leaky_relu_grad(g, y, 0.3, out=out)[0] is out
    assert_same(out.astype(np.float32), expected[0])


def test_in_place(dtype):
    g, y = numbers(dtype, (3, 4, 70), 1), numbers(dtype, (3, 4, 70))
    grad_x, grad_bias = bias_leaky_relu_grad(g, y, 0.3)
    for make in (lambda g, y: (g, y, g), lambda g, y: (g, y, y), lambda g, y: (g, y, np.empty_like(g))):
        arguments = make(g.copy(), y.copy())
        result = bias_leaky_relu_grad(*arguments[:2], 0.3, out=arguments[2])
        assert result[0] is arguments[2]
        assert_same(result[0], grad_x)
        assert_same(result[1], grad_bias)
    shifted = np.concatenate([g.ravel(), g.ravel()[:1]])
    out = shifted[1:].reshape(g.shape)
    bias_leaky_relu_grad(shifted[:-1].reshape(g.shape), y, 0.3, out=out)
    assert_same(out, grad_x)


@pytest.mark.parametrize("shift", [-599, -64, -1, 3, 100, 599])
@pytest.mark.parametrize("shared", ["grad_output", "y"])
@pytest.mark.parametrize("shape", [(2, 3, 100), (100, 6)], ids=str)
def test_output_that_overlaps_an_input_in_part(target, dtype, shape, shared, shift):
    memory, other = numbers(dtype, 600 + abs(shift), 1), numbers(dtype, shape)
    begin = max(-shift, 0)
    a = memory[begin : begin + 600].reshape(shape)
    out = memory[begin + shift : begin + shift + 600].reshape(shape)
    g, y = (a, other) if shared == "grad_output" else (other, a)
    grad_x, grad_bias = bias_leaky_relu_grad(g, y, 0.3)
    result = bias_leaky_relu_grad(g, y, 0.3, out=out)
    assert_same(result[0], grad_x)
    assert_same(result[1], grad_bias)


@pytest.mark.parametrize(
    "slope",
    [0.5, 1, np.float32(0.5), np.array(0.5), unaligned(np.array(0.5)), np.longdouble(0.5), np.float16(0.5)],
    ids=repr,
)
def test_scalar_slopes(dtype, slope):
    g, y = whole_numbers(dtype, (2, 3), 1), whole_numbers(dtype, (2, 3))
    assert_same(bias_leaky_relu_grad(g, y, slope)[0], leaky_relu_grad(g, y, float(slope)))
    assert_same(bias_leaky_relu_grad(g, y)[0], leaky_relu_grad(g, y))


def test_integers_lists_and_mixed_dtypes():
    grad_x, grad_bias = bias_leaky_relu_grad([[1, 2], [3, 4]], [[-1, 1], [0, 1]], 0.5)
    assert_same(grad_x, np.array([[0.5, 2.0], [1.5, 4.0]]))
    assert_same(grad_bias, np.array([2.0, 6.0]))
    grad_x, grad_bias = bias_leaky_relu_grad(np.ones((1, 2), np.float32), np.ones((1, 2), np.float16))
    assert grad_x.dtype == grad_bias.dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "channels"), [((0, 3, 5), 3), ((2, 3, 0), 3), ((2, 0), 0), ((0,), 1)], ids=str
)
def test_empty(shape, channels):
    grad_x, grad_bias = bias_leaky_relu_grad(np.zeros(shape, np.float32), np.zeros(shape, np.float32))
    assert grad_x.shape == shape
    assert_same(grad_bias, np.zeros(channels, np.float32))


def test_nan_and_infinity():
    g = np.array([[np.inf, 1, np.nan], [-np.inf, 1, 1]])
    with np.errstate(invalid="ignore"):
        assert_same(bias_leaky_relu_grad(g, np.ones((2, 3)))[1], np.array([np.nan, 2, np.nan]))
    assert_same(bias_leaky_relu_grad(np.ones((1, 3)), [[np.nan, 0.0, -0.0]], 0.5)[1], np.full(3, 0.5))


def test_wrong_arguments():
    g = np.ones((2, 3))
    with pytest.raises(ValueError, match=r"grad_output has shape \(2, 3\), but y has shape \(3, 2\)"):
        bias_leaky_relu_grad(g, g.reshape(3, 2))
    with pytest.raises(ValueError, match=r"out has shape \(3, 2\), but grad_output has \(2, 3\)"):
        bias_leaky_relu_grad(g, g, out=np.ones((3, 2)))
    with pytest.raises(TypeError, match="out has dtype float32, but the result has float64"):
        bias_leaky_relu_grad(g, g, out=np.ones((2, 3), np.float32))
    with pytest.raises(ValueError, match="negative_slope must be a scalar"):
        bias_leaky_relu_grad(g, g, np.ones(3))
    frozen = g.copy()
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="out is read-only"):
        bias_leaky_relu_grad(g, g, out=frozen)
    for bad in (g.astype(complex), g.astype(object)):
        with pytest.raises(TypeError, match=f"^bias_leaky_relu_grad: grad_output has dtype {bad.dtype}"):
            bias_leaky_relu_grad(bad, g)
        with pytest.raises(TypeError, match=f"^bias_leaky_relu_grad: y has dtype {bad.dtype}"):
            bias_leaky_relu_grad(g, bad)
    with pytest.raises(
        TypeError, match=r"^bias_leaky_relu_grad: negative_slope has dtype complex128 \(complex\)"
    ):
        bias_leaky_relu_grad(g, g, 1j)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.name)
def test_warnings_name_the_function(dtype):
    g = np.full((2, 3), 6e4 if dtype == np.float16 else np.finfo(compute_type(dtype)).max / 2).astype(dtype)
    with pytest.warns(RuntimeWarning, match="overflow .* bias_leaky_relu_grad$"):
        bias_leaky_relu_grad(g, -np.ones_like(g), 1e3)


@pytest.mark.parametrize("function", [prelu, prelu_grad, bias_leaky_relu_grad])
def test_wrong_channel_axes(function):
    x = np.zeros((2, 3, 4))
    operands = {prelu: (x, x[0, 0, :3]), prelu_grad: (x, x, x[0, 0, :3]), bias_leaky_relu_grad: (x, x)}
    for axis in (3, -4, np.int64(3), 2**31, 2**64, -(2**64)):
        with pytest.raises(np.exceptions.AxisError, match=f"channel_axis: axis {axis} .* dimension 3$"):
            function(*operands[function], channel_axis=axis)
    for axis in ("1", None, 1.0, [1], np.ones(2)):
        with pytest.raises(
            TypeError, match=f"^{function.__name__}: channel_axis must be an integer, .* got "
        ):
            function(*operands[function], channel_axis=axis)
