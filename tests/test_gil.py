"""The GIL is free during large calls of every function."""

import leaky_relu as lr
import numpy as np
import pytest
from helpers import another_thread_runs_during

X = np.zeros((1000, 300), np.float32)
OUT = np.zeros_like(X)
W = np.full(300, 0.1, np.float32)
BITS = np.zeros(X.size // 8, np.uint8)

CALLS = {
    "leaky_relu": lambda: lr.leaky_relu(X, 0.5, out=OUT),
    "new": lambda: lr.leaky_relu(X),
    "strided": lambda: lr.leaky_relu(X[:, ::-1], 0.5, out=OUT),
    "leaky_relu_grad": lambda: lr.leaky_relu_grad(X, X, 0.5, out=OUT),
    "bias_leaky_relu": lambda: lr.bias_leaky_relu(X, W, out=OUT),
    "affine_leaky_relu": lambda: lr.affine_leaky_relu(X, W, W, out=OUT),
    "leaky_relu_packed": lambda: lr.leaky_relu_packed(X, out=OUT),
    "leaky_relu_grad_packed": lambda: lr.leaky_relu_grad_packed(X, BITS, out=OUT),
    "prelu": lambda: lr.prelu(X, W, out=OUT),
    "prelu_grad": lambda: lr.prelu_grad(X, X, W),
    "bias_leaky_relu_grad": lambda: lr.bias_leaky_relu_grad(X, X, out=OUT),
}


@pytest.mark.parametrize("call", CALLS)
def test_another_thread_runs_meanwhile(call):
    assert another_thread_runs_during(CALLS[call])
