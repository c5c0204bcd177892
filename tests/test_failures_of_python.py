"""Each of Python's allocations fails in turn: MemoryError or the result, and no reference is lost."""

import pytest

pytest.importorskip("_testcapi")


def test_no_reference_is_lost(printed):
    """Less calls with keywords of Python functions: those that CPython 3.11 cannot pass, it loses itself."""
    printed("""
        import gc, sys, numpy as np, leaky_relu as lr, _testcapi
        x = np.linspace(-1, 1, 42, dtype=np.float32).reshape(6, 7)
        w, bits, y, s = np.full(7, 0.25, np.float32), np.zeros(6, np.uint8), np.empty_like(x), np.float64(0.5)
        wide, zero_d = w.astype(np.float64), np.array(-1.5)
        calls = [
            lambda: lr.leaky_relu(1.5, 0.5),
            lambda: lr.leaky_relu(x, 0.5),
            lambda: lr.leaky_relu(x, negative_slope=s, out=y),
            lambda: lr.leaky_relu(x[:, ::-1], 0.5),
            lambda: lr.leaky_relu_grad(x, x),
            lambda: lr.bias_leaky_relu(x, w),
            lambda: lr.leaky_relu_packed(x, s),
            lambda: lr.leaky_relu_packed(x, s, out=y),
            lambda: lr.leaky_relu_grad_packed(x, bits),
            lambda: lr._core._prelu_grad(x, x, w, 1),
            lambda: lr._core._prelu_grad(x, x, wide, 1),  # rounded to float32
            lambda: lr.bias_leaky_relu_grad(x, x),
            lambda: lr.leaky_relu_packed(zero_d, s),  # a scalar of its result as well
            lambda: lr.leaky_relu_grad_packed(zero_d, bits[:1], s),
            lambda: lr.leaky_relu(x, 1, 2, 3, 4),
            lambda: lr.leaky_relu(x, 1, negative_slope=2),
        ]
        watched = [x, w, bits, y, s, wide, zero_d]
        for number, call in enumerate(calls):
            for attempt in range(2):  # the first fills what is kept
                before = list(map(sys.getrefcount, watched))
                for k in range(1, 50):
                    result = None
                    _testcapi.set_nomemory(k, k + 1)
                    try: result = call()
                    except (MemoryError, TypeError): pass
                    finally: _testcapi.remove_mem_hooks()
                result = None
                gc.collect()
            assert list(map(sys.getrefcount, watched)) == before, number
            if number < 14: call()
    """)
