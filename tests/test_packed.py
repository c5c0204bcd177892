"""The signs kept instead of the input: bits as numpy.packbits packs them, values and flags as the ufuncs'."""

import sys

import leaky_relu as lr
import numpy as np
import pytest
from leaky_relu import leaky_relu_grad_packed, leaky_relu_packed
from reference import (
    DTYPES,
    SLOPES,
    assert_same,
    compute_type,
    expected_forward,
    expected_gradient,
    flags_of,
    numbers,
    patterns,
    specials,
    widen,
)
from test_bits import equal
from test_guard_pages import PAGE, Island
from test_refusals import REFUSED, TAKEN


def packed(x):
    with np.errstate(all="ignore"):
        return np.packbits(widen(np.ascontiguousarray(x)) > 0, bitorder="little")


def same_signs(positive, expected):
    return positive.dtype == np.uint8 and np.array_equal(positive, expected)


def lengths(dtype):
    """All up to some words of bits, and around where stores get aligned."""
    aligned = [16 * lanes + d for lanes in (2, 4, 8, 16, 32) for d in (-1, 0, 1)]
    return [*range(151), *(n for n in aligned if n > 150), 18 * 32 + 77]


def offsets(dtype):
    """Elements by which the output misses the alignment of the widest register."""
    return sorted({step % (64 // min(dtype.itemsize, 16)) for step in (0, 1, 2, 3, 8, 12, 13, 31)})


def test_every_length_and_alignment(target, dtype):
    most = max(lengths(dtype))
    xs, gs = numbers(dtype, most, 1), numbers(dtype, most, 2)
    ys, dxs = expected_forward(xs, -0.25)[0], expected_gradient(gs, xs, -0.25)[0]
    for offset in offsets(dtype):
        memory = np.full(most + 128, 99, dtype)
        start = -memory.ctypes.data // dtype.itemsize % (64 // min(dtype.itemsize, 16)) + offset
        for n in lengths(dtype):
            out = memory[start : start + n]
            x, g, y, dx, bits = xs[:n], gs[:n], ys[:n], dxs[:n], packed(xs[:n])
            y_new, positive = leaky_relu_packed(x, -0.25)
            assert equal(y_new, y), (offset, n)
            assert same_signs(positive, bits), (offset, n)
            for source in (x, out):  # into another array, and in place
                out[:] = x
                result, positive = leaky_relu_packed(source, -0.25, out=out)
                assert result is out
                assert equal(out, y), (offset, n)
                assert same_signs(positive, bits), (offset, n)
            assert equal(leaky_relu_grad_packed(g, bits, -0.25), dx), (offset, n)
            for source in (g, out):
                out[:] = g
                assert leaky_relu_grad_packed(source, bits, -0.25, out=out) is out
                assert equal(out, dx), (offset, n)
            assert (memory[:start] == 99).all()
            assert (memory[start + n :] == 99).all()
            out[:] = 99


@pytest.mark.parametrize("slope", SLOPES)
def test_random_bits_and_their_flags(target, dtype, slope):
    g, x = patterns(dtype, 4099, 1), patterns(dtype, 4099, 2)
    (y, positive), flags = flags_of(leaky_relu_packed, x, slope)
    expected, expected_flags = expected_forward(x, slope)
    assert_same(y, expected)
    assert flags == expected_flags
    assert same_signs(positive, packed(x))
    dx, flags = flags_of(leaky_relu_grad_packed, g, positive, slope)
    expected, expected_flags = expected_gradient(g, x, slope)
    assert_same(dx, expected)
    assert flags == expected_flags


@pytest.mark.parametrize("slope", [0.01, -0.0, 1e10, np.inf, np.nan])
def test_flags_of_each_special_value(target, dtype, slope):
    for value in specials(dtype).reshape(-1, 1):
        for n in (1, 37):
            x = np.repeat(value, n)
            assert flags_of(leaky_relu_packed, x, slope)[1] == expected_forward(value, slope)[1], value
            for bits, factor in ((0, slope), (255, 1.0)):
                positive = np.full((n + 7) // 8, bits, np.uint8)
                flags = expected_gradient(value, np.ones(1, dtype), 1.0)[1]
                if factor != 1:
                    flags = expected_gradient(value, -np.ones(1, dtype), slope)[1]
                assert flags_of(leaky_relu_grad_packed, x, positive, slope)[1] == flags, (value, bits)


@pytest.mark.parametrize("bits", [0, 255])
def test_idle_lanes_raise_nothing(target, dtype, bits):
    """An infinite slope times a zero in an idle lane would be invalid, a signalling slope times anything."""
    signalling = np.array(0x7F800001, np.uint32).view(np.float32)
    for n in range(1, 100):
        ones = np.ones(n, dtype)
        positive = np.full((n + 7) // 8, bits, np.uint8)
        for slope in (np.inf, -np.inf, np.nan):
            assert flags_of(leaky_relu_packed, ones, slope)[1] == set()
            assert flags_of(leaky_relu_grad_packed, ones, positive, slope)[1] == set()
        if bits and compute_type(dtype) == np.float32:
            assert flags_of(leaky_relu_packed, ones, signalling)[1] == set()
            assert flags_of(leaky_relu_grad_packed, ones, positive, signalling)[1] == set()


def test_bits_after_the_last_element(target, dtype):
    """They are written as zeros, and not looked at."""
    for n in range(1, 140):
        x = numbers(dtype, n)
        bits = leaky_relu_packed(x)[1]
        assert same_signs(bits, packed(x))
        expected = leaky_relu_grad_packed(x, bits, -2.0)
        if n % 8:
            bits[-1] |= 0xFF << n % 8 & 0xFF
        assert_same(leaky_relu_grad_packed(x, bits, -2.0), expected)


@pytest.mark.skipif(sys.platform != "linux", reason="uses mprotect as Linux has it")
@pytest.mark.parametrize("end", [False, True], ids=["start", "end"])
def test_guard_pages(target, dtype, end):
    """All but the bits that are written, which are not in an array of ours."""
    xs, outs, bits = Island(), Island(), Island()
    for n in [*range(1, 200), 16 * 32 - 1, 16 * 32, 16 * 32 + 9]:
        if n * dtype.itemsize > 2 * PAGE:
            break
        x, out = xs.put(numbers(dtype, n), end), outs.put(np.zeros(n, dtype), end)
        expected = expected_forward(x, -0.5)[0]
        positive = leaky_relu_packed(x, -0.5, out=out)[1]
        assert (out == expected).all(), n
        signs = bits.put(positive, end)
        leaky_relu_grad_packed(x, signs, -0.5, out=out)
        assert (out == expected).all(), n


@pytest.fixture
def threads():
    before = lr.get_num_threads()
    yield lr.set_num_threads
    lr.set_num_threads(before)


@pytest.mark.parametrize("count", [2, 3, 7])
def test_threads(target, threads, dtype, count):
    n = 1_500_013
    x, g = (np.resize(numbers(dtype, 70_001, seed), n) for seed in (1, 2))
    threads(1)
    y, positive = leaky_relu_packed(x, -0.3)
    dx = leaky_relu_grad_packed(g, positive, -0.3)
    assert same_signs(positive, packed(x))
    threads(count)
    again, signs = leaky_relu_packed(x, -0.3, out=x)
    assert equal(again, y)
    assert same_signs(signs, positive)
    assert equal(leaky_relu_grad_packed(g, signs, -0.3, out=g), dx)


@pytest.mark.parametrize("position", [0, 750_000, 1_499_999])
def test_flags_of_any_piece_reach_the_caller(threads, position):
    threads(4)
    x = np.ones(1_500_000, np.float32)
    x[position] = -3e38
    bits = packed(x)
    for _ in range(5):
        with np.errstate(over="raise"):
            with pytest.raises(FloatingPointError, match=r"overflow .* leaky_relu_packed$"):
                leaky_relu_packed(x, 1e10)
            with pytest.raises(FloatingPointError, match=r"overflow .* leaky_relu_grad_packed$"):
                leaky_relu_grad_packed(x, bits, 1e10)


@pytest.mark.slow
@pytest.mark.parametrize("offset", [0, 5])
def test_streaming(target, threads, offset):
    n = 10_000_001  # twice 32 MiB, and more
    threads(1)
    block = numbers(np.dtype(np.float32), 70_001)
    x = np.resize(block, n)
    out = np.empty(n + offset, np.float32)[offset:]
    positive = leaky_relu_packed(x, -0.3, out=out)[1]
    assert np.array_equal(out, np.resize(expected_forward(block, -0.3)[0], n))
    assert np.array_equal(positive, packed(x))
    assert leaky_relu_grad_packed(x, positive, -0.3).tobytes() == out.tobytes()


INTEGERS = [np.dtype(code) for code in "?bBhHiIlLqQ"]


@pytest.mark.parametrize("dtype", [*INTEGERS, *DTYPES], ids=lambda dtype: f"{dtype.char}-{dtype.name}")
def test_dtypes(dtype):
    x = np.array([3, 0, 1] if dtype.kind in "bu" else [-3, 0, 5]).astype(dtype)
    y, positive = leaky_relu_packed(x, 0.25)
    assert_same(y, lr.leaky_relu(x, 0.25))
    assert same_signs(positive, np.packbits(x.astype(np.float64) > 0, bitorder="little"))
    assert_same(leaky_relu_grad_packed(x, positive, 0.25), y)


def byteswapped(a):
    return a.astype(a.dtype.newbyteorder()) if a.dtype.name != "bfloat16" else a


def unaligned(a):
    result = np.zeros(a.nbytes + 1, np.uint8)[1:].view(a.dtype).reshape(a.shape)
    result[...] = a
    return result


LAYOUTS = {
    "C": lambda a: a,
    "Fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "reversed": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "byte-swapped": byteswapped,
    "unaligned": unaligned,
    "transposed": lambda a: np.ascontiguousarray(a.T).T,
    "subclass": lambda a: a.copy().view(np.recarray),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(dtype, layout):
    base = numbers(dtype, (7, 5, 3))
    expected, bits = expected_forward(base, -0.5)[0], packed(base)
    make = LAYOUTS[layout]
    x = make(base.copy())
    y, positive = leaky_relu_packed(x, -0.5)
    assert type(y) is np.ndarray
    assert y.flags.c_contiguous
    assert_same(y, expected)
    assert same_signs(positive, bits)
    assert_same(leaky_relu_grad_packed(x, positive, -0.5), expected)
    for out in (make(np.zeros_like(base)), x):
        result, positive = leaky_relu_packed(make(base.copy()) if out is not x else x, -0.5, out=out)
        assert result is out
        assert_same(np.asarray(out, dtype), expected)
        assert same_signs(positive, bits)
    g = make(base.copy())
    assert leaky_relu_grad_packed(g, np.repeat(bits, 2)[::2], -0.5, out=g) is g
    assert_same(np.asarray(g, dtype), expected)


@pytest.mark.parametrize("shift", [-3, -1, 1, 8])
def test_output_that_overlaps_the_input(target, dtype, shift):
    memory = numbers(dtype, 300)
    x, out = memory[10:200], memory[10 + shift : 200 + shift]
    expected, bits = expected_forward(x, -0.5)[0], packed(x)
    assert same_signs(leaky_relu_packed(x, -0.5, out=out)[1], bits)
    assert_same(out, expected)
    memory = numbers(dtype, 300)
    x, out = memory[10:200], memory[10 + shift : 200 + shift]
    leaky_relu_grad_packed(x, bits, -0.5, out=out)
    assert_same(out, expected)


def test_output_that_overlaps_the_bits():
    memory = np.zeros(64, np.uint8)
    g = np.arange(1, 17, dtype=np.float32)
    bits = memory[30:32]
    bits[:] = (0x0F, 0xF0)
    expected = leaky_relu_grad_packed(g, bits, 2.0)
    leaky_relu_grad_packed(g, bits, 2.0, out=memory.view(np.float32))
    assert_same(memory.view(np.float32), expected)


def test_empty_and_without_dimensions(dtype):
    for shape in ((0,), (3, 0, 2)):
        y, positive = leaky_relu_packed(np.ones(shape, dtype))
        assert (y.shape, y.dtype, positive.shape) == (shape, dtype, (0,))
        assert leaky_relu_grad_packed(y, positive).shape == shape
    for x in (np.array(-2, dtype), dtype.type(-2)):
        y, positive = leaky_relu_packed(x, 0.5)
        assert type(y) is dtype.type
        assert y == -1
        assert positive.tolist() == [0]
        assert type(leaky_relu_grad_packed(x, positive, 0.5)) is dtype.type
    out = np.array(-2, dtype)
    assert leaky_relu_packed(out, 0.5, out=out)[0] is out
    assert leaky_relu_grad_packed(out, positive, 0.5, out=out) is out
    assert out == -0.5


def test_array_likes():
    y, positive = leaky_relu_packed([[-2, 3], [4, -1]], 0.5)
    assert_same(y, np.array([[-1, 3], [4, -0.5]]))
    assert positive.tolist() == [0b0110]
    assert_same(leaky_relu_grad_packed([[1, 1], [1, 1]], positive, 0.5), np.array([[0.5, 1], [1, 0.5]]))
    assert type(leaky_relu_packed(-1.5)[0]) is np.float64


@pytest.mark.parametrize("kind", [float, int, bool, *(d.type for d in [*INTEGERS, *DTYPES])], ids=repr)
def test_kinds_of_slopes(dtype, kind):
    value = kind(1) / kind(3) if kind in (float, *(d.type for d in DTYPES)) else kind(1)
    x = -np.ones(37, dtype)
    for slope in (value, np.array(value)):
        expected = lr.leaky_relu(x, slope)
        y, positive = leaky_relu_packed(x, slope)
        assert_same(y, expected)
        assert_same(leaky_relu_grad_packed(x, positive, slope), expected)


def test_the_slope_is_rounded_once():
    one_and_a_bit = np.longdouble(1) + np.longdouble(2) ** -24 + np.longdouble(2) ** -60
    x = np.array([-1], np.float32)
    assert_same(leaky_relu_packed(x, one_and_a_bit)[0], -np.array([one_and_a_bit], np.float32))


HUGE = [1e300, -1e300, np.float64(1e300), np.array(1e300), np.longdouble(1e300), 10**300]


@pytest.mark.parametrize("slope", HUGE, ids=[f"{type(slope).__name__}{i}" for i, slope in enumerate(HUGE)])
def test_overflow_of_the_slope_names_the_function(slope):
    x = np.ones(3, np.float32)
    with pytest.warns(RuntimeWarning, match="^overflow encountered in leaky_relu_packed$"):
        leaky_relu_packed(x, slope)
    with pytest.warns(RuntimeWarning, match="^overflow encountered in leaky_relu_grad_packed$"):
        leaky_relu_grad_packed(x, packed(x), slope)


@pytest.mark.parametrize("slope", [-2.0, -0.01, 0.01, 3.0])
def test_in_place_with_any_slope(target, dtype, slope):
    """What the output could not stand in for where the slope is negative."""
    x, g = numbers(dtype, 1001, 1), numbers(dtype, 1001, 2)
    expected = expected_gradient(g, x, slope)[0]
    positive = leaky_relu_packed(x, slope, out=x)[1]
    leaky_relu_grad_packed(g, positive, slope, out=g)
    assert_same(g, expected)


def forward(x=None, slope=0.5, out=None):
    return leaky_relu_packed(np.ones(100) if x is None else x, slope, out=out)


def gradient(g=None, slope=0.5, out=None, bits=None):
    bits = np.zeros(13, np.uint8) if bits is None else bits
    return leaky_relu_grad_packed(np.ones(100) if g is None else g, bits, slope, out=out)


@pytest.mark.parametrize("call", [forward, gradient])
def test_refusals_of_both(call):
    name = f"leaky_relu_{'grad_' * (call is gradient)}packed: "
    data = "grad_output" if call is gradient else "x"
    for dtype, bad in REFUSED.items():
        for arguments, argument in (((bad,), data), ((None, bad[:1].reshape(())), "negative_slope")):
            with pytest.raises(TypeError, match=f"^{name}{argument} has dtype ") as error:
                call(*arguments)
            assert all(word in str(error.value) for word in TAKEN)
            assert argument != data or dtype in str(error.value)
    with pytest.raises(ValueError, match=rf"^{name}negative_slope must be a scalar, .* shape \(100,\)"):
        call(slope=np.ones(100))
    with pytest.raises(ValueError, match=r"negative_slope must be a scalar, .* shape \(1,\)"):
        call(slope=[0.5])
    with pytest.raises(TypeError, match=f"^{name}out must be an array, got list$"):
        call(out=[0.0] * 100)
    with pytest.raises(TypeError, match=f"^{name}out has dtype float32, but the result has float64$"):
        call(out=np.ones(100, np.float32))
    with pytest.raises(ValueError, match=rf"^{name}out has shape \(99,\), but {data} has \(100,\)$"):
        call(out=np.ones(99))
    out = np.ones(100)
    out.flags.writeable = False
    with pytest.raises(ValueError, match=f"^{name}out is read-only$"):
        call(out=out)
    with pytest.raises(OverflowError):
        call(slope=10**400)


@pytest.mark.parametrize("bytes_given", [0, 12, 14, 100])
def test_wrong_number_of_bits(bytes_given):
    with pytest.raises(ValueError, match=f"positive must have 13 bytes for 100 elements, got {bytes_given}$"):
        gradient(bits=np.zeros(bytes_given, np.uint8))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.float32])
def test_wrong_dtype_of_bits(dtype):
    with pytest.raises(TypeError, match=f"must be the uint8 array .*, got one of dtype {np.dtype(dtype)}$"):
        gradient(bits=np.zeros(13, dtype))


def test_bits_in_rows():
    """Of rows that numpy.packbits packed each for itself they would be others, and sometimes as many."""
    with pytest.raises(ValueError, match=r"positive must have one dimension, got shape \(2, 2\)$"):
        leaky_relu_grad_packed(np.ones((2, 15)), np.zeros((2, 2), np.uint8))


def test_failed_calls_leave_the_output_untouched():
    out = np.full(100, 7.0)
    for arguments in ({"slope": [1.0]}, {"slope": "a"}):
        for call in (forward, gradient):
            with pytest.raises((TypeError, ValueError)):
                call(out=out, **arguments)
    with pytest.raises(ValueError, match="bytes"):
        gradient(out=out, bits=np.zeros(12, np.uint8))
    assert (out == 7).all()


def test_references():
    x, slope, out = np.ones(40, np.float32), np.float64(1.25), np.empty(40, np.float32)
    bits = packed(x)
    before = [sys.getrefcount(thing) for thing in (x, slope, out, bits)]
    for _ in range(10):
        leaky_relu_packed(x, slope)
        leaky_relu_packed(x[::2], slope)
        leaky_relu_packed(x, slope, out=out)
        leaky_relu_grad_packed(x, bits, slope)
        leaky_relu_grad_packed(x, bits, slope, out=out)
        for bad in (out[1:], [out]):
            with pytest.raises((TypeError, ValueError)):
                leaky_relu_packed(x, slope, out=bad)
        with np.errstate(over="raise"), pytest.raises(FloatingPointError):
            leaky_relu_packed(x, 1e300, out=out)
    bad = None
    assert [sys.getrefcount(thing) for thing in (x, slope, out, bits)] == before
