"""Fixtures: targets, fast path or not, dtypes, operations, threads; Python in another process."""

import os
import signal
import subprocess
import sys
import textwrap

import leaky_relu
import memory_handlers
import pytest
from helpers import DTYPES
from leaky_relu import _atomic_file, _core
from leaky_relu.__main__ import main
from reference import OPERATIONS

try:
    from hypothesis import settings
except ImportError:
    pass
else:  # pytest --hypothesis-profile=long tests/test_layouts.py
    settings.register_profile("quick", derandomize=True, max_examples=50, deadline=None, database=None)
    settings.register_profile("long", max_examples=5000, deadline=None, database=None)
    settings.load_profile("quick")

LAUNCH_TIMEOUT = 300  # seconds; emulated machines take their time


def pytest_addoption(parser):
    parser.addoption(
        "--guard-pages",
        choices=["begin", "end"],
        help="every array of the main thread begins or ends at a page that faults",
    )


def pytest_configure(config):
    # What nohup, or a shell's "&", lets this process ignore, the processes of tests must not inherit.
    for number in (getattr(signal, name, None) for name in ("SIGINT", "SIGHUP")):
        if number and signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    if edge := config.getoption("--guard-pages"):
        memory_handlers.install("guarded").guard_begin(edge == "begin")


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


@pytest.fixture
def command_line(monkeypatch, capsys):
    """Return a function that runs the command line in this process: exit status, output and errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["leaky-relu", *map(str, arguments)])
        try:
            status = main()
        except SystemExit as end:  # argparse's
            status = end.code
        return (status, *capsys.readouterr())

    return run


@pytest.fixture
def refused(command_line):
    """Return a function that runs what the command line must refuse, and gives its one line."""

    def run(*arguments):
        status, out, err = command_line(*arguments)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert err.startswith("leaky-relu: error: ")
        return err

    return run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a new, empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=["nameless", "hidden"])
def unfinished(request, monkeypatch):
    """Both kinds of unfinished files: those without a name (Linux) and hidden ones (anywhere)."""
    if request.param == "hidden":
        monkeypatch.setattr(_atomic_file, "_HAS_NAMELESS_FILES", False)
