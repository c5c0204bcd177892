"""Whose memory outputs take: a handler that somebody else has set (NEP 49) has all of them, of any size."""

import contextvars
import sys

import leaky_relu as lr
import memory_handlers
import numpy as np
import pytest
from helpers import MIB
from leaky_relu import _core
from numpy._core.multiarray import get_handler_name

X = np.zeros(2 * MIB, np.uint8).view(np.float32)
ROWS, SIGNS = X.reshape(-1, 64), np.zeros(X.size // 8, np.uint8)
CALLS = {
    "leaky_relu": lambda: lr.leaky_relu(X),
    "strided": lambda: lr.leaky_relu(X[::-1]),
    "leaky_relu_packed": lambda: lr.leaky_relu_packed(X)[0],
    "leaky_relu_grad_packed": lambda: lr.leaky_relu_grad_packed(X, SIGNS),
    "prelu_grad": lambda: lr.prelu_grad(ROWS, ROWS, 0.5)[0],
    "bias_leaky_relu_grad": lambda: lr.bias_leaky_relu_grad(X, X)[0],
    "just 1 MiB": lambda: lr.leaky_relu(X[: MIB // 4]),
}


@pytest.fixture(params=CALLS)
def call(request):
    """Each call in turn; only the fast path recycles, and within the budget."""
    fast, budget = _core._set_fast_call(True), lr.cache_info().budget
    _core._set_cache_budget(64 * MIB)
    yield CALLS[request.param]
    _core._set_cache_budget(budget)
    _core._set_fast_call(fast)


def test_it_is_used(call):
    def handler_of_output():
        memory_handlers.install_copy("theirs")
        return get_handler_name(call())

    before = get_handler_name()
    assert contextvars.copy_context().run(handler_of_output) == "theirs"
    assert get_handler_name(np.empty(1)) == before


@pytest.mark.skipif(sys.platform != "linux", reason="other systems use NumPy's allocator")
@pytest.mark.skipif(get_handler_name() != "default_allocator", reason="another allocator is to be used")
def test_ours_is_used_where_there_is_none(call):
    assert get_handler_name(call()) == "leaky_relu"
    assert get_handler_name(lr.leaky_relu(X[: MIB // 4 - 1])) == "default_allocator"


def test_its_references(call):
    def gained():
        memory_handlers.install_copy("theirs")
        (handler,) = [value for value in contextvars.copy_context().values() if "mem_handler" in repr(value)]
        before = sys.getrefcount(handler)
        for _ in range(10):
            call()
        return sys.getrefcount(handler) - before

    assert contextvars.copy_context().run(gained) == 0
