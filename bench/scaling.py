"""
How small calls scale on free-threaded CPython: `python -m bench.scaling`.

Each thread has arrays of its own. Printed is how many times as many calls per second two threads make as one:
2 is perfect, and about 1 is what the global lock allows. Beside it stands a ufunc of NumPy.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import leaky_relu as lr
import numpy as np

CALLS = 200_000
CASES: dict[str, Callable[[Any, Any], Any]] = {
    "leaky_relu(x)": lambda x, y: lr.leaky_relu(x),
    "leaky_relu(x, out=y)": lambda x, y: lr.leaky_relu(x, out=y),
    "leaky_relu_grad(x, x, 0.2, out=y)": lambda x, y: lr.leaky_relu_grad(x, x, 0.2, out=y),
    "np.maximum(x, x, out=y)": lambda x, y: np.maximum(x, x, out=y),
}


def seconds(call: Callable[[Any, Any], Any], threads: int) -> float:
    """Measure how long so many threads take, each for all calls."""
    barrier = threading.Barrier(threads + 1)

    def work() -> None:
        x, y = np.linspace(-1, 1, 100, dtype=np.float32), np.empty(100, np.float32)
        barrier.wait()
        for _ in range(CALLS):
            call(x, y)
        barrier.wait()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    barrier.wait()
    began = time.perf_counter()
    barrier.wait()
    return time.perf_counter() - began


if __name__ == "__main__":
    print("global lock:", getattr(sys, "_is_gil_enabled", lambda: True)())
    for name, call in CASES.items():
        one, two = (min(seconds(call, threads) for _ in range(3)) for threads in (1, 2))
        print(f"{name:34} {one / CALLS * 1e9:4.0f} ns, two threads make {2 * one / two:.2f} times as many")
