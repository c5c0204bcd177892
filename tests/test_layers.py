"""Layers: what they compute is the functions', what they keep and how they fail is theirs."""

import gc
import weakref

import numpy as np
import pytest
from helpers import assert_same, numbers
from leaky_relu import LeakyReLU
from reference import REFERENCE


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (LeakyReLU(), "LeakyReLU(negative_slope=0.01)"),
        (LeakyReLU(0.2), "LeakyReLU(negative_slope=0.2)"),
        (LeakyReLU(np.float32(0.5)), "LeakyReLU(negative_slope=0.5)"),
        (LeakyReLU(inplace=True), "LeakyReLU(negative_slope=0.01, inplace=True)"),
        (LeakyReLU(-1, True), "LeakyReLU(negative_slope=-1, inplace=True)"),
    ],
)
def test_repr(layer, text):
    assert repr(layer) == text


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("slope", [0.01, -2.0, 0.0])
def test_leaky_relu(target, dtype, slope, inplace):
    layer = LeakyReLU(slope, inplace)
    for step in range(3):
        x, g = numbers(dtype, (4, 5, 3), step), numbers(dtype, (4, 5, 3), step + 10)
        y, dx = REFERENCE["leaky_relu"](x, slope)[0], REFERENCE["leaky_relu_grad"](g, x, slope)[0]
        result = layer(x)
        assert (result is x) == inplace
        assert_same(result, y)
        x[...] = 1  # which is not kept
        before = g.copy()
        assert_same(layer.backward(g), dx)
        assert_same(g, before)


def test_forward_and_call_are_the_same():
    x = numbers(np.dtype(np.float32), 100)
    assert_same(LeakyReLU(0.2).forward(x), LeakyReLU(0.2)(x))


def test_keeps_a_bit_an_element():
    layer, x = LeakyReLU(0.2), numbers(np.dtype(np.float32), 1000)
    there = weakref.ref(x)
    layer(x)
    del x
    gc.collect()
    assert there() is None
    (signs,) = (thing for thing in gc.get_referents(*layer._pass) if isinstance(thing, np.ndarray))
    assert signs.nbytes == 125
    layer.backward(np.ones(1000))
    assert layer._pass is None


def test_the_slope_of_the_forward_pass_counts():
    layer = LeakyReLU(0.25)
    layer([-1.0])
    layer.negative_slope = 3.0
    assert layer.backward([1.0]) == [0.25]


def test_backward_exactly_once_after_forward():
    layer, x = LeakyReLU(), np.ones(3)
    words = r"^LeakyReLU.backward\(\) has no forward pass to go back through: call forward\(x\) first"
    for _ in range(2):
        with pytest.raises(RuntimeError, match=words):
            layer.backward(x)
        layer(x)
        layer(x)  # takes the place of the one before
        layer.backward(x)
    with pytest.raises(RuntimeError, match=words):
        layer.backward(x)


def test_failed_passes():
    layer, x = LeakyReLU(), np.ones((3, 2))
    layer(x)
    words = r"grad_output has shape \(2, 3\), but the output of forward\(\) had \(3, 2\)$"
    with pytest.raises(ValueError, match=words):
        layer.backward(np.ones((2, 3)))
    with pytest.raises(TypeError, match="grad_output has dtype complex"):
        layer.backward(np.ones((3, 2), complex))
    assert_same(layer.backward(x), x)  # the forward pass still counts
    layer(x)
    with pytest.raises(TypeError, match="x has dtype complex"):
        layer(np.ones(3, complex))
    with pytest.raises(RuntimeError):
        layer.backward(x)  # which would have been of another forward pass


def test_in_place_needs_a_writable_array():
    layer = LeakyReLU(inplace=True)
    with pytest.raises(TypeError, match=r"^LeakyReLU\(inplace=True\) works on arrays, got list$"):
        layer([1.0])
    words = r"^LeakyReLU\(inplace=True\): x has dtype int64, which cannot hold the output; .*astype"
    with pytest.raises(TypeError, match=words):
        layer(np.ones(3, np.int64))
    x = np.ones(3)
    x.flags.writeable = False
    with pytest.raises(
        ValueError, match=r"^LeakyReLU\(inplace=True\) cannot write to its input, .* read-only$"
    ):
        layer(x)


def test_in_place_of_any_layout(dtype):
    base, g = numbers(dtype, (6, 5)), numbers(dtype, (6, 5), 1)
    layer = LeakyReLU(-0.5, inplace=True)
    for x in (np.asfortranarray(base), np.repeat(base, 2, axis=1)[:, ::2]):
        assert layer(x) is x
        assert_same(x, REFERENCE["leaky_relu"](base, -0.5)[0])
        assert_same(layer.backward(g), REFERENCE["leaky_relu_grad"](g, base, -0.5)[0])


def test_scalars_and_lists():
    layer = LeakyReLU(0.5)
    assert layer(-2.0) == -1
    assert layer.backward(1.0) == 0.5
    assert layer([[1, -2]]).tolist() == [[1, -1]]
    assert layer.backward([[1, 1]]).tolist() == [[1, 0.5]]
