"""x decides the dtype of the result, and the slope never does."""

import operator

import leaky_relu as lr
import numpy as np
import pytest
from helpers import DTYPES, HALF, INTEGERS, SIXTEEN_BIT, assert_same
from reference import reference

BFLOAT16 = next((dtype for dtype in DTYPES if dtype.name == "bfloat16"), None)
LOOPS = [dtype for dtype in DTYPES if dtype is not BFLOAT16]  # to NumPy None equals float64
ALL = [*INTEGERS, *DTYPES]


def name_of(dtype):
    return f"{dtype.char}-{dtype.name}"


def values(dtype):
    if dtype.kind == "b":
        return np.array([True, False, True])
    return np.array([3, 0, 5] if dtype.kind == "u" else [-3, 0, 5]).astype(dtype)


def common(*dtypes):
    """Give the first loop to which all cast safely, bfloat16's only where all are bfloat16."""
    if all(dtype is BFLOAT16 for dtype in dtypes):
        return dtypes[0]
    return next(loop for loop in LOOPS if all(np.can_cast(dtype, loop, "safe") for dtype in dtypes))


@pytest.mark.parametrize("x", ALL, ids=name_of)
@pytest.mark.parametrize("slope", ALL, ids=name_of)
def test_x_and_slope(way, x, slope):
    a = values(x)
    result = x if x in DTYPES else np.sin(a).dtype
    third = slope.type(1) / slope.type(3) if slope.kind not in "biu" else slope.type(1)
    array = np.array(third, slope)
    for s in (array, array[()], np.full(1, array), np.full(3, array)):
        assert_same(lr.leaky_relu(a, s), reference(lr.leaky_relu, a.astype(result), s))
        assert_same(lr.leaky_relu_grad(a, a, s), reference(lr.leaky_relu, a.astype(result), s))
    scalar = lr.leaky_relu(a[0], array[()])
    assert type(scalar) is result.type
    assert_same(scalar, reference(lr.leaky_relu, a.astype(result), array)[0])


@pytest.mark.parametrize("x", ALL, ids=name_of)
@pytest.mark.parametrize("g", ALL, ids=name_of)
def test_grad_output_and_x(way, g, x):
    # NumPy looks at the loops of user dtypes first, and bool and 8-bit integers cast safely to bfloat16.
    eight_bits = min(g.itemsize, x.itemsize) == 1
    result = BFLOAT16 if (g is BFLOAT16 or x is BFLOAT16) and eight_bits else common(g, x)
    a, b = values(g), values(x)[::-1].copy()
    for slope in (-0.3, np.float64(-0.3), np.full(3, -0.3)):
        expected = reference(lr.leaky_relu_grad, a.astype(result), b.astype(result), slope)
        assert_same(lr.leaky_relu_grad(a, b, slope), expected)


@pytest.mark.parametrize("x", [-2.5, -2, 3, 0, -0.0, True, 2**60])
@pytest.mark.parametrize(
    "slope", [0.3, 1, *(dtype.type(0.3) for dtype in DTYPES), np.array(0.3, np.float16), np.int8(1)], ids=repr
)
def test_python_number_as_x_is_a_float64(way, x, slope):
    y = lr.leaky_relu(x, slope)
    dtype = HALF if x is True else np.dtype(np.float64)
    assert type(y) is dtype.type
    assert_same(y, reference(lr.leaky_relu, np.array(x, dtype), slope))
    assert_same(lr.leaky_relu_grad(x, x, slope), reference(lr.leaky_relu, np.array(x, dtype), slope))


def test_python_number_as_grad_output(way, dtype):
    """As elsewhere in NumPy it takes the dtype of x, or float32 beside bfloat16."""
    x = np.array([-1.0, 2.0]).astype(dtype)
    result = np.multiply(1.0, x).dtype
    expected = reference(lr.leaky_relu_grad, np.ones(2, result), x.astype(result), 0.3)
    assert_same(lr.leaky_relu_grad(1.0, x, 0.3), expected)


@pytest.mark.parametrize("dtype", SIXTEEN_BIT, ids=name_of)
@pytest.mark.parametrize("slope", [0.01, 1e-9, 1e6, 1 / 3])
def test_sixteen_bits_take_the_slope_at_float32_precision(way, dtype, slope):
    x = -np.geomspace(1e-3, 1e3, 200).astype(dtype)
    with np.errstate(all="ignore"):
        expected = (x.astype(np.float32) * np.float32(slope)).astype(dtype)
        assert_same(lr.leaky_relu(x, slope), expected)
        assert_same(lr.leaky_relu(x, np.float64(slope)), expected)
        assert_same(lr.leaky_relu(x, np.full(200, slope)), expected)


@pytest.mark.parametrize("result", LOOPS, ids=name_of)
@pytest.mark.parametrize("x", [*INTEGERS, *LOOPS], ids=name_of)
def test_dtype_argument(way, result, x):
    a = values(x)
    if not np.can_cast(x, result, "same_kind"):
        with pytest.raises(TypeError, match="Cannot cast"):
            lr.leaky_relu(a, 0.25, dtype=result)
        return
    assert_same(lr.leaky_relu(a, 0.25, dtype=result), reference(lr.leaky_relu, a.astype(result), 0.25))
    assert_same(
        lr.leaky_relu_grad(a, a, 0.25, dtype=result), reference(lr.leaky_relu, a.astype(result), 0.25)
    )


def test_dtype_float16_takes_any_slope(way):
    x = np.array([-1.0, 2.0])
    for slope in (0.3, np.float32(0.3), np.float64(0.3), np.full(2, 0.3)):
        y = lr.leaky_relu(x, slope, dtype=np.float16)
        assert y.dtype == HALF
        assert y[1] == 2
        assert abs(float(y[0]) + 0.3) < 2e-4


def test_double_rounding_of_the_slope_happens_once(way):
    """A longdouble slope goes to the compute type directly, not by way of float64."""
    one_and_a_bit = np.longdouble(1) + np.longdouble(2) ** -24 + np.longdouble(2) ** -60
    x = np.array([-1], np.float32)
    assert_same(lr.leaky_relu(x, one_and_a_bit), -np.array([one_and_a_bit], np.float32))


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
@pytest.mark.parametrize("shape", [(3,), (1,), (2, 3)], ids=str)
def test_integer_slopes_are_rounded_by_way_of_float64(way, dtype, shape):
    """As NumPy casts them: a little above half way between two float32, they are half way in float64."""
    slopes = np.full(shape, 2**62 + 2**38 + 1, dtype)
    x = -np.ones((*slopes.shape[:-1], 3), np.float32)
    assert_same(lr.leaky_relu(x, slopes), np.full_like(x, -(2.0**62)))


@pytest.mark.parametrize("out", [np.dtype(c) for c in "efdgFD"], ids=name_of)
def test_output_of_another_dtype(way, out):
    x = np.array([-1.5, 3])
    y = np.zeros(2, out)
    if out.itemsize < 8:
        lr.leaky_relu(x, 0.5, out=y, casting="same_kind")
    else:
        lr.leaky_relu(x, 0.5, y)
    assert y.tolist() == [-0.75, 3]
    with pytest.raises(TypeError, match="casting rule 'same_kind'"):
        lr.leaky_relu(x, 0.5, np.zeros(2, np.int64))


@pytest.mark.parametrize("index", [0, 1], ids=["x", "slope"])
@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="no wider type")
def test_python_int_beyond_float64(way, index):
    """Whatever NumPy makes of it, it is an exception and no crash."""
    args = [np.ones(2), 0.5]
    args[index] = 10**400
    with pytest.raises((TypeError, OverflowError)):
        operator.call(lr.leaky_relu, *args)


def test_integer_slope_of_a_longdouble_keeps_its_digits(way):
    x, slope = np.array([-1], np.longdouble), 3**100
    assert_same(lr.leaky_relu(x, slope), np.array([-np.longdouble(slope)]))


def test_any_byte_but_0_is_true(way):
    """As views of masks from elsewhere have them; to NumPy they are 1."""
    mask = np.array([0, 1, 2, 255], np.uint8).view(bool)
    assert lr.leaky_relu(mask).tolist() == [0, 1, 1, 1]
    assert lr.leaky_relu(-np.ones(4, np.float32), mask).tolist() == [0, -1, -1, -1]


@pytest.mark.parametrize("code", "bBhH")
def test_all_small_integers(way, code):
    limits = np.iinfo(code)
    x = np.arange(limits.min, limits.max + 1, dtype=code)
    floats = x.astype(np.float16 if x.itemsize == 1 else np.float32)
    assert_same(lr.leaky_relu(x, 0.25), lr.leaky_relu(floats, 0.25))
    assert_same(lr.leaky_relu(-np.ones(x.size, np.float32), x), -x.astype(np.float32))


@pytest.mark.parametrize("code", "iIlLqQ")
def test_large_integers(way, code):
    """They are float64 first; as parameters of other types too, in steps of their own."""
    limits = np.iinfo(code)
    n = np.array([limits.min, limits.max, limits.max // 2 + 1, limits.max // 3, 5], code).repeat(40)[::2]
    assert_same(lr.leaky_relu(n, 0.25), lr.leaky_relu(n.astype(np.float64), 0.25))
    for dtype in (np.float64, np.float32):
        assert_same(lr.leaky_relu(-np.ones(n.size, dtype), n), -n.astype(np.float64).astype(dtype))


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="no wider type")
def test_longdouble_slopes_beyond_the_result(way):
    """x87 signals what the result's type cannot hold, and keeps flags of its own; in arrays of any layout."""
    x, slope = -np.ones((4, 6))[:, ::2], np.full((4, 1), np.longdouble("1e400"))
    with pytest.warns(RuntimeWarning, match=r"^overflow encountered in"):
        assert np.isinf(lr.leaky_relu(x, slope)).all()


def test_output_of_another_shape(way):
    x, out = np.ones(2), np.zeros(3)
    words = r"^leaky_relu: out has shape \(3,\), but the result has shape \(2,\)$"
    with pytest.raises(ValueError, match=words):
        lr.leaky_relu(x, 0.5, out)
    with pytest.raises(ValueError, match=words):
        lr.leaky_relu(x, out=out)
    with pytest.raises(ValueError, match=words):
        lr.leaky_relu(x, where=True, casting="same_kind", out=out)
