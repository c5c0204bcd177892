"""The same bits as PyTorch's on the CPU."""

import numpy as np
import pytest
from helpers import SIXTEEN_BIT, UP_TO_DOUBLE, assert_same, from_torch, patterns, to_torch
from leaky_relu import leaky_relu, leaky_relu_grad, leaky_relu_grad_packed, leaky_relu_packed

torch = pytest.importorskip("torch")

SLOPES = [0.01, 0.0, 0.3, -0.5, 1.5, 1e-3]


def data(dtype):
    if dtype in SIXTEEN_BIT:
        return np.arange(1 << 16, dtype=np.uint16).view(dtype)
    return patterns(dtype, 20011)


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("dtype", UP_TO_DOUBLE, ids=lambda dtype: dtype.name)
@np.errstate(all="ignore")
def test_forward(target, dtype, slope):
    x = data(dtype)
    theirs = torch.nn.functional.leaky_relu(to_torch(x.copy()), slope)
    assert_same(leaky_relu(x, slope), from_torch(theirs, dtype))


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("dtype", UP_TO_DOUBLE, ids=lambda dtype: dtype.name)
@np.errstate(all="ignore")
def test_gradient(target, dtype, slope):
    x = data(dtype)
    g = np.random.default_rng(1).permutation(x)
    theirs = torch.ops.aten.leaky_relu_backward(to_torch(g.copy()), to_torch(x.copy()), slope, False)
    assert_same(leaky_relu_grad(g, x, slope), from_torch(theirs, dtype))


@pytest.mark.parametrize("slope", [0.01, 0.0, -0.5, 1.5])
@pytest.mark.parametrize("dtype", UP_TO_DOUBLE, ids=lambda dtype: dtype.name)
@np.errstate(all="ignore")
def test_packed_against_autograd(target, dtype, slope):
    x = data(dtype)
    g = np.random.default_rng(1).permutation(x)
    leaf = to_torch(x.copy()).requires_grad_()
    theirs = torch.nn.functional.leaky_relu(leaf, slope)
    theirs.backward(to_torch(g.copy()))
    ours, positive = leaky_relu_packed(x, slope)
    assert_same(ours, from_torch(theirs.detach(), dtype))
    assert_same(leaky_relu_grad_packed(g, positive, slope), from_torch(leaf.grad, dtype))


def test_slope_zero_at_negative_zero_and_infinity(target):
    x = np.array([-np.inf, -1, -0.0, 0.0, np.inf], np.float32)
    with np.errstate(invalid="ignore"):
        assert_same(leaky_relu(x, 0), torch.nn.functional.leaky_relu(torch.from_numpy(x.copy()), 0.0).numpy())
