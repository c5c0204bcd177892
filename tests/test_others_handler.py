"""A handler of memory that somebody else has set (NEP 49) has all outputs, whatever their size."""

import contextvars
import ctypes

import leaky_relu as lr
import numpy as np
import pytest
from helpers import MIB
from numpy._core.multiarray import get_handler_name

SET_HANDLER, GET_HANDLER = 304, 305  # the places of PyDataMem_SetHandler and _GetHandler in NumPy's table
SIZE = (
    127 + 1 + 5 * ctypes.sizeof(ctypes.c_void_p)
)  # of PyDataMem_Handler: name, version, context, four functions
X = np.zeros(2 * MIB, np.uint8).view(np.float32)
CALLS = {
    "leaky_relu": lambda: lr.leaky_relu(X),
    "strided": lambda: lr.leaky_relu(X[::-1]),
    "leaky_relu_packed": lambda: lr.leaky_relu_packed(X)[0],
    "bias_leaky_relu_grad": lambda: lr.bias_leaky_relu_grad(X, X)[0],
}


@pytest.fixture(scope="module")
def set_theirs():
    """Set NumPy's handler under another name. It stays in memory: arrays are freed by it."""
    pointer_of, new = ctypes.pythonapi.PyCapsule_GetPointer, ctypes.pythonapi.PyCapsule_New
    pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    new.restype, new.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    table = ctypes.cast(
        pointer_of(np._core._multiarray_umath._ARRAY_API, None), ctypes.POINTER(ctypes.c_void_p)
    )
    get = ctypes.PYFUNCTYPE(ctypes.py_object)(table[GET_HANDLER])
    set_ = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(table[SET_HANDLER])
    name = ctypes.create_string_buffer(b"mem_handler")
    theirs = ctypes.create_string_buffer(ctypes.string_at(pointer_of(get(), name), SIZE), SIZE)
    ctypes.memmove(theirs, b"theirs\0", 7)
    capsule = new(ctypes.addressof(theirs), name, None)
    yield lambda: set_(capsule)
    _kept.append((name, theirs, capsule))


_kept = []


@pytest.mark.parametrize("call", CALLS)
def test_it_is_used(set_theirs, call):
    def handler_of_output():
        set_theirs()
        return get_handler_name(CALLS[call]())

    assert contextvars.copy_context().run(handler_of_output) == "theirs"
    assert get_handler_name(np.empty(1)) == "default_allocator"
