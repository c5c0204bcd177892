"""A fork at any moment of another thread's first and later calls: the child computes, on its own threads."""

import os

import pytest
from public_calls import CALLS, SETTINGS, operands

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

ALL = CALLS | SETTINGS
QUICK = ("new", "strided", "where", "gradient", "packed", "prelu", "prelu_grad")
CODE = """
import os, random, signal, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of the Python thread, rightly
lr.set_num_threads(3)
def call():
    return {call}
def works_in_a_child():
    signal.alarm(60)
    for _ in range(2): call()
    lr.leaky_relu(x)
    tasks = "/proc/self/task"
    return not os.path.exists(tasks) or len(os.listdir(tasks)) == 3
def works_beside_a_fork(delay):
    begins = threading.Event()
    def work():
        begins.set()
        for _ in range(3): call()
    thread = threading.Thread(target=work)
    thread.start()
    begins.wait()
    until = time.perf_counter() + delay
    while time.perf_counter() < until: pass
    child = os.fork()
    if child == 0: os._exit(not works_in_a_child())
    thread.join()
    return os.waitpid(child, 0)[1] == 0
choice = random.Random({seed})
for _ in range({count}):
    delay = choice.choice([300e-6, 5e-3]) * choice.random()  # what a first call sets up takes some 200 us
    child = os.fork()  # which has not called anything yet
    if child == 0: os._exit(not works_beside_a_fork(delay))
    assert os.waitpid(child, 0)[1] == 0, delay
"""


def test_fork_inside_a_job(printed):
    """It waits for the job's end, so the child finds the pool idle, and can use it."""
    printed(
        """
        import os, threading, time, warnings, numpy as np, leaky_relu as lr
        warnings.simplefilter("ignore", DeprecationWarning)  # of the Python thread, rightly
        lr.set_num_threads(2)
        x, end, calls = np.ones(1 << 22, np.float32), False, 0
        def work():
            global calls
            while not end:
                lr.leaky_relu(x, out=x)
                calls += 1
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        statuses = []
        for _ in range(5):
            seen = calls
            while calls < seen + 2: time.sleep(1e-3)
            child = os.fork()
            if child == 0:
                lr.leaky_relu(x)
                tasks = "/proc/self/task"
                os._exit(os.path.exists(tasks) and len(os.listdir(tasks)) != 2)
            statuses.append(os.waitpid(child, 0)[1])
        end = True
        thread.join()
        assert statuses == [0] * 5, statuses
        """,
        OPENBLAS_NUM_THREADS="1",
    )


@pytest.mark.parametrize(
    ("call", "count"),
    [(call, 4) for call in QUICK] + [pytest.param(call, 10, marks=pytest.mark.slow) for call in ALL],
)
def test_fork_beside_calls(printed, call, count):
    code = CODE
    for name, value in (("call", ALL[call]), ("count", count), ("seed", len(call))):
        code = code.replace(f"{{{name}}}", str(value))
    printed(operands(1200, 1000) + code, OPENBLAS_NUM_THREADS="1")
