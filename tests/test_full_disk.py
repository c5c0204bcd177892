"""``leaky-relu apply`` where the disk is full: one line that says so, and nothing is left behind."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

UNSHARE = shutil.which("unshare")
SMALL_DISK = 'mount -t tmpfs -o size=64k none disk || exit; "$@"; status=$?; ls -A disk; exit $status'
FULL = "leaky-relu: error: {}: No space left on device\n"


@pytest.fixture(autouse=True)
def x(folder):
    np.save("x.npy", np.ones(20_000))


def command(*arguments, launcher=(), **options):
    line = [*launcher, sys.executable, "-m", "leaky_relu", *arguments]
    return subprocess.run(line, stderr=subprocess.PIPE, text=True, check=False, **options)


def apply(*arguments, **options):
    return command("apply", *arguments, **options)


@pytest.fixture
def on_small_disk():
    """Return what runs a command in namespaces of its own, where `disk` is a file system of 64 KiB."""
    os.mkdir("disk")
    launcher = (UNSHARE, "-rm", "sh", "-c", SMALL_DISK, "sh")
    if not UNSHARE or subprocess.run([*launcher, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs namespaces of Linux")
    return launcher


def test_new_file(on_small_disk):
    done = apply("x.npy", "disk/y.npy", launcher=on_small_disk, stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", FULL.format("disk/y.npy"))


def test_limit_of_file_size():
    """Where there are no namespaces, it stands for a full disk."""
    pytest.importorskip("resource")
    code = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (9999, 9999));"
        "sys.argv[1:] = ['apply', 'x.npy', 'y.npy']; runpy.run_module('leaky_relu', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "leaky-relu: error: y.npy: File too large\n")
    assert os.listdir() == ["x.npy"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has it")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments",
    [
        "info",
        "info --json",
        "bench --seconds=0",
        "bench --seconds=0 --json",
        "apply 10.npy -",
        "apply x.npy -",
    ],
)
def test_standard_output(arguments, unbuffered):
    np.save("10.npy", np.ones(10))  # which a buffer takes
    env = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "wb") as full:
        done = command(*arguments.split(), stdout=full, env=env)
    assert (done.returncode, done.stderr) == (2, FULL.format("standard output"))
