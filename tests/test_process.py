"""Signals, limits and faults of a process that computes on several threads."""

import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and /proc are Linux's")

WORK = """
import os, sys, threading, numpy as np, leaky_relu as lr
lr.set_num_threads(3)
x = np.linspace(-1, 1, 1_500_000, dtype=np.float32)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_signals_end_a_process_that_computes(number):
    code = WORK + "lr.leaky_relu(x); print('ready', flush=True)\nwhile True: lr.leaky_relu(x, 0.1, out=x)"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        try:
            assert process.wait(60) == -number
        finally:
            process.kill()  # or leaving "with" would wait for it for ever


def test_handlers_run_between_calls(printed):
    code = (
        WORK
        + """
import signal
seen = []
signal.signal(signal.SIGTERM, lambda *_: seen.append(1))
for _ in range(20):
    os.kill(os.getpid(), signal.SIGTERM)
    lr.leaky_relu(x, 0.1, out=x)
print(len(seen))
"""
    )
    assert printed(code, OPENBLAS_NUM_THREADS="1") == "20"


def test_memory_that_is_limited(printed):
    """An output that does not fit is a MemoryError, and one that does comes after it."""
    code = (
        WORK
        + """
import resource
expected = lr.leaky_relu(x).tobytes()
with open("/proc/self/statm") as file:
    size = int(file.read().split()[0]) * resource.getpagesize()
hard = resource.getrlimit(resource.RLIMIT_AS)[1]
resource.setrlimit(resource.RLIMIT_AS, (size + (64 << 20), hard))
wide = np.lib.stride_tricks.as_strided(x, (60_000_000,), (0,))
for call in (
    lambda: lr.leaky_relu(wide),
    lambda: lr.leaky_relu(wide[::-1]),
    lambda: lr.leaky_relu_grad(wide, wide),
    lambda: lr.prelu(wide, 0.5),
):
    try: call()
    except MemoryError: pass
    else: raise SystemExit("fits")
    assert lr.leaky_relu(x).tobytes() == expected
"""
    )
    printed(code, OPENBLAS_NUM_THREADS="1")


def test_no_more_processes(run_python):
    """Where no thread can be started the call computes alone. Root may start any number, so is not root."""
    code = (
        WORK
        + """
import resource
expected = lr.leaky_relu(x[:1000], 0.5).tobytes()
if os.getuid() == 0: os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
try:
    threading.Thread(target=int).start()
except RuntimeError:
    print("none")
assert lr.leaky_relu(x, 0.5)[:1000].tobytes() == expected
assert lr.leaky_relu_packed(x, 0.5)[0][:1000].tobytes() == expected
"""
    )
    done = run_python(code, OPENBLAS_NUM_THREADS="1")
    assert (done.returncode, done.stderr) == (0, "")


def test_faulthandler_shows_a_fault_in_a_worker(run_python):
    """The mapping ends before the array: whoever touches what follows, the process says where it was."""
    code = (
        WORK
        + """
import faulthandler, mmap
faulthandler.enable()
file = os.memfd_create("short")
os.ftruncate(file, 8_000_000)
memory = mmap.mmap(file, 8_000_000)
y = np.frombuffer(memory, np.float32)
os.ftruncate(file, 4_000_000)
lr.leaky_relu(y)
"""
    )
    done = run_python(code, OPENBLAS_NUM_THREADS="1")
    assert done.returncode == -signal.SIGBUS
    assert "Fatal Python error: " in done.stderr  # two threads may fault at once, and cut each other short


def test_no_file_is_left_open(printed):
    printed("""
        import os, leaky_relu
        paths = []
        for name in os.listdir("/proc/self/fd"):
            try:
                paths.append(os.readlink(f"/proc/self/fd/{name}"))
            except OSError:  # the folder itself, which was open
                pass
        assert not [path for path in paths if path.startswith(("/sys/", "/proc/"))], paths
    """)
