"""What tests share: dtypes, data of every kind, memory beside guard pages, flags, comparisons to the bit."""

import ctypes
import io
import mmap
import os
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
from leaky_relu import _core

try:
    from ml_dtypes import bfloat16
except ImportError:
    bfloat16 = None

DTYPES = [np.dtype(t) for t in (np.float16, bfloat16, np.float32, np.float64, np.longdouble) if t is not None]
SIXTEEN_BIT = [dtype for dtype in DTYPES if dtype.itemsize == 2]
UP_TO_DOUBLE = [dtype for dtype in DTYPES if dtype.itemsize <= 8]
HALF = np.dtype(np.float16)
F32 = np.dtype(np.float32)
INTEGERS = [np.dtype(code) for code in "?bBhHiIlLqQ"]
UNSUPPORTED = {
    "complex64": np.ones(2, np.complex64),
    "complex128": np.ones(2, np.complex128),
    np.dtype(np.clongdouble).name: np.ones(2, np.clongdouble),
    "object": np.array([1.0, 2.0], object),
    "<U1": np.array(["a", "b"]),
    "|S1": np.array([b"a", b"b"]),
    "datetime64[D]": np.array(["2020-01-01", "2020-01-02"], "M8[D]"),
    "timedelta64[s]": np.array([1, 2], "m8[s]"),
    "[('a', '<f4')]": np.zeros(2, [("a", "<f4")]),
    "|V3": np.zeros(2, "V3"),
    "StringDType": np.array(["a", "b"], np.dtypes.StringDType()),
}
SUPPORTED = ["bool", "integers", "float16", "bfloat16", "float32", "float64", "longdouble"]  # as messages say

SLOPES = [0.01, -0.5, 0.0, -0.0, 1.0, 1.5, 7e4, 1e10, np.inf, -np.inf, np.nan, 1e-45, 5e-324, 1e-300, 1e300]
# Slopes that float32 cannot hold, and an id for each.
HUGE = [1e300, -1e300, np.float64(1e300), np.array(1e300), np.longdouble(1e300), 10**300]
HUGE_IDS = [f"{type(slope).__name__}{i}" for i, slope in enumerate(HUGE)]

MIB = 1 << 20

posix_only = pytest.mark.skipif(os.name != "posix", reason="as POSIX has it")
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="as Linux has it")
PAGE = mmap.PAGESIZE
PROT_NONE = 0

_X87 = np.finfo(np.longdouble).nmant == 63


def compute_type(dtype):
    return np.dtype(np.float32) if dtype.itemsize == 2 else dtype


def widen(a):
    a = np.asarray(a)
    if a.dtype.name == "bfloat16":  # as integers, so that signalling NaN stays what it is
        return (a.view(np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32)
    return a.astype(compute_type(a.dtype))


@contextmanager
def raised_flags():
    """Collect the floating-point errors that NumPy reports, as a set of its names of them."""
    flags = set()
    with np.errstate(all="call", call=lambda kind, _: flags.add(kind)):
        yield flags


@contextmanager
def using(fast, target):
    """Take the fast path or NumPy's machinery, and a SIMD target; for tests that draw them."""
    fast_before, target_before = _core._set_fast_call(fast), _core.simd_target()
    _core._use_target(target)
    try:
        yield
    finally:
        _core._set_fast_call(fast_before)
        _core._use_target(target_before)


def flags_of(function, *args, **kwargs):
    with raised_flags() as flags:
        result = function(*args, **kwargs)
    return result, flags


def bits(a):
    """Return the bits of floats, with one NaN for all: its sign and payload differ between processors."""
    a = np.array(a, order="C")
    with np.errstate(all="ignore"):
        a[np.isnan(a)] = np.nan
    if a.dtype.itemsize <= 8:
        return a.view(f"u{a.dtype.itemsize}")
    return a.reshape(-1, 1).view(np.uint8)[:, : 10 if _X87 else a.dtype.itemsize]  # the rest is padding


def assert_same(actual, expected):
    """Compare dtype, shape and bits."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    differ = np.atleast_1d(bits(actual) != bits(expected))
    assert not differ.any(), (
        f"first of {np.count_nonzero(differ)} at {np.argwhere(differ)[0]}: "
        f"{np.atleast_1d(actual)[differ][:1] if differ.ndim == actual.ndim else actual}, "
        f"expected {np.atleast_1d(expected)[differ][:1] if differ.ndim == actual.ndim else expected}"
    )


def _special_bits(dtype):
    size = dtype.itemsize
    mantissa = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}[dtype.name]
    unsigned = np.dtype(f"u{size}").type
    infinity = (1 << (8 * size - 1)) - (1 << mantissa)
    one = infinity // 2 & infinity
    quiet, signalling = infinity | 1 << (mantissa - 1), infinity | 1
    smallest_normal = 1 << mantissa
    positive = [
        0, 1, 2, smallest_normal - 1, smallest_normal, smallest_normal + 1,
        one - 1, one, one + 1, infinity - 1, infinity, quiet, signalling,
    ]  # fmt: skip
    return np.array([b | sign for b in positive for sign in (0, 1 << (8 * size - 1))], unsigned)


def specials(dtype):
    """Zeros, subnormals, the ends of the range, infinities, NaN quiet and signalling; both signs of each."""
    if dtype.itemsize <= 8:
        return _special_bits(dtype).view(dtype)
    info = np.finfo(dtype)
    one = dtype.type(1)
    positive = [
        0,
        info.smallest_subnormal,
        info.tiny,
        1 - info.epsneg,
        1,
        1 + info.eps,
        info.max,
        np.inf,
        np.nan,
    ]
    return np.array([sign * dtype.type(value) for value in positive for sign in (one, -one)], dtype)


def patterns(dtype, n, seed=0):
    """Random bits, with special values among them."""
    rng = np.random.default_rng(seed)
    if dtype.itemsize <= 8:
        a = rng.integers(0, 256, n * dtype.itemsize, np.uint8).view(dtype)
    else:
        a = rng.standard_normal(n).astype(dtype) / 3 * dtype.type(2) ** rng.integers(-16000, 16000, n)
    return np.where(rng.random(n) < 0.25, rng.choice(specials(dtype), n), a)


def quiet(a):
    """Replace signalling NaN, and any other, by a quiet one."""
    with np.errstate(all="ignore"):
        return np.where(np.isnan(a), a.dtype.type(np.nan), a)


def numbers(dtype, shape, seed=0):
    """Moderate numbers of both signs with some zeros: products neither overflow nor underflow."""
    rng = np.random.default_rng(seed)
    a = rng.standard_normal(shape).astype(dtype)
    a[rng.random(shape) < 0.1] = -0.0
    return a


def equal(a, b):
    """Compare numbers, which assert_same would take too long for, with the signs of zeros."""
    return bool((a == b).all()) and bool((np.signbit(a) == np.signbit(b)).all())


def unaligned(a):
    result = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
    result[...] = a
    return result


def packed(x):
    """Give the signs of x, one bit per element."""
    with np.errstate(all="ignore"):
        return np.packbits(widen(np.ascontiguousarray(x)) > 0, bitorder="little")


def same_signs(positive, expected):
    return positive.dtype == np.uint8 and np.array_equal(positive, expected)


class Island:
    """Two pages of memory, or more, with one inaccessible page before them and one behind."""

    def __init__(self, pages=2):
        self.memory = mmap.mmap(-1, (pages + 2) * PAGE)
        everything = np.frombuffer(self.memory, np.uint8)
        self.bytes = everything[PAGE:-PAGE]
        libc = ctypes.CDLL(None, use_errno=True)
        for page in (0, pages + 1):
            address = ctypes.c_void_p(everything.ctypes.data + page * PAGE)
            assert libc.mprotect(address, PAGE, PROT_NONE) == 0, ctypes.get_errno()

    def put(self, values, end):
        """Write values beside a guard page, the last of them at the last byte or the first at the first."""
        place = self.bytes[-values.nbytes or self.bytes.size :] if end else self.bytes[: values.nbytes]
        a = place.view(values.dtype)
        a[:] = values
        return a


def to_torch(a):
    """Share the memory of an array; PyTorch does not know NumPy's bfloat16."""
    import torch

    if a.dtype.name == "bfloat16":
        return torch.from_numpy(a.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(a)


def from_torch(tensor, dtype):
    import torch

    if dtype.name == "bfloat16":
        return tensor.view(torch.int16).numpy().view(dtype)
    return tensor.numpy()


def another_thread_runs_during(call):
    """Nobody can take the GIL for a minute, so another thread runs only when a call lets go of it."""
    interval, ready, turn, ran = sys.getswitchinterval(), threading.Lock(), threading.Lock(), []

    def wait_and_run():
        ready.release()  # and the GIL is given away where it waits for its turn, not before
        with turn:
            ran.append(True)

    ready.acquire()
    turn.acquire()
    thread = threading.Thread(target=wait_and_run)
    sys.setswitchinterval(60)
    try:
        thread.start()
        ready.acquire()
        turn.release()
        deadline = time.monotonic() + 30
        while not ran and time.monotonic() < deadline:
            call()
        return bool(ran)
    finally:
        sys.setswitchinterval(interval)
        thread.join()


def byteswapped(a):
    """Give the same in the other byte order; bfloat16, which has none, as it is."""
    return a.astype(a.dtype.newbyteorder()) if a.dtype.name != "bfloat16" else a


def saved(array):
    """Give the bytes of a .npy file."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self):
        return True
