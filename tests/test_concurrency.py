"""Python threads: right results side by side, and the GIL is free during large calls."""

import concurrent.futures
import threading

import leaky_relu as lr
import numpy as np
import pytest
from helpers import another_thread_runs_during, assert_same, flags_of, numbers
from reference import reference

WORKERS = 6


@pytest.mark.parametrize("n", [1, 33, 5000, 100_003])
def test_results_side_by_side(way, target, n):
    x = numbers(np.dtype(np.float32), n)
    slopes = [0.1 * i for i in range(WORKERS * 4)]
    expected = [reference(lr.leaky_relu, x, slope) for slope in slopes]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as executor:
        results = list(executor.map(lambda slope: lr.leaky_relu(x, slope), slopes))
    for result, value in zip(results, expected, strict=True):
        assert_same(result, value)


def test_flags_stay_with_their_thread(way):
    calm, wild = np.ones(50_000, np.float32), np.full(50_000, -3e38, np.float32)

    def flags(i):
        return flags_of(lr.leaky_relu, wild if i % 2 else calm, 10.0)[1]

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as executor:
        assert list(executor.map(flags, range(100))) == [set(), {"overflow"}] * 50


def test_errstate_belongs_to_its_thread(way):
    x = np.full(10, -3e38, np.float32)

    def strict(_):
        with np.errstate(over="raise"), pytest.raises(FloatingPointError):
            lr.leaky_relu(x, 10.0)
        with np.errstate(over="ignore"):
            return bool(np.isinf(lr.leaky_relu(x, 10.0)).all())

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as executor:
        assert all(executor.map(strict, range(50)))


def test_gil_is_free_during_large_calls(way):
    x = np.zeros(1_000_000, np.float32)
    assert another_thread_runs_during(lambda: lr.leaky_relu(x, 0.5, out=x))


def test_targets_change_while_others_compute(target):
    """A call takes one kernel or another, and both give the same bits."""
    x = numbers(np.dtype(np.float16), 3001)
    expected = reference(lr.leaky_relu, x, 0.3)
    stop = threading.Event()

    def change():
        while not stop.is_set():
            for name in lr.simd_targets():
                lr._core._use_target(name)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(200):
            assert_same(lr.leaky_relu(x, 0.3), expected)
    finally:
        stop.set()
        thread.join()


def test_small_stacks(printed):
    """The C library musl gives threads no more."""
    code = """
        import sys, threading
        import numpy as np, leaky_relu as lr
        def work():
            for dtype in (np.float32, np.float64, np.longdouble):
                g = np.ones((96, 1365, 3), dtype)
                lr.prelu_grad(g, g, np.ones(1365, dtype))
                lr.bias_leaky_relu_grad(g, g)
                lr.leaky_relu(g.T, 0.5, out=np.empty(g.T.shape, dtype))
        threading.stack_size(128 * 1024)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        print("fine")
    """
    assert printed(code) == "fine"
