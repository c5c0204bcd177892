"""Handlers of NumPy's memory (NEP 49) for tests: guard pages around every array, or requests that fail."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

SOURCE = Path(__file__).parent / "cpp/memory_handlers.cpp"
COMPILER = shutil.which("c++")
_SET_HANDLER = 304  # the place of PyDataMem_SetHandler in NumPy's table, which never changes
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


def _set_handler(capsule):
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    table = ctypes.cast(pointer(np._core._multiarray_umath._ARRAY_API, None), ctypes.POINTER(ctypes.c_void_p))
    return ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(table[_SET_HANDLER])(capsule)


def install(kind):
    """Let NumPy take arrays from "guarded" or from "failing", in this context; return the library."""
    library = _library()
    functions = [ctypes.cast(getattr(library, f"{kind}_{field}"), ctypes.c_void_p).value for field in _FIELDS]
    handler, name = _Handler(kind.encode(), 1, None, *functions), ctypes.create_string_buffer(b"mem_handler")
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    capsule = new(ctypes.addressof(handler), name, None)
    _kept.append((library, handler, name, capsule, _set_handler(capsule)))
    return library
