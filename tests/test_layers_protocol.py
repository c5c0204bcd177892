"""What every layer can do: passes that wait, modes, outputs, parameters; a layer of one's own."""

import gc
import weakref

import numpy as np
import pytest
from example_layers import MAKE, G, X, every_layer
from helpers import assert_same
from leaky_relu import LeakyReLU, PReLU, RReLU
from leaky_relu.layers import Layer


@every_layer
def test_passes_that_wait_have_their_own_context(make):
    layer, xs = make(), [X, -X, X[:2]]
    passes = [layer.vjp(x) for x in xs]
    same = make()
    for x, (y, backward) in zip(xs, passes, strict=True):
        assert_same(y, same(x))
        assert_same(backward(G[: len(x)]), same.backward(G[: len(x)]))
    for name, grad in same.grads().items():
        assert_same(layer.grads()[name], grad)


@every_layer
def test_vjp_leaves_the_pass_of_forward_alone(make):
    layer, same = make(), make()
    layer(X)
    same(X)
    _, backward = layer.vjp(-X)
    backward(G)
    assert_same(layer.backward(G), same.backward(G))


OTHER_SETTINGS = {
    "LeakyReLU": {"negative_slope": 3.0},
    "PReLU": {"channel_axis": 0},
    "RReLU": {"upper": 3.0, "lower": 2.0},
    "BiasLeakyReLU": {"negative_slope": 3.0, "channel_axis": 0},
}


@pytest.mark.parametrize("name", MAKE)
def test_the_settings_of_the_forward_pass_count(name):
    layer, same = MAKE[name](), MAKE[name]()
    layer(X)
    same(X)
    for setting, value in OTHER_SETTINGS[name].items():
        setattr(layer, setting, value)
    assert_same(layer.backward(G), same.backward(G))
    for key, grad in same.grads().items():
        assert_same(layer.grads()[key], grad)


@every_layer
def test_a_way_back_may_be_taken_again_and_frees_what_it_kept(make):
    layer, x = make(), X.copy()
    _, backward = layer.vjp(x)
    first = backward(G)
    assert_same(backward(G), first)
    there = weakref.ref(x)
    del x, backward
    gc.collect()
    assert there() is None


@every_layer
def test_evaluation_keeps_nothing(make):
    layer = make().eval()
    assert not layer.training
    x = X.copy()
    there = weakref.ref(x)
    layer(x)
    del x
    gc.collect()
    assert there() is None
    with pytest.raises(
        RuntimeError, match=r"in evaluation forward\(\) keeps nothing; call train\(\) before it"
    ):
        layer.backward(G)
    layer.train()(X)
    layer.backward(G)


@every_layer
def test_evaluation_forgets_the_pass_before_it(make):
    layer = make()
    layer(X)
    layer.eval()(X)
    with pytest.raises(RuntimeError):
        layer.train().backward(G)


@every_layer
@pytest.mark.parametrize("training", [True, False])
def test_out(make, training):
    layer, same = make().train(training), make().train(training)
    y, expected = np.empty_like(X), same(X)
    assert layer(X, out=y) is y
    assert_same(y, expected)
    result, backward = layer.vjp(X, out=y)
    expected, same_backward = same.vjp(X)
    assert result is y
    assert_same(y, expected)
    g = G.copy()
    assert backward(g, out=g) is g
    assert_same(g, same_backward(G))


@every_layer
def test_out_of_swapped_bytes(make):
    layer, same = make(), make()
    swapped = X.dtype.newbyteorder()
    y, grad_x = np.empty(X.shape, swapped), np.empty(X.shape, swapped)
    assert layer(X, out=y) is y
    assert layer.backward(G, out=grad_x) is grad_x
    assert_same(y.astype(X.dtype), same(X))
    assert_same(grad_x.astype(X.dtype), same.backward(G))


@pytest.mark.parametrize("name", ["PReLU", "RReLU"])
def test_out_over_an_input_that_is_needed(name):
    layer, x = MAKE[name](), X.copy()
    with pytest.raises(ValueError, match=f"^{name}: out shares memory with x, which the backward pass needs"):
        layer(x, out=x)
    with pytest.raises(ValueError, match="out shares memory with x"):
        layer(x[:1], out=x[:1, :, ::-1])
    assert_same(x, X)
    expected = layer.eval()(X)
    assert layer(x, out=x) is x
    assert_same(x, expected)


def test_out_comes_before_in_place():
    x, y = X.copy(), np.empty_like(X)
    assert LeakyReLU(inplace=True)(x, out=y) is y
    assert_same(x, X)
    assert LeakyReLU()(x, out=x) is x


@every_layer
@pytest.mark.parametrize(
    "out",
    [np.empty((4, 5), np.float32), np.empty(X.shape, np.int32), [0.0]],
    ids=["shape", "dtype", "list"],
)
def test_out_that_cannot_be(make, out):
    layer = make()
    layer(X)
    with pytest.raises((TypeError, ValueError), match=r"out|return arrays"):
        layer.backward(G, out=out)
    assert layer.grads() == {}
    layer.backward(G)  # the forward pass still counts


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_out_of_another_dtype(dtype):
    out, layer = np.empty(X.shape, dtype), PReLU(4)
    with pytest.raises(ValueError, match=r"^RReLU.forward\(\): out must have dtype float32"):
        RReLU(rng=0)(X, out=out)
    layer(X)
    with pytest.raises(ValueError, match=r"^PReLU.backward\(\): out must have dtype float32"):
        layer.backward(G, out=out)
    assert layer.grad is None


@every_layer
def test_masked_arrays_are_refused(make):
    layer = make()
    with pytest.raises(TypeError, match=r"x is a masked array, .* pass x.filled\(0\) or x.data$"):
        layer(np.ma.masked_less(X, 0))
    layer(X)
    with pytest.raises(TypeError, match="grad_output is a masked array"):
        layer.backward(np.ma.masked_less(G, 0))
    layer.backward(G)


def test_parameters_and_gradients():
    layer = PReLU(4)
    assert layer.parameters().keys() == {"weight"}
    assert layer.parameters()["weight"] is layer.weight
    assert layer.grads() == {}
    layer.zero_grad()
    assert layer.grad is None
    layer(X)
    layer.backward(G)
    assert layer.grads()["weight"] is layer.grad
    layer.grads().clear()  # a dict of the caller's own
    assert layer.grad is not None
    for layer in (LeakyReLU(), RReLU()):
        assert layer.parameters() == layer.grads() == {}


def test_a_layer_of_ones_own():
    class Scale(Layer):
        _learned = ("factor",)

        def __init__(self):
            super().__init__()
            self.factor = np.full(1, 2.0)

        def _forward(self, x, out):
            return np.multiply(x, self.factor, out=out), x

        def _backward(self, grad_output, kept, out):
            self._add_gradient("factor", np.sum(grad_output * kept, keepdims=True).reshape(1))
            return np.multiply(grad_output, self.factor, out=out)

    layer = Scale()
    assert repr(layer) == "Scale()"
    assert layer([1.0, 2.0]).tolist() == [2, 4]
    assert layer.backward([1.0, 1.0]).tolist() == [2, 2]
    assert layer.grads()["factor"].tolist() == [3]
    other = Scale()
    other.factor[...] = 5
    other.load_state_dict(layer.state_dict())
    assert other.factor.tolist() == [2]
