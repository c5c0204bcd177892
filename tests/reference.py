"""The formula written plainly in NumPy, the flags it raises, and comparisons to the bit."""

import platform
from contextlib import contextmanager

import numpy as np

try:
    from ml_dtypes import bfloat16
except ImportError:
    bfloat16 = None

DTYPES = [np.dtype(t) for t in (np.float16, bfloat16, np.float32, np.float64, np.longdouble) if t is not None]
SIXTEEN_BIT = [dtype for dtype in DTYPES if dtype.itemsize == 2]
UP_TO_DOUBLE = [dtype for dtype in DTYPES if dtype.itemsize <= 8]
HALF = np.dtype(np.float16)

SLOPES = [0.01, -0.5, 0.0, -0.0, 1.0, 1.5, 7e4, 1e10, np.inf, -np.inf, np.nan, 1e-45, 5e-324, 1e-300, 1e300]

# IEEE 754-2019, 7.5: tininess is detected before rounding (Arm) or after it (x86).
_ARM = platform.machine().lower() in ("aarch64", "arm64")
_TINY_HALF = 2.0**-14 - (0 if _ARM else 2.0**-26)
_X87 = np.finfo(np.longdouble).nmant == 63


def compute_type(dtype):
    return np.dtype(np.float32) if dtype.itemsize == 2 else dtype


def widen(a):
    a = np.asarray(a)
    if a.dtype == bfloat16:  # as integers, so that signalling NaN stays what it is
        return (a.view(np.uint16).astype(np.uint32) << np.uint32(16)).view(np.float32)
    return a.astype(compute_type(a.dtype))


@contextmanager
def raised_flags():
    """Collect the floating-point errors that NumPy reports, as a set of its names of them."""
    flags = set()
    with np.errstate(all="call", call=lambda kind, _: flags.add(kind)):
        yield flags


def flags_of(function, *args, **kwargs):
    with raised_flags() as flags:
        result = function(*args, **kwargs)
    return result, flags


def _flags_of_narrowing(product, half):
    flags = set()
    if np.any(np.isfinite(product) & np.isinf(half)):
        flags.add("overflow")
    if np.any((np.abs(product) < _TINY_HALF) & (half.astype(np.float32) != product)):
        flags.add("underflow")
    return flags


def expected_gradient(grad_output, x, slope=0.01):
    """Give the gradient and the flags, for grad_output and x of one dtype."""
    grad_output, x = np.asarray(grad_output), np.asarray(x)
    compute = compute_type(x.dtype)
    with np.errstate(all="ignore"):
        positive = np.greater(widen(x), 0)
    with raised_flags() as flags:
        factor = np.where(positive, compute.type(1), np.asarray(slope).astype(compute))
        product = np.multiply(widen(grad_output), factor)
    with np.errstate(all="ignore"):
        result = np.asarray(product).astype(x.dtype)
        if x.dtype == HALF:
            flags |= _flags_of_narrowing(product, result)
    return result, flags


def expected_forward(x, slope=0.01):
    """Give the function's value and its flags."""
    return expected_gradient(x, x, slope)


def leaky_relu(x, slope=0.01):
    return expected_forward(x, slope)[0]


def leaky_relu_grad(grad_output, x, slope=0.01):
    return expected_gradient(grad_output, x, slope)[0]


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
