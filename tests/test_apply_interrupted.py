"""What is left of ``leaky-relu apply`` where a signal ends it."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers import linux_only, posix_only, saved

pytestmark = pytest.mark.usefixtures("folder")


def started(code, **options):
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, **options)


@posix_only
def test_interrupted_in_place_it_tells_how_far_it_came():
    np.save("x.npy", np.ones(100, np.float32))
    code = """
import signal, sys
from leaky_relu import __main__, _apply
_apply._PIECE, calls, leaky_relu = 64, [], _apply.leaky_relu
def interrupted(*args, **options):
    calls.append(args)
    if len(calls) == 5:
        signal.raise_signal(signal.SIGTERM)
    return leaky_relu(*args, **options)
_apply.leaky_relu = interrupted  # a call for the dtype, then one for each 16 elements
sys.argv[1:] = ["apply", "x.npy", "--in-place"]
sys.exit(__main__.main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGTERM
    assert done.stderr == "leaky-relu: warning: x.npy: about 48 of 100 elements are written over\n"


@posix_only
@pytest.mark.parametrize("kind", ["nameless", "hidden"])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])  # by name: Windows lacks one
def test_signal_leaves_nothing_behind_and_is_seen(name, kind):
    number = signal.Signals[name]
    code = (
        "import sys; from leaky_relu import _atomic_file, __main__;"
        f"_atomic_file._HAS_NAMELESS_FILES = {kind == 'nameless'};"
        "sys.argv[1:] = ['apply', '-', 'y.npy']; sys.exit(__main__.main())"
    )
    with started(code, stderr=subprocess.PIPE) as process:
        process.stdin.write(saved(np.ones(1_000_000))[:-8])  # it goes on to wait for the last element
        process.stdin.flush()
        time.sleep(0.2)
        process.send_signal(number)
        assert process.wait(20) == -number
        assert (process.stderr.read(), os.listdir()) == (b"", [])


@posix_only
def test_cleaning_up_is_not_interrupted():
    np.save("x.npy", np.ones(100, np.float32))
    code = """
import os, signal, sys
from leaky_relu import __main__, _apply, _atomic_file
_atomic_file._HAS_NAMELESS_FILES = False
leaky_relu, unlink = _apply.leaky_relu, os.unlink
def ended(*args, **options):
    if "out" in options:
        signal.raise_signal(signal.SIGTERM)
    return leaky_relu(*args, **options)
def interrupted(path):
    signal.raise_signal(signal.SIGINT)
    unlink(path)
_apply.leaky_relu, os.unlink = ended, interrupted
sys.argv[1:] = ["apply", "x.npy", "y.npy"]
sys.exit(__main__.main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGTERM, "")
    assert os.listdir() == ["x.npy"]


@posix_only
def test_signal_that_is_ignored():
    code = (
        "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"  # as nohup
        "from leaky_relu import __main__;"
        "sys.argv[1:] = ['apply', '-', 'y.npy']; sys.exit(__main__.main())"
    )
    x = saved(np.full(1_000_000, -1.0))
    with started(code) as process:
        process.stdin.write(x[:-8])
        process.stdin.flush()
        process.send_signal(signal.SIGHUP)
        process.stdin.write(x[-8:])
        process.stdin.close()
        assert process.wait(60) == 0
    np.testing.assert_array_equal(np.load("y.npy"), np.full(1_000_000, -0.01))


@linux_only
def test_killed_process_leaves_nothing_behind(folder):
    code = "import sys; from leaky_relu._apply import apply; apply('-', 'y.npy')"
    with started(code) as process:
        process.stdin.write(saved(np.ones(1_000_000))[:-8])
        process.stdin.flush()
        opened = f"/proc/{process.pid}/fd"
        while not any(str(folder) in os.readlink(f"{opened}/{number}") for number in os.listdir(opened)):
            time.sleep(0.01)
        process.kill()
        process.wait(60)
        assert os.listdir() == []
