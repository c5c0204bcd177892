"""The layers with learned and with random slopes."""

import numpy as np
import pytest
from helpers import UP_TO_DOUBLE, assert_same, from_torch, to_torch
from leaky_relu import PReLU, RReLU, leaky_relu, leaky_relu_grad, prelu, prelu_grad

X, G = np.random.default_rng(0).standard_normal((2, 2, 4, 3, 5)).astype(np.float32)

LAYERS = {"PReLU": lambda: PReLU(4), "RReLU": lambda: RReLU(rng=0)}


@pytest.fixture(params=LAYERS)
def layer(request):
    return LAYERS[request.param]()


def test_repr():
    assert repr(PReLU()) == "PReLU(num_parameters=1)"
    assert repr(PReLU(3, 0.1, -1)) == "PReLU(num_parameters=3, channel_axis=-1)"
    assert repr(RReLU()) == "RReLU(lower=0.125, upper=0.3333333333333333)"


@pytest.mark.parametrize("call", ["PReLU()", "PReLU(7)", "RReLU()", "RReLU(0.1, 0.3)"])
def test_repr_is_torchs(call):
    torch = pytest.importorskip("torch")
    names = {"PReLU": torch.nn.PReLU, "RReLU": torch.nn.RReLU}
    assert repr(eval(call, names)) == repr(eval(call, {"PReLU": PReLU, "RReLU": RReLU}))


def test_prelu():
    layer = PReLU(4, 0.1)
    assert_same(layer.weight, np.full(4, 0.1, np.float32))
    assert layer.grad is None
    assert_same(layer(X), prelu(X, layer.weight))
    grad_x, grad = prelu_grad(G, X, layer.weight)
    assert_same(layer.backward(G), grad_x)
    assert_same(layer.grad, grad)


def test_gradients_accumulate_until_none():
    layer = PReLU(4)
    layer.grad = None  # as it is
    for passes in (1, 2):
        layer.forward(X)
        layer.backward(G)
        assert_same(layer.grad, passes * prelu_grad(G, X, layer.weight)[1])
    layer.grad = None
    layer.forward(X)
    layer.backward(G)
    assert_same(layer.grad, prelu_grad(G, X, layer.weight)[1])


def test_a_step_between_forward_and_backward_does_not_matter():
    layer, weight = PReLU(4), np.full(4, 0.25, np.float32)
    layer(X)
    layer.weight -= 1
    assert_same(layer.backward(G), prelu_grad(G, X, weight)[0])


def test_weight_of_another_dtype(dtype):
    layer = PReLU(4)
    layer.weight = layer.weight.astype(dtype)
    layer(X)
    layer.backward(G)
    assert layer.grad.dtype == dtype


@pytest.mark.parametrize("number", [1, 4])
def test_gradients_are_added_in_place(number):
    layer, buffer = PReLU(number), np.ones(number + 2)
    part = buffer[1:-1]  # such as the part of a flat buffer that belongs to this layer
    layer.grad = part
    layer(X)
    layer.backward(G)
    assert layer.grad is part
    grad = prelu_grad(G, X, layer.weight)[1].astype(np.float64)
    assert_same(part, 1 + grad)
    layer.zero_grad()
    assert_same(buffer, np.array([1.0, *[0] * number, 1]))
    layer(X)
    layer.backward(G)
    assert layer.grad is part
    assert_same(part, grad)


def test_rrelu_in_training():
    layer, same = RReLU(0.1, 0.4, rng=5), RReLU(0.1, 0.4, rng=np.random.default_rng(5))
    assert layer.training
    y = layer(X)
    assert_same(same(X), y)
    slope = y[X < 0] / X[X < 0]
    assert np.all((slope > 0.0999) & (slope < 0.4001))
    assert np.ptp(slope) > 0.2
    assert_same(y[X >= 0], X[X >= 0])
    grad_x = layer.backward(np.ones_like(X))
    np.testing.assert_allclose(grad_x[X < 0], slope, rtol=1e-6)
    assert not np.array_equal(layer(X), y)


def test_rrelu_in_evaluation():
    layer = RReLU(0.1, 0.4, rng=5)
    assert layer.eval() is layer
    assert not layer.training
    assert_same(layer(X), leaky_relu(X, 0.25))
    y, backward = layer.vjp(X)
    assert_same(y, leaky_relu(X, 0.25))
    assert_same(backward(G), leaky_relu_grad(G, X, 0.25))
    assert layer.train().training
    assert not layer.train(False).training


def test_backward_needs_a_forward_of_its_own(layer):
    with pytest.raises(RuntimeError, match=r"call forward\(x\) first"):
        layer.backward(G)
    layer(X)
    layer.backward(G)
    with pytest.raises(RuntimeError, match=r"call forward\(x\) first"):
        layer.backward(G)


def test_wrong_shapes(layer):
    layer(X)
    with pytest.raises(ValueError, match=r"grad_output has shape \(2, 4\).*\(2, 4, 3, 5\)"):
        layer.backward(G[:, :, 0, 0])


def test_wrong_arguments():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        PReLU(0)
    with pytest.raises(ValueError, match=r"got 0.5 and 0.1"):
        RReLU(0.5, 0.1)
    with pytest.raises(ValueError, match=r"weight has 3 elements.*4 channels"):
        PReLU(3)(X)


@pytest.mark.parametrize("dtype", UP_TO_DOUBLE, ids=lambda dtype: dtype.name)
def test_prelu_learns_as_torchs(dtype):
    torch = pytest.importorskip("torch")

    theirs, ours = torch.nn.PReLU(4, 0.25, dtype=to_torch(np.zeros(1, dtype)).dtype), PReLU(4)
    ours.weight = ours.weight.astype(dtype)
    x = X.astype(dtype)
    leaf = to_torch(x.copy()).requires_grad_()
    theirs(leaf).backward(to_torch(G.astype(dtype)))
    ours(x)
    assert_same(ours.backward(G.astype(dtype)), from_torch(leaf.grad, dtype))
    rtol = {2: 2e-2, 4: 1e-5, 8: 1e-12}[dtype.itemsize]
    actual, expected = (a.astype(np.float64) for a in (ours.grad, from_torch(theirs.weight.grad, dtype)))
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=rtol)
