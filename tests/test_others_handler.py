"""A handler of memory that somebody else has set (NEP 49) has all outputs, whatever their size."""

import contextvars

import leaky_relu as lr
import memory_handlers
import numpy as np
import pytest
from helpers import MIB
from numpy._core.multiarray import get_handler_name

X = np.zeros(2 * MIB, np.uint8).view(np.float32)
CALLS = {
    "leaky_relu": lambda: lr.leaky_relu(X),
    "strided": lambda: lr.leaky_relu(X[::-1]),
    "leaky_relu_packed": lambda: lr.leaky_relu_packed(X)[0],
    "bias_leaky_relu_grad": lambda: lr.bias_leaky_relu_grad(X, X)[0],
}


@pytest.mark.parametrize("call", CALLS)
def test_it_is_used(call):
    def handler_of_output():
        memory_handlers.install_copy("theirs")
        return get_handler_name(CALLS[call]())

    assert contextvars.copy_context().run(handler_of_output) == "theirs"
    assert get_handler_name(np.empty(1)) == "default_allocator"
