"""A bias and Leaky ReLU as one layer."""

import copy
import io
import re

import numpy as np
import pytest
from helpers import assert_same, numbers
from leaky_relu import _core, leaky_relu_grad
from leaky_relu.layers._bias_leaky_relu import BiasLeakyReLU

SLOPES = [0.2, 0.0, -0.5, -0.0, np.inf, np.nan]
SHAPES = [((5, 4), 1), ((2, 4, 3, 5), 1), ((2, 3, 5, 4), -1), ((4, 3), 0), ((2, 4, 0), 1)]


def along(bias, shape, axis):
    return bias.reshape([-1 if i == axis % len(shape) else 1 for i in range(len(shape))])


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_both_passes(dtype, shape, axis, slope, inplace):
    layer = BiasLeakyReLU(4, slope, axis, inplace)
    layer.bias[...] = [-1.0, 0.5, 0.0, 2.0]
    x, g = numbers(dtype, shape), np.ones(shape, dtype)
    bias = along(layer.bias, shape, axis)
    sums = _core.bias_leaky_relu(x, bias, 1.0)
    expected = _core.bias_leaky_relu(x, bias, slope)
    y = layer(x)
    assert (y is x) == inplace
    assert_same(y, expected)
    y[...] = 0  # which is not kept
    grad_x = layer.backward(g)
    assert_same(grad_x, leaky_relu_grad(g, sums, slope))
    others = tuple(i for i in range(len(shape)) if i != axis % len(shape))
    wide = np.result_type(dtype, np.float64)
    np.testing.assert_allclose(
        layer.grad, grad_x.astype(wide).sum(others).astype(np.float32), rtol=1e-6, equal_nan=True
    )


@pytest.mark.parametrize("shape", [(), (3,)])
def test_few_dimensions_are_one_channel(shape):
    layer = BiasLeakyReLU(1, 0.5)
    layer.bias[...] = -1
    assert_same(np.asarray(layer(np.zeros(shape))), np.full(shape, -0.5))
    layer.backward(np.ones(shape))
    assert layer.grad.tolist() == [0.5 * max(1, np.prod(shape))]


def test_the_sum_is_rounded_once():
    layer = BiasLeakyReLU(1)
    layer(np.ones((4, 1), np.float32))
    layer.backward(np.array([[2.0**24], [1], [1], [-(2.0**24)]], np.float32))
    assert layer.grad == [2]


def test_gradients_accumulate_and_the_dtype_is_that_of_the_bias(dtype):
    layer = BiasLeakyReLU(2)
    layer.bias = layer.bias.astype(dtype)
    passes = [layer.vjp(np.full((3, 2), value, np.float32)) for value in (1, -1)]
    for _, backward in passes:
        backward(np.ones((3, 2), np.float32))
    assert layer.grad.dtype == dtype
    assert layer.grads()["bias"] is layer.grad
    np.testing.assert_allclose(layer.grad.astype(np.float64), 3.03, rtol=1e-2)


def test_out_in_both_directions():
    layer, x, g = BiasLeakyReLU(4, -1.0), numbers(np.dtype(np.float32), (3, 4)), np.ones((3, 4), np.float32)
    expected, backward = layer.vjp(x)
    expected_grad = backward(g)
    assert layer(x, out=x) is x
    assert_same(x, expected)
    assert layer.backward(g, out=g) is g
    assert_same(g, expected_grad)


def test_repr():
    assert repr(BiasLeakyReLU(3)) == "BiasLeakyReLU(num_features=3, negative_slope=0.01)"
    assert (
        repr(BiasLeakyReLU(3, 0.2, -1, True))
        == "BiasLeakyReLU(num_features=3, negative_slope=0.2, channel_axis=-1, inplace=True)"
    )


def test_state_and_copies():
    layer, file = BiasLeakyReLU(3), io.BytesIO()
    layer.bias += np.arange(3, dtype=np.float32)
    np.savez(file, **layer.state_dict())
    file.seek(0)
    other = BiasLeakyReLU(3)
    other.load_state_dict(np.load(file))
    assert_same(other.bias, layer.bias)
    assert_same(copy.deepcopy(layer).bias, layer.bias)


@pytest.mark.parametrize("shape", [(2, 3), (2, 5, 4), (4,), ()])
def test_another_number_of_channels(shape):
    words = rf"^BiasLeakyReLU: x of shape {re.escape(str(shape))} has \d channels, but num_features is 4$"
    with pytest.raises(ValueError, match=words):
        BiasLeakyReLU(4)(np.zeros(shape))


def test_what_cannot_be():
    with pytest.raises(np.exceptions.AxisError, match="BiasLeakyReLU: channel_axis"):
        BiasLeakyReLU(4, channel_axis=2)(np.zeros((4, 4)))
    for dtype in ("int64", "uint8", "bool"):
        with pytest.raises(TypeError, match=rf"^BiasLeakyReLU\(inplace=True\): x has dtype {dtype}"):
            BiasLeakyReLU(4, inplace=True)(np.zeros((4, 4), dtype))
    with pytest.raises(TypeError, match=r"^BiasLeakyReLU: bias must be an array"):
        BiasLeakyReLU(4).bias = 0.0
    with pytest.raises(ValueError, match="num_features must be at least 1, got 0"):
        BiasLeakyReLU(0)
