"""Handlers of NumPy's memory (NEP 49) for tests: guard pages around every array, or requests that fail."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

SOURCE = Path(__file__).parent / "cpp/memory_handlers.cpp"
COMPILER = shutil.which("c++")
_SET_HANDLER, _GET_HANDLER = 304, 305  # places in NumPy's table, which never change
_CAPSULE_NAME = ctypes.create_string_buffer(b"mem_handler")  # capsules keep the pointer
_FIELDS = ("malloc", "calloc", "realloc", "free")
_kept = []  # arrays keep a handler until they are gone


class _Handler(ctypes.Structure):
    """PyDataMem_Handler."""

    _fields_ = [
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("context", ctypes.c_void_p),
        *[(field, ctypes.c_void_p) for field in _FIELDS],
    ]


def _library():
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "memory_handlers.so")
        options = ["-std=c++20", "-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]
        subprocess.run([COMPILER, *options, "-o", library, SOURCE], check=True)
        return ctypes.CDLL(str(library))


def _pointer_of(capsule, name=None):
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    return pointer(capsule, name)


def _capsule_of(handler):
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    capsule = new(ctypes.addressof(handler), _CAPSULE_NAME, None)
    _kept.append((handler, capsule))
    return capsule


def _numpys(place, *types):
    table = ctypes.cast(_pointer_of(np._core._multiarray_umath._ARRAY_API), ctypes.POINTER(ctypes.c_void_p))
    return ctypes.PYFUNCTYPE(*types)(table[place])


def _set_handler(capsule):
    _kept.append(_numpys(_SET_HANDLER, ctypes.py_object, ctypes.py_object)(capsule))


def install(kind):
    """Let NumPy take arrays from "guarded" or from "failing", in this context; return the library."""
    library = _library()
    functions = [ctypes.cast(getattr(library, f"{kind}_{field}"), ctypes.c_void_p).value for field in _FIELDS]
    _set_handler(_capsule_of(_Handler(kind.encode(), 1, None, *functions)))
    _kept.append(library)
    return library


def install_copy(name):
    """Let NumPy take arrays from what it takes them from now, but under another name, in this context."""
    current = _numpys(_GET_HANDLER, ctypes.py_object)()
    handler = _Handler.from_buffer_copy(
        ctypes.string_at(_pointer_of(current, _CAPSULE_NAME), ctypes.sizeof(_Handler))
    )
    handler.name = name.encode()
    _set_handler(_capsule_of(handler))
