"""Outputs that NumPy still lets write, but warns of: results of broadcast_arrays. So does each function."""

import leaky_relu as lr
import numpy as np
import pytest

SHAPE = (3, 40)
ONES = np.ones(SHAPE)
BITS = np.full(15, 255, np.uint8)

CALLS = {
    "leaky_relu": lambda out: lr.leaky_relu(ONES, 0.5, out),
    "leaky_relu of a view": lambda out: lr.leaky_relu(np.ones((6, 40))[::2], 0.5, out),
    "leaky_relu_grad": lambda out: lr.leaky_relu_grad(ONES, ONES, out=out),
    "bias_leaky_relu": lambda out: lr.bias_leaky_relu(ONES, 0 * ONES[0], out=out),
    "affine_leaky_relu": lambda out: lr.affine_leaky_relu(ONES, 1.0, 0 * ONES[0], out=out),
    "leaky_relu_packed": lambda out: lr.leaky_relu_packed(ONES, out=out),
    "leaky_relu_grad_packed": lambda out: lr.leaky_relu_grad_packed(ONES, BITS, out=out),
    "bias_leaky_relu_grad": lambda out: lr.bias_leaky_relu_grad(ONES, ONES, out=out),
    "prelu": lambda out: lr.prelu(ONES, np.ones(40), out=out),
    "LeakyReLU": lambda out: lr.LeakyReLU()(ONES, out=out),
}


def warned_of():
    """Make an array of which every element has memory of its own, as a result of broadcast_arrays."""
    return np.broadcast_arrays(np.zeros(SHAPE), np.zeros((1, *SHAPE)))[0][0]


@pytest.mark.parametrize("call", CALLS)
def test_warns(call):
    with pytest.warns(DeprecationWarning, match="broadcast_arrays"):
        np.copyto(warned_of(), 1)
    out = warned_of()
    with pytest.warns(DeprecationWarning, match="broadcast_arrays"):
        CALLS[call](out)
    assert (out == 1).all()


@pytest.mark.parametrize("call", CALLS)
def test_warning_as_an_error_leaves_the_output(call):
    out = warned_of()
    with pytest.raises(DeprecationWarning):
        CALLS[call](out)
    assert (np.array(out) == 0).all()
