"""Fixtures: targets, fast path or not, dtypes, operations, threads; Python in another process."""

import os
import subprocess
import sys
import textwrap

import leaky_relu
import pytest
from helpers import DTYPES
from leaky_relu import _core
from reference import OPERATIONS

LAUNCH_TIMEOUT = 300  # seconds; emulated machines take their time


@pytest.fixture(params=leaky_relu.simd_targets())
def target(request):
    """Each SIMD target in turn, and proven to be in use."""
    before = leaky_relu.simd_target()
    _core._use_target(request.param)
    assert leaky_relu.simd_target() == request.param
    yield request.param
    _core._use_target(before)


@pytest.fixture(params=["fast", "numpy"])
def way(request):
    """Take the fast path, and NumPy's machinery."""
    before = _core._set_fast_call(request.param == "fast")
    yield request.param
    _core._set_fast_call(before)


@pytest.fixture(params=DTYPES, ids=lambda dtype: dtype.name)
def dtype(request):
    return request.param


@pytest.fixture(params=OPERATIONS)
def operation(request):
    """Each operation in turn, by its name."""
    return request.param


@pytest.fixture
def ufunc(operation):
    return getattr(leaky_relu, operation)


@pytest.fixture
def threads():
    """Return the setter of the number of threads."""
    before = leaky_relu.get_num_threads()
    yield leaky_relu.set_num_threads
    leaky_relu.set_num_threads(before)


@pytest.fixture(params=[1, 3], ids=["one thread", "three threads"])
def thread_count(request, threads):
    """One thread and several in turn."""
    threads(request.param)
    return request.param


@pytest.fixture
def run_python():
    """Return a function that runs code in a new interpreter and gives back the completed process."""

    def run(code, *options, launcher=(), **environment):
        return subprocess.run(
            [*launcher, sys.executable, "-W", "error", *options, "-c", textwrap.dedent(code)],
            env={k: v for k, v in os.environ.items() if not k.startswith("LEAKY_RELU_")} | environment,
            capture_output=True,
            text=True,
            timeout=LAUNCH_TIMEOUT,
            check=False,
        )

    return run


@pytest.fixture
def printed(run_python):
    """Return a function that runs code in a new interpreter, which must succeed, and gives what it prints."""

    def run(code, *options, **environment):
        done = run_python(code, *options, **environment)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout.strip()

    return run
