"""Arrays of the whole suite may lie beside pages that fault: `pytest --guard-pages`."""

import signal
import sys
from pathlib import Path

import memory_handlers
import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the library is compiled as Linux's compilers do"),
    pytest.mark.skipif(memory_handlers.COMPILER is None, reason="needs a C++ compiler"),
]


@pytest.mark.parametrize(
    ("begin", "last", "beyond"),
    [(0, 2999, 3000), pytest.param(1, 0, -1, marks=pytest.mark.slow)],
    ids=["end", "begin"],
)
def test_what_is_beyond_an_array_faults(run_python, begin, last, beyond):
    code = f"""
        import ctypes, sys
        sys.path.insert(0, {str(Path(memory_handlers.__file__).parent)!r})
        import memory_handlers, numpy as np
        memory_handlers.install("guarded").guard_begin({begin})
        a = np.zeros(3000, np.int64)
        ctypes.c_int64.from_address(a.ctypes.data + 8 * {last}).value
        print("inside", flush=True)
        ctypes.c_int64.from_address(a.ctypes.data + 8 * {beyond}).value
    """
    done = run_python(code, OPENBLAS_NUM_THREADS="1")
    assert (done.returncode, done.stdout) == (-signal.SIGSEGV, "inside\n")
