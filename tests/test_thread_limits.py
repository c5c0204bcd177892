"""How many threads there may be: the environment, the CPUs of the process, threadpoolctl."""

import ctypes
import os
import zipfile
from types import SimpleNamespace

import leaky_relu as lr
import numpy as np
import pytest
from leaky_relu import _core, _threadpoolctl


@pytest.mark.parametrize("n", [0, -1])
def test_thread_count_below_one(n):
    with pytest.raises(ValueError, match=f"at least 1, got {n}"):
        lr.set_num_threads(n)


@pytest.mark.parametrize("n", [1.5, 2.0, "2", None, 1j])
def test_thread_count_that_is_no_whole_number_is_refused(n):
    with pytest.raises(TypeError, match=f"^the number of threads must be a whole number, got {n!r}$"):
        lr.set_num_threads(n)


def test_thread_count_may_be_numpys():
    before = lr.get_num_threads()
    lr.set_num_threads(np.int8(3))
    assert lr.get_num_threads() == 3
    lr.set_num_threads(before)


@pytest.mark.parametrize(
    ("environment", "count"),
    [
        ({"LEAKY_RELU_NUM_THREADS": "3", "OMP_NUM_THREADS": "5"}, 3),
        ({"LEAKY_RELU_NUM_THREADS": "", "OMP_NUM_THREADS": "5,2"}, 5),
        ({"OMP_NUM_THREADS": "nonsense"}, None),
        ({"LEAKY_RELU_NUM_THREADS": "1000"}, 64),
        ({"OMP_NUM_THREADS": "9" * 20}, 64),
        ({"OMP_NUM_THREADS": "9" * 5000}, None),
        ({"OMP_NUM_THREADS": "0"}, None),
        ({"OMP_NUM_THREADS": "-2"}, None),
    ],
)
def test_default_thread_count(printed, environment, count):
    settings = {"LEAKY_RELU_NUM_THREADS": "", "OMP_NUM_THREADS": "", **environment}
    printed = int(printed("import leaky_relu; print(leaky_relu.get_num_threads())", **settings))
    if count is None:
        affinity = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count())
        assert 1 <= printed <= len(affinity)
    else:
        assert printed == count


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_default_thread_count_follows_affinity(printed):
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
    code += "import leaky_relu; print(leaky_relu.get_num_threads())"
    assert printed(code, LEAKY_RELU_NUM_THREADS="", OMP_NUM_THREADS="") == "1"


@pytest.mark.parametrize("text", ["0", "two", "-1"])
def test_bad_thread_count_in_the_environment(printed, text):
    printed(
        f"""
        try:
            import leaky_relu
        except ImportError as error:
            assert "LEAKY_RELU_NUM_THREADS must be a whole number of at least 1, got '{text}'" in str(error)
        else:
            raise SystemExit("imported")
        """,
        LEAKY_RELU_NUM_THREADS=text,
    )


def test_loader_that_modules_share_is_left_alone(printed, tmp_path):
    with zipfile.ZipFile(tmp_path / "modules.zip", "w") as archive:
        archive.writestr("threadpoolctl.py", "class LibController: pass\ndef register(controller): print(1)")
        archive.writestr("another.py", "")
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'modules.zip')!r})\n"
    assert printed(code + "import leaky_relu, threadpoolctl, another") == "1"


def test_exported_functions(threads):
    """Which threadpoolctl, and anybody else, finds in the extension by their names."""
    threads(5)
    extension = ctypes.CDLL(_core.__file__)
    assert extension.leaky_relu_get_num_threads() == 5
    for count, kept in ((3, 3), (1, 1), (0, 1), (-1, 1), (2**31 - 1, 64)):
        extension.leaky_relu_set_num_threads(count)
        assert lr.get_num_threads() == extension.leaky_relu_get_num_threads() == kept


def test_what_threadpoolctl_is_given(threads):
    """Also where it is not installed."""
    controllers = []
    _threadpoolctl.register(SimpleNamespace(LibController=object, register=controllers.append))
    controller = controllers[0]()
    controller.dynlib = ctypes.CDLL(_core.__file__)
    threads(5)
    assert controller.get_num_threads() == 5
    controller.set_num_threads(3)
    assert lr.get_num_threads() == 3
    assert controller.get_version() == lr.__version__
    assert os.path.basename(_core.__file__).startswith(controller.filename_prefixes)
    assert controller.check_symbols  # for other packages have a file of that name too
    for symbol in controller.check_symbols:
        assert hasattr(controller.dynlib, symbol)
    controller.dynlib = SimpleNamespace()  # in which the function is not
    assert controller.get_num_threads() is None


@pytest.mark.parametrize("first", ["leaky_relu", "threadpoolctl"])
def test_threadpoolctl_sees_and_limits(printed, first):
    pytest.importorskip("threadpoolctl")
    second = {"leaky_relu": "threadpoolctl", "threadpoolctl": "leaky_relu"}[first]
    printed(f"""
        import sys
        import {first}
        assert {first!r} == "threadpoolctl" or "threadpoolctl" not in sys.modules
        import {second}
        leaky_relu.set_num_threads(5)
        info = [i for i in threadpoolctl.threadpool_info() if i["user_api"] == "leaky_relu"]
        assert len(info) == 1 and info[0]["num_threads"] == 5, info
        assert info[0]["version"] == leaky_relu.__version__
        with threadpoolctl.threadpool_limits(2, user_api="leaky_relu"):
            assert leaky_relu.get_num_threads() == 2
        assert leaky_relu.get_num_threads() == 5
    """)
