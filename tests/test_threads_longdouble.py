"""longdouble raises flags of the x87, which no worker could hand over: they reach the caller all the same."""

import leaky_relu as lr
import numpy as np
import pytest
from helpers import raised_flags

N = 600_000  # more than enough to share in any other dtype
HUGE = np.finfo(np.longdouble).max

CALLS = {
    "leaky_relu": lambda g, x: lr.leaky_relu(x, 2),
    "leaky_relu strided": lambda g, x: lr.leaky_relu(x[:, ::-1], 2),
    "leaky_relu_grad": lambda g, x: lr.leaky_relu_grad(g, x, 2),
    "bias_leaky_relu": lambda g, x: lr.bias_leaky_relu(x, x, 0.5),
    "packed": lambda g, x: lr.leaky_relu_packed(x, 2),
    "grad_packed": lambda g, x: lr.leaky_relu_grad_packed(g, np.zeros((x.size + 7) // 8, np.uint8), 2),
    "prelu": lambda g, x: lr.prelu(x, np.full(x.shape[1], 2)),
    "prelu_grad": lambda g, x: lr.prelu_grad(g, x, np.full(x.shape[1], 2)),
    "bias_leaky_relu_grad": lambda g, x: lr.bias_leaky_relu_grad(g, x, 2),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("place", [(0, 0), (-1, -1)], ids=["first", "last"])
def test_flags_of_large_arrays(threads, call, place):
    threads(4)
    x = np.full((100, N // 100), -1, np.longdouble)
    g = x.copy()
    x[place] = g[place] = -HUGE
    for _ in range(3):
        with raised_flags() as flags:
            CALLS[call](g, x)
        assert "overflow" in flags
