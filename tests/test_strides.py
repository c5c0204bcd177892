"""Views of every shape, order and stride, as inputs, slopes and outputs."""

import itertools

import leaky_relu as lr
import numpy as np
import pytest
from helpers import DTYPES, F32, assert_same, compute_type, numbers, unaligned
from reference import DATA, OPERATIONS, reference

BASE = (6, 7, 40)


VIEWS = {
    "contiguous": lambda a: a,
    "every second": lambda a: a[..., ::2],
    "every third, backwards": lambda a: a[..., ::-3],
    "backwards": lambda a: a[::-1, ::-1, ::-1],
    "every fourth": lambda a: a[..., ::4],
    "rows apart": lambda a: a[::2],
    "short rows": lambda a: a[..., 1:4],
    "inner part": lambda a: a[1:-1, 2:5, 3:-4],
    "one column": lambda a: a[:, :, 5],
    "transposed": lambda a: a.T,
    "axes swapped": lambda a: a.transpose(1, 2, 0),
    "Fortran order": np.asfortranarray,
    "one dimension": np.ravel,
    "axes of length one": lambda a: a[:1, None, :, 2:3],
    "unaligned": unaligned,
    "unaligned, every second": lambda a: unaligned(a)[..., ::2],
    "diagonal": lambda a: a.reshape(-1)[5::41],
    "empty": lambda a: a[:, :0],
}
BROADCAST = {
    "rows repeated": lambda a: np.broadcast_to(a[:1], a.shape),
    "columns repeated": lambda a: np.broadcast_to(a[..., :1], a.shape),
    "one element": lambda a: np.broadcast_to(a[0, 0, 0], a.shape),
    "windows": lambda a: np.lib.stride_tricks.sliding_window_view(a[0], 5, axis=1),  # two axes of one step
}


def strides(a):
    """Those that mean something."""
    return [stride for stride, length in zip(a.strides, a.shape, strict=True) if length > 1]


@pytest.mark.parametrize("view", [*VIEWS, *BROADCAST])
def test_new_output(target, way, dtype, view):
    x = (VIEWS | BROADCAST)[view](numbers(dtype, BASE))
    y = lr.leaky_relu(x, -0.5)
    assert_same(y, reference(lr.leaky_relu, x, -0.5))
    like = np.negative(x)
    assert strides(y) == strides(like)
    assert y.flags.c_contiguous == like.flags.c_contiguous
    assert y.flags.f_contiguous == like.flags.f_contiguous
    g = (VIEWS | BROADCAST)[view](numbers(dtype, BASE, 1))
    dx = lr.leaky_relu_grad(g, x, -0.5)
    assert_same(dx, reference(lr.leaky_relu_grad, g, x, -0.5))
    assert strides(dx) == strides(like)


def test_new_output_of_operands_that_lack_axes(way):
    """Its order is that of NumPy's own functions: of two axes those operands decide that have both."""
    views = [
        np.broadcast_to(numbers(F32, shape).transpose(axes), (3, 3, 3))
        for shape in itertools.product((1, 3), repeat=3)
        for axes in itertools.permutations(range(3))
    ]
    for x in views:
        assert lr.leaky_relu(x).strides == np.negative(x).strides
        for g in views:
            assert lr.leaky_relu_grad(g, x).strides == np.add(g, x).strides


@pytest.mark.parametrize("view", VIEWS)
def test_given_output(target, way, dtype, view):
    """Elements between those of the output keep their bytes."""
    make = VIEWS[view]
    x, g = make(numbers(dtype, BASE)), make(numbers(dtype, BASE, 1))
    for source in (x, np.ascontiguousarray(x), np.asfortranarray(x)):
        whole = np.full(BASE, 99, dtype)
        out = make(whole)
        assert lr.leaky_relu(source, 0.3, out) is out
        assert_same(out, reference(lr.leaky_relu, x, 0.3))
        if np.shares_memory(out, whole):
            make(whole)[...] = 99
            assert (whole == 99).all()
    out = make(np.full(BASE, 99, dtype))
    assert lr.leaky_relu_grad(g, x, 0.3, out=out) is out
    assert_same(out, reference(lr.leaky_relu_grad, g, x, 0.3))
    expected = reference(lr.leaky_relu, x, 0.3)
    assert lr.leaky_relu(x, 0.3, out=x) is x
    assert_same(x, expected)


def test_five_axes_of_their_own(target, way, ufunc, dtype):
    """No two of them can be merged, and all have different lengths."""
    shape = (3, 2, 4, 5, 7)
    inner = tuple(slice(n) for n in shape)
    *inputs, out = (numbers(dtype, [n + 1 for n in shape], k)[inner] for k in range(ufunc.nin + 1))
    wanted = reference(ufunc, *inputs)
    for order in itertools.permutations(range(4)):
        views = [a.transpose(*order, 4) for a in inputs]
        assert_same(ufunc(*views), wanted.transpose(*order, 4))
        assert_same(ufunc(*views, out=out.transpose(*order, 4)), wanted.transpose(*order, 4))


@pytest.mark.parametrize("step_g", [1, 2, -3])
@pytest.mark.parametrize("step_x", [5, -1])
def test_each_operand_has_a_stride_of_its_own(target, way, dtype, step_g, step_x):
    for n in (1, 5, 67, 1000):
        g, x = numbers(dtype, 5 * n, 1)[::step_g][:n], numbers(dtype, 5 * n)[::step_x][:n]
        assert_same(lr.leaky_relu_grad(g, x, 0.3), reference(lr.leaky_relu_grad, g, x, 0.3))


@pytest.mark.parametrize("n", [1025, 2048, 2049, 5000])
def test_long_rows_of_which_everything_is_copied(target, way, ufunc, dtype, n):
    """Parameters take up twice as much of a buffer as 16-bit data."""
    dtypes = [dtype if name in DATA else compute_type(dtype) for name in OPERATIONS[ufunc.__name__]]
    inputs = [numbers(d, (2, 2 * n), k)[:, ::2] for k, d in enumerate(dtypes)]
    out = np.zeros((2, 2 * n), dtype)[:, ::2]
    assert ufunc(*inputs, out=out) is out
    assert_same(out, reference(ufunc, *inputs))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("other", ["C", "F"])
def test_memory_orders_mixed(target, way, dtype, order, other):
    g, x = np.array(numbers(dtype, BASE, 1), order=order), np.array(numbers(dtype, BASE), order=other)
    out = np.empty(BASE, dtype, order=order)
    assert_same(lr.leaky_relu_grad(g, x), reference(lr.leaky_relu_grad, g, x))
    assert_same(lr.leaky_relu(x, out=out), reference(lr.leaky_relu, x))


@pytest.mark.parametrize("byte_order", "<>")
def test_byte_swapped(target, way, byte_order):
    for dtype in DTYPES:
        if dtype.name == "bfloat16":  # ml_dtypes has it in native order only
            continue
        x = numbers(dtype, 1000)
        foreign = x.astype(dtype.newbyteorder(byte_order))
        assert_same(lr.leaky_relu(foreign, 0.3), reference(lr.leaky_relu, x, 0.3))
        assert_same(lr.leaky_relu_grad(foreign, x, 0.3), reference(lr.leaky_relu_grad, x, x, 0.3))
        out = np.empty_like(foreign)
        lr.leaky_relu(x, 0.3, out)
        assert_same(out.astype(dtype), reference(lr.leaky_relu, x, 0.3))


SLOPE_SHAPES = {
    "per element": lambda s: s,
    "per channel": lambda s: s[:1, :, :1],
    "last axis": lambda s: s[0, 0],
    "last axis, every second": lambda s: np.repeat(s[0, 0], 2)[::2],
    "backwards": lambda s: s[::-1, ::-1, ::-1],
    "Fortran order": np.asfortranarray,
    "one": lambda s: s[:1, :1, :1],
    "byte-swapped": lambda s: s.astype(s.dtype.newbyteorder()),
    "unaligned": unaligned,
}


@pytest.mark.parametrize("kind", SLOPE_SHAPES)
def test_slopes(target, way, dtype, kind):
    x, g = numbers(dtype, BASE), numbers(dtype, BASE, 1)
    for slope_dtype in (np.float16, np.float32, np.float64, np.longdouble, np.int32):
        slope = SLOPE_SHAPES[kind]((numbers(compute_type(dtype), BASE, 2) * 3).astype(slope_dtype))
        for view in ("contiguous", "transposed", "every second"):
            if view != "contiguous" and kind.startswith("last axis"):
                continue
            a, b = VIEWS[view](x), VIEWS[view](g)
            s = VIEWS[view](slope) if slope.shape == x.shape or view == "transposed" else slope
            assert_same(lr.leaky_relu(a, s), reference(lr.leaky_relu, a, s))
            assert_same(lr.leaky_relu_grad(b, a, s), reference(lr.leaky_relu_grad, b, a, s))


@pytest.mark.parametrize("columns", [16, 17, 31, 32])
def test_parameters_of_another_dtype_that_are_one_for_a_row(target, way, columns):
    """More rows than are converted at once, where nothing else is copied."""
    for dtype, other in ((np.float64, np.float32), (np.float32, np.float64)):
        x = numbers(np.dtype(dtype), (3000, columns))
        bias, slope = (numbers(np.dtype(other), (3000, 1), seed) for seed in (1, 2))
        assert_same(lr.bias_leaky_relu(x, bias, slope), reference(lr.bias_leaky_relu, x, bias, slope))
        expected = reference(lr.affine_leaky_relu, x, slope, bias, slope)
        assert_same(lr.affine_leaky_relu(x, slope, bias, slope), expected)


def test_x_broadcasts_to_the_slope(way, dtype):
    x, slope = numbers(dtype, (7, 1)), numbers(compute_type(dtype), (3, 1, 40), 1)
    assert_same(lr.leaky_relu(x, slope), reference(lr.leaky_relu, *np.broadcast_arrays(x, slope)))
    assert_same(
        lr.leaky_relu_grad(x, x.T, 0.5), reference(lr.leaky_relu_grad, *np.broadcast_arrays(x, x.T), 0.5)
    )
