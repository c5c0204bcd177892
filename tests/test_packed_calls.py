"""The functions that keep signs: dtypes, layouts, overlap, and calls that go wrong."""

import sys

import leaky_relu as lr
import numpy as np
import pytest
from helpers import (
    DTYPES,
    HUGE,
    HUGE_IDS,
    INTEGERS,
    SUPPORTED,
    UNSUPPORTED,
    assert_same,
    byteswapped,
    numbers,
    packed,
    same_signs,
    unaligned,
)
from leaky_relu import leaky_relu_grad_packed, leaky_relu_packed
from reference import reference


@pytest.mark.parametrize("dtype", [*INTEGERS, *DTYPES], ids=lambda dtype: f"{dtype.char}-{dtype.name}")
def test_dtypes(dtype):
    x = np.array([3, 0, 1] if dtype.kind in "bu" else [-3, 0, 5]).astype(dtype)
    y, positive = leaky_relu_packed(x, 0.25)
    assert_same(y, lr.leaky_relu(x, 0.25))
    assert same_signs(positive, np.packbits(x.astype(np.float64) > 0, bitorder="little"))
    assert_same(leaky_relu_grad_packed(x, positive, 0.25), y)


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
    expected, bits = reference(lr.leaky_relu, base, -0.5), packed(base)
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


@pytest.mark.parametrize("shift", [-189, -3, -1, 1, 8, 189])
def test_output_that_overlaps_the_input(target, dtype, shift):
    memory = numbers(dtype, 600)
    x, out = memory[200:390], memory[200 + shift : 390 + shift]
    expected, bits = reference(lr.leaky_relu, x, -0.5), packed(x)
    assert same_signs(leaky_relu_packed(x, -0.5, out=out)[1], bits)
    assert_same(out, expected)
    memory = numbers(dtype, 600)
    x, out = memory[200:390], memory[200 + shift : 390 + shift]
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


@pytest.mark.parametrize("offset", [-60, -32, 0, 100, 1920, 2044])
def test_output_over_bits_that_are_yet_to_be_read(target, offset):
    """More bits than are taken at once, so that those of the last elements are written over."""
    memory = np.zeros(64 + 2048 + 64, np.uint8)
    out, bits = memory[64:-64].view(np.float32), memory[64 + offset :][:64]
    bits[:] = np.arange(64) * 37
    g, expected_bits = numbers(np.dtype(np.float32), 512), bits.copy()
    expected = leaky_relu_grad_packed(g, expected_bits, 2.0)
    leaky_relu_grad_packed(g, bits, 2.0, out=out)
    assert_same(out, expected)


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
    zero_d = np.array(value)
    for slope in (value, zero_d, unaligned(zero_d), byteswapped(zero_d)):
        expected = lr.leaky_relu(x, slope)
        y, positive = leaky_relu_packed(x, slope)
        assert_same(y, expected)
        assert_same(leaky_relu_grad_packed(x, positive, slope), expected)


def test_default_slope():
    x, bits = -np.ones(5, np.float32), np.zeros(1, np.uint8)
    expected = np.full(5, -0.01, np.float32)
    assert_same(leaky_relu_packed(x)[0], expected)
    assert_same(leaky_relu_grad_packed(x, bits), expected)
    assert_same(leaky_relu_grad_packed(x[::-1], bits), expected)


def test_the_slope_is_rounded_once():
    one_and_a_bit = np.longdouble(1) + np.longdouble(2) ** -24 + np.longdouble(2) ** -60
    x = np.array([-1], np.float32)
    assert_same(leaky_relu_packed(x, one_and_a_bit)[0], -np.array([one_and_a_bit], np.float32))


@pytest.mark.parametrize("slope", HUGE, ids=HUGE_IDS)
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
    expected = reference(lr.leaky_relu_grad, g, x, slope)
    positive = leaky_relu_packed(x, slope, out=x)[1]
    leaky_relu_grad_packed(g, positive, slope, out=g)
    assert_same(g, expected)


def forward(x=None, slope=0.5, out=None):
    return leaky_relu_packed(np.ones(100) if x is None else x, slope, out=out)


def gradient(g=None, slope=0.5, out=None, bits=None):
    bits = np.zeros(13, np.uint8) if bits is None else bits
    return leaky_relu_grad_packed(np.ones(100) if g is None else g, bits, slope, out=out)


@pytest.mark.parametrize("call", [forward, gradient])
def test_wrong_arguments_of_both(call):
    name = f"leaky_relu_{'grad_' * (call is gradient)}packed: "
    data = "grad_output" if call is gradient else "x"
    for dtype, bad in UNSUPPORTED.items():
        for arguments, argument in (((bad,), data), ((None, bad[:1].reshape(())), "negative_slope")):
            with pytest.raises(TypeError, match=f"^{name}{argument} has dtype ") as error:
                call(*arguments)
            assert all(word in str(error.value) for word in SUPPORTED)
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
    with pytest.raises(ValueError, match=rf"^{name}out has shape \(4, 25\), but {data} has \(100,\)$"):
        call(out=np.ones((4, 25)))
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


@pytest.mark.parametrize("given", [1, 4])
def test_functions_beneath_take_all_arguments_and_no_more(given):
    with pytest.raises(TypeError, match=f"^expected 3 positional arguments, got {given}$"):
        lr._core._packed_forward(*[np.ones(3), 0.5, None, None][:given])
