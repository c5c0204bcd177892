"""Large jobs on several threads: bits, flags, modes, forks, limits."""

import concurrent.futures
import multiprocessing
import os
import platform
import signal
import sys
import threading
import time

import leaky_relu as lr
import numpy as np
import pytest
from public_calls import CALLS, operands

counts_tasks = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
N = 1_500_000  # large enough to wake sleeping workers, with a last piece that is not full


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    return rng.standard_normal(N, dtype=np.float32), rng.standard_normal(N, dtype=np.float32)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("count", [2, 3, 7, 64])
def test_bits_do_not_depend_on_the_thread_count(threads, data, dtype, count):
    if dtype == "bfloat16":
        dtype = pytest.importorskip("ml_dtypes").bfloat16
    x, g = (a.astype(dtype) for a in data)
    results = []
    for n in (1, count):
        threads(n)
        out = g.copy()
        results.append((lr.leaky_relu(x, 0.3), lr.leaky_relu_grad(out, x, 0.3, out=out)))
    for one, several in zip(*results, strict=True):
        assert one.tobytes() == several.tobytes()


@pytest.mark.parametrize("position", [0, N // 2, N - 1])
def test_flags_of_any_piece_reach_the_caller(threads, data, position):
    threads(4)
    x = np.abs(data[0])
    x[position] = -3e38
    for _ in range(5):
        with np.errstate(over="raise"), pytest.raises(FloatingPointError, match=r"overflow .* leaky_relu$"):
            lr.leaky_relu(x, 1e10)
    x[position] = 1
    with np.errstate(all="raise"):
        lr.leaky_relu(x, 1e10)


def test_modes_of_the_caller_hold_in_the_workers(printed):
    pytest.importorskip("torch")  # which can set them
    printed(f"""
        import numpy as np, torch, leaky_relu as lr
        x = np.full({N}, -1e-38, np.float32)
        lr.set_num_threads(4)
        for flush, expected in ((True, {{0.0}}), (False, {{float(np.float32(-1e-38) * np.float32(0.01))}})):
            torch.set_flush_denormal(flush)
            for _ in range(20):
                assert set(np.unique(lr.leaky_relu(x)).tolist()) == expected
    """)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of the modes are x86's")
def test_rounding_mode_of_the_caller_holds_in_the_workers(printed):
    printed(f"""
        import ctypes, numpy as np, leaky_relu as lr
        libm = ctypes.CDLL(None)  # Python itself is linked with it
        x = np.linspace(-1, 0, {N}, dtype=np.float32)
        nearest = lr.leaky_relu(x)
        for mode in (0x400, 0x800):  # downward, upward
            results = []
            for threads in (1, 4, 4, 4):
                lr.set_num_threads(threads)
                libm.fesetround(mode)
                results.append(lr.leaky_relu(x))
                libm.fesetround(0)
            assert len({{result.tobytes() for result in results}}) == 1
            assert results[0].tobytes() != nearest.tobytes()
    """)


def test_many_python_threads_and_a_changing_limit(threads, data):
    x, g = data
    expected = lr.leaky_relu(x, 0.3), lr.leaky_relu_grad(g, x, 0.3)
    stop = threading.Event()

    def change():
        while not stop.is_set():
            for n in (1, 2, 5, 3):
                threads(n)

    def work(_):
        y, dx = lr.leaky_relu(x, 0.3), lr.leaky_relu_grad(g, x, 0.3)
        return np.array_equal(y, expected[0]) and np.array_equal(dx, expected[1])

    changer = threading.Thread(target=change)
    changer.start()
    try:
        with concurrent.futures.ThreadPoolExecutor(6) as executor:
            assert all(executor.map(work, range(60)))
    finally:
        stop.set()
        changer.join()


@counts_tasks
def test_importing_and_small_calls_start_no_thread(printed):
    started = printed("""
        import os, numpy as np
        before = len(os.listdir("/proc/self/task"))  # those of NumPy's BLAS
        import leaky_relu as lr
        lr.set_num_threads(4)
        lr.leaky_relu(np.ones(1000, np.float32))
        small = len(os.listdir("/proc/self/task")) - before
        lr.leaky_relu(np.ones(2_000_000, np.float32))
        print(small, len(os.listdir("/proc/self/task")) - before)
    """)
    assert started == "0 3"


ALONE = {"scalar", "small", "where", "dtype", "integers", "outer"}  # too small, or NumPy's own loops


@counts_tasks
def test_all_large_calls_but_those_by_numpys_machinery_are_shared(printed):
    """A slower way is taken without a wrong bit, so it is looked for in the number of threads."""
    code = f"""
lr.set_num_threads(3)
import os
for name, call in {CALLS}.items():
    child = os.fork()  # has no workers
    if child == 0:
        before = len(os.listdir("/proc/self/task"))
        eval(call)
        os._exit(len(os.listdir("/proc/self/task")) - before)
    print(name, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    lines = printed(operands(2500, 1000) + code, OPENBLAS_NUM_THREADS="1").splitlines()
    assert lines == [f"{name} {0 if name in ALONE else 2}" for name in CALLS]


@counts_tasks
def test_workers_block_all_signals_but_those_of_their_own_faults(printed):
    masks = printed("""
        import os, time, numpy as np
        def blocked(task):
            with open(f"/proc/self/task/{task}/status") as file:
                return next(int(line.split()[1], 16) for line in file if line.startswith("SigBlk"))
        before = set(os.listdir("/proc/self/task"))
        import leaky_relu as lr
        lr.set_num_threads(3)
        lr.leaky_relu(np.ones(2_000_000, np.float32))
        workers = set(os.listdir("/proc/self/task")) - before
        while any(blocked(task) >> 10 & 1 for task in workers): time.sleep(0.01)  # glibc blocks all at first
        print(*map(blocked, workers))
    """).split()
    assert len(masks) == 2
    for name in ("INT", "TERM", "CHLD", "ALRM", "USR1", "PROF"):
        number = signal.Signals[f"SIG{name}"]
        assert all(int(mask) >> (number - 1) & 1 for mask in masks), name
    for name in ("SEGV", "BUS", "FPE", "ILL", "TRAP"):
        number = signal.Signals[f"SIG{name}"]
        assert not any(int(mask) >> (number - 1) & 1 for mask in masks), name


def test_idle_workers_sleep_soon(threads, data):
    """They spin for the next job 0.1 ms long."""
    threads(3)

    def seconds_of_cpus_afterwards():
        lr.leaky_relu(data[0])
        begin = time.process_time()
        time.sleep(0.2)
        return time.process_time() - begin

    assert min(seconds_of_cpus_afterwards() for _ in range(3)) < 0.01


@counts_tasks
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="musl's stacks find room anywhere")
def test_no_room_for_threads(printed):
    printed(f"""
        import os, resource, numpy as np, leaky_relu as lr
        lr.set_num_threads(4)
        x = np.full({N}, -1, np.float32)
        before = len(os.listdir("/proc/self/task"))
        with open("/proc/self/statm") as file:
            size = int(file.read().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (size + (4 << 20), hard))  # less than a stack
        lr.leaky_relu(x, 0.5, out=x)
        assert (x == -0.5).all() and len(os.listdir("/proc/self/task")) == before
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        lr.leaky_relu(x, 0.5, out=x)
        assert (x == -0.25).all() and len(os.listdir("/proc/self/task")) == before + 3
    """)


FORK = """
    import os, threading, numpy as np, leaky_relu as lr
    lr.set_num_threads(4)
    x = np.linspace(-1, 1, 3_000_000, dtype=np.float32)
    expected = lr.leaky_relu(x)
    for _ in range(10):
        child = os.fork()
        if child == 0:
            alone = len(os.listdir("/proc/self/task"))
            same = all(np.array_equal(lr.leaky_relu(x), expected) for _ in range(3))
            os._exit(0 if same and len(os.listdir("/proc/self/task")) == alone + 3 else 1)
        assert np.array_equal(lr.leaky_relu(x), expected)
        assert os.waitpid(child, 0)[1] == 0
"""


@counts_tasks
def test_fork_after_threads_were_used(printed):
    printed(FORK, OPENBLAS_NUM_THREADS="1")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_fork_while_other_threads_compute(printed):
    printed(
        """
        import os, threading, warnings, numpy as np, leaky_relu as lr
        warnings.simplefilter("ignore", DeprecationWarning)  # of the Python threads, rightly
        lr.set_num_threads(4)
        x = np.linspace(-1, 1, 1_000_000, dtype=np.float32)
        expected = lr.leaky_relu(x)
        stop = threading.Event()
        def work():
            while not stop.is_set():
                lr.leaky_relu(x)
        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers: worker.start()
        for _ in range(20):
            child = os.fork()
            if child == 0:
                os._exit(0 if np.array_equal(lr.leaky_relu(x), expected) else 1)
            assert os.waitpid(child, 0)[1] == 0
        stop.set()
        for worker in workers: worker.join()
        """,
        OPENBLAS_NUM_THREADS="1",
    )


def _in_a_child(x):
    return lr.leaky_relu(x)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
# Of multiprocessing's own helper threads.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_multiprocessing_by_fork(threads, data):
    threads(4)
    expected = lr.leaky_relu(data[0])
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for result in pool.map(_in_a_child, [data[0]] * 4):
            assert np.array_equal(result, expected)


def test_process_ends_with_idle_workers_and_daemon_threads_computing(printed):
    printed("""
        import threading, numpy as np, leaky_relu as lr
        lr.set_num_threads(4)
        x = np.ones(2_000_000, np.float32)
        def work():
            while True:
                lr.leaky_relu(x)
        threading.Thread(target=work, daemon=True).start()
        for _ in range(10): lr.leaky_relu(x)
    """)
