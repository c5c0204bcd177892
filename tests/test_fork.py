"""A fork at any moment of another thread's first calls: the child computes, and on threads of its own."""

import os

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

CALLS = {
    "new": "lr.leaky_relu(x)",
    "strided": "lr.leaky_relu(x[:, ::2])",
    "where": "lr.leaky_relu(x, where=x > 0, out=x.copy())",
    "gradient": "lr.leaky_relu_grad(x, x)",
    "packed": "lr.leaky_relu_packed(x)",
    "prelu": "lr.prelu(x, w)",
    "prelu_grad": "lr.prelu_grad(x, x, w)",
}


@pytest.mark.parametrize("delay", [0, 100e-6, 300e-6])  # seconds; what a first call sets up takes some 200 us
@pytest.mark.parametrize("call", CALLS)
def test_fork_beside_a_first_call(printed, call, delay):
    printed(
        f"""
        import os, signal, threading, time, warnings, numpy as np, leaky_relu as lr
        warnings.simplefilter("ignore", DeprecationWarning)  # of the Python thread, rightly
        lr.set_num_threads(3)
        x, w = np.linspace(-1, 1, 1_200_000, dtype=np.float32).reshape(1200, 1000), np.ones(1000, np.float32)
        begins = threading.Event()
        def work():
            begins.set()
            for _ in range(3): {CALLS[call]}
        thread = threading.Thread(target=work)
        thread.start()
        begins.wait()
        until = time.perf_counter() + {delay}
        while time.perf_counter() < until: pass
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            for _ in range(3): {CALLS[call]}
            lr.leaky_relu(x)
            tasks = "/proc/self/task"
            os._exit(os.path.exists(tasks) and len(os.listdir(tasks)) != 3)
        thread.join()
        assert os.waitpid(child, 0)[1] == 0
        """,
        OPENBLAS_NUM_THREADS="1",
    )
