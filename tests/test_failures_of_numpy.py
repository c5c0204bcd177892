"""Each array in turn gets no memory from NumPy: MemoryError or the result, and no array is lost."""

import contextvars
import gc
import sys

import memory_handlers
import pytest
from public_calls import CALLS, operands

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the library is compiled as Linux's compilers do"),
    pytest.mark.skipif(memory_handlers.COMPILER is None, reason="needs a C++ compiler"),
]


@pytest.fixture(scope="module")
def context():
    """Give a context in which NumPy's memory is that of a library, and this library."""
    context = contextvars.copy_context()
    return context, context.run(memory_handlers.install, "failing")


def flat(result):
    return [a.tobytes() for a in (result if type(result) is tuple else (result,))]


def fail_in_turn(library, code, rows):
    names = {}
    exec(operands(rows, 40), names)
    call = eval(f"lambda: {code}", names)
    expected, failed = flat(call()), 0
    gc.collect()
    before = library.blocks()
    for k in range(1, 50):
        library.fail_at(k)
        try:
            result = call()
        except MemoryError:
            failed += 1
        else:
            library.fail_at(0)
            assert flat(result) == expected
            del result
        requests = library.requests()
        library.fail_at(0)
        assert flat(call()) == expected
        if library.blocks() != before:
            gc.collect()
        assert library.blocks() == before
        if requests < k:
            return failed
    raise AssertionError("asks for more than 50 arrays")


@pytest.mark.parametrize("rows", [5, pytest.param(9000, marks=pytest.mark.slow)], ids=["small", "large"])
@pytest.mark.parametrize("call", CALLS)
def test_no_array_is_lost(context, threads, call, rows):
    threads(2)
    context, library = context
    failed = context.run(fail_in_turn, library, CALLS[call], rows)
    assert failed or call == "scalar" or "out=y" in CALLS[call]
