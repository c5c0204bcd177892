"""The gradient is linear in grad_output, so the gradient of the gradient is the gradient again."""

import numpy as np
import pytest
from helpers import F32, assert_same, from_torch, numbers, to_torch
from leaky_relu import leaky_relu_grad


@pytest.mark.parametrize("slope", [0.3, 0.0, -0.5])
def test_from_the_jacobian(slope):
    x, v = numbers(F32, 40), numbers(F32, 40, 1)
    jacobian = leaky_relu_grad(np.eye(40, dtype=F32), x, slope)  # of leaky_relu_grad(g, x, slope) in g
    assert_same(v @ jacobian + np.float32(0), leaky_relu_grad(v, x, slope) + np.float32(0))


def test_same_as_torch():
    torch = pytest.importorskip("torch")
    x, g, v = (numbers(F32, 1000, seed) for seed in range(3))
    leaf, grad_output = to_torch(x.copy()).requires_grad_(), to_torch(g.copy()).requires_grad_()
    y = torch.nn.functional.leaky_relu(leaf, 0.3)
    (grad_x,) = torch.autograd.grad(y, leaf, grad_output, create_graph=True)
    of_grad_output, of_x = torch.autograd.grad(
        grad_x, (grad_output, leaf), to_torch(v.copy()), allow_unused=True
    )
    assert_same(leaky_relu_grad(v, x, 0.3), from_torch(of_grad_output, F32))
    assert of_x is None or not of_x.any()
