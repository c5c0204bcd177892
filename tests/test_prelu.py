"""PReLU: the bits of leaky_relu, and sums whose bits depend on the shape only."""

import math

import numpy as np
import pytest
from helpers import (
    DTYPES,
    F32,
    UP_TO_DOUBLE,
    assert_same,
    compute_type,
    flags_of,
    from_torch,
    specials,
    to_torch,
    unaligned,
)
from leaky_relu import leaky_relu, leaky_relu_grad, prelu, prelu_grad
from reference import reference_and_flags

# (outer, channels, inner): runs, of several segments; columns, beside each other, in strips and blocks
SHAPES = [
    (1, 1, 1), (3, 2, 64), (2, 3, 100), (2, 2, 66_000), (1, 1, 150_003),
    (5, 3, 1), (300, 3, 1), (7, 33, 1), (3, 5000, 1), (70_000, 1, 1), (9, 4, 7), (2, 700, 49), (70, 100, 7),
]  # fmt: skip


MEMORY_ORDERS = [
    lambda a: a,
    lambda a: np.array(a, order="F"),
    lambda a: np.repeat(a, 2, -1)[..., ::2] if a.ndim else a,
]


def data(dtype, shape, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) * 2.0 ** rng.integers(-6, 7, shape)).astype(dtype)


def slopes(dtype, channels):
    return np.linspace(-0.5, 1.5, channels).astype(compute_type(dtype))


def products(g, x):
    """Give what is summed, in the type of the sum."""
    wide = np.longdouble if g.dtype == np.longdouble else np.float64
    with np.errstate(all="ignore"):
        return np.where(x.astype(wide) > 0, 0, g.astype(wide) * x.astype(wide))


def in_order(terms):
    return np.add.accumulate(terms, axis=0)[-1]


def sums_in_order(p):
    """Add products of shape (outer, channels, inner) in the order that csrc/prelu.hpp states."""
    if p.shape[1] == 1:
        p = p.reshape(1, 1, -1)
    outer, channels, inner = p.shape
    if inner >= 64:
        partial = []
        for begin in range(0, inner, 65536):
            part = p[..., begin : begin + 65536]
            part = np.pad(part, ((0, 0), (0, 0), (0, -part.shape[2] % 32)))
            s = in_order(np.moveaxis(part.reshape(outer, channels, -1, 32), 2, 0))
            for half in (16, 8, 4, 2, 1):
                s = s[..., :half] + s[..., half:]
            partial.append(s)
        return in_order(np.moveaxis(np.concatenate(partial, 2), 2, 1).reshape(-1, channels))
    row = channels * inner
    beside = min(32 // math.gcd(32, row), max(2048 // row, 1))
    rows = p.reshape(outer, row)
    rows = np.pad(rows, ((0, -outer % beside), (0, 0))).reshape(-1, beside, channels, inner)
    block = max(64, 65536 // (row * beside))
    blocks = []
    for begin in range(0, len(rows), block):
        columns = in_order(rows[begin : begin + block])
        blocks.append(in_order(np.moveaxis(columns, 2, 1).reshape(-1, channels)))
    return in_order(np.array(blocks))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_bits(target, thread_count, dtype, shape):
    g, x, w = data(dtype, shape, 1), data(dtype, shape), slopes(dtype, shape[1])
    assert_same(prelu(x, w), leaky_relu(x, w[:, np.newaxis]))
    grad_x, grad_weight = prelu_grad(g, x, w)
    assert_same(grad_x, leaky_relu_grad(g, x, w[:, np.newaxis]))
    assert_same(grad_weight, sums_in_order(products(g, x)).astype(w.dtype))


@pytest.mark.parametrize("shape", [(2, 3, 1000), (500, 7, 1), (40, 3, 6)], ids=str)
def test_sum_is_accurate(target, shape):
    for dtype in (np.float32, np.float64):
        g, x = data(dtype, shape, 1), data(dtype, shape)
        terms = products(g, x)
        _, grad_weight = prelu_grad(g, x, np.zeros(shape[1]))
        for channel, actual in enumerate(grad_weight):
            exact = math.fsum(terms[:, channel].ravel())
            assert abs(actual - exact) <= 1e-14 * math.fsum(abs(terms[:, channel]).ravel())


@pytest.mark.parametrize("shape", [(3, 4, 5, 6), (4, 5), (2, 3, 2, 2, 40), (6,), ()], ids=str)
def test_any_channel_axis_and_memory_order(dtype, shape):
    x, g = data(dtype, shape), data(dtype, shape, 1)
    for axis in range(-len(shape), len(shape)) if len(shape) > 1 else [1]:
        channels = shape[axis] if len(shape) > 1 else 1
        along = [1] * len(shape)
        if along:
            along[axis if len(shape) > 1 else 0] = channels
        w = slopes(dtype, channels)
        for order in MEMORY_ORDERS:
            y = prelu(order(x), w, channel_axis=axis)
            assert_same(y, leaky_relu(x, w.reshape(along) if along else w[0]))
            grad_x, grad_weight = prelu_grad(order(g), order(x), w, channel_axis=axis)
            assert_same(grad_x, leaky_relu_grad(g, x, w.reshape(along)))
            assert_same(grad_weight, prelu_grad(g, x, w, channel_axis=axis)[1])


@pytest.mark.parametrize("weight", [0.25, [0.25], np.float32(0.25), np.full((1, 1, 1), 0.25)], ids=repr)
def test_one_weight_for_all(weight):
    x, g = data(np.float32, (3, 4, 50)), data(np.float32, (3, 4, 50), 1)
    assert_same(prelu(x, weight), leaky_relu(x, 0.25))
    grad_x, grad_weight = prelu_grad(g, x, weight)
    assert_same(grad_x, leaky_relu_grad(g, x, 0.25))
    weight = np.asarray(weight)
    assert_same(
        grad_weight,
        sums_in_order(products(g, x).reshape(1, 1, -1)).astype(weight.dtype).reshape(weight.shape),
    )


@pytest.mark.parametrize("weight_dtype", [np.float32, np.float64])
def test_weights_of_any_layout(weight_dtype):
    x, g, w = data(F32, (5, 3, 7)), data(F32, (5, 3, 7), 1), np.array([2, -1, 3], weight_dtype)
    expected = prelu_grad(g, x, w)
    swapped = w.astype(w.dtype.newbyteorder())
    for weight in (w.repeat(2)[::2], w[::-1].copy()[::-1], swapped, unaligned(w)):
        assert_same(prelu(x, weight), prelu(x, w))
        grad_x, grad_weight = prelu_grad(g, x, weight)
        assert_same(grad_x, expected[0])
        assert_same(grad_weight.astype(weight_dtype), expected[1])


@pytest.mark.parametrize("weight_dtype", DTYPES, ids=lambda dtype: dtype.name)
def test_the_weight_decides_its_gradients_dtype_and_nothing_else(dtype, weight_dtype):
    x, g, w = (
        data(dtype, (4, 3, 5)),
        data(dtype, (4, 3, 5), 1),
        slopes(dtype, 3).reshape(3, 1).astype(weight_dtype),
    )
    as_float = w.astype(np.float32) if w.dtype.itemsize == 2 else w
    assert_same(prelu(x, w), leaky_relu(x, as_float))
    grad_x, grad_weight = prelu_grad(g, x, w)
    assert_same(grad_x, leaky_relu_grad(g, x, as_float))
    assert_same(grad_weight, sums_in_order(products(g, x)).astype(weight_dtype).reshape(3, 1))


def test_integers_and_mixed_dtypes():
    x, g = np.array([[-2, 3]]), np.array([[1.5, 1]], np.float32)
    assert_same(prelu(x, [1, 2]), np.array([[-2.0, 3.0]]))
    grad_x, grad_weight = prelu_grad(g, x, [1, 2])
    assert_same(grad_x, np.array([[1.5, 1.0]]))
    assert_same(grad_weight, np.array([-3.0, 0.0]))


def test_output_given(dtype):
    x, w = data(dtype, (3, 4, 70)), slopes(dtype, 4)
    expected = prelu(x, w)
    for out in (np.empty_like(x), np.asfortranarray(x), np.zeros((3, 4, 140), dtype)[..., ::2]):
        assert prelu(x, w, out=out) is out
        assert_same(out, expected)
    shifted = np.concatenate([x.ravel(), x.ravel()[:1]])
    out = shifted[1:].reshape(x.shape)
    prelu(shifted[:-1].reshape(x.shape), w, out=out)
    assert_same(out, expected)
    assert prelu(x, w, out=x) is x
    assert_same(x, expected)


@pytest.mark.parametrize("in_place", [False, True])
def test_output_may_hold_the_weight(dtype, in_place):
    x, out = data(dtype, (1, 2, 64)), data(dtype, (1, 2, 64))
    weight = (x if in_place else out)[0, 0, :2]
    expected = prelu(x.copy(), weight.copy())
    assert_same(prelu(x, weight, out=x if in_place else out), expected)


@pytest.mark.parametrize("shape", [(0, 3, 5), (2, 3, 0), (0, 3)], ids=str)
def test_empty(shape):
    x = np.zeros(shape, np.float32)
    assert prelu(x, np.ones(3)).shape == shape
    grad_x, grad_weight = prelu_grad(x, x, np.ones(3))
    assert grad_x.shape == shape
    assert_same(grad_weight, np.zeros(3))
    assert prelu(np.zeros((2, 0, 3)), np.ones(0)).size == 0
    assert prelu_grad(np.zeros((2, 0, 3)), np.zeros((2, 0, 3)), np.ones(0))[1].size == 0


@pytest.mark.parametrize("n", [1, 37, 100])
@pytest.mark.parametrize("dtype", UP_TO_DOUBLE, ids=lambda dtype: dtype.name)
def test_flags_are_those_of_both_formulas(target, dtype, n):
    values = specials(dtype)[:-4]  # without signalling NaN
    for g in values[::3]:
        for x in values[1::2]:
            pair = np.full((1, n), g, dtype), np.full((1, n), x, dtype)
            expected = reference_and_flags(leaky_relu_grad, *pair, 0.5)[1]
            counted = flags_of(sum_of_products, *pair)[1]
            assert flags_of(prelu_grad, *pair, 0.5)[1] == expected | counted, (g, x)


def sum_of_products(g, x):
    wide = np.float64
    with np.errstate(all="ignore"):
        g, x = g.astype(wide)[~(x.astype(wide) > 0)], x.astype(wide)[~(x.astype(wide) > 0)]
    total = np.zeros(())
    for value in np.multiply(g, x):
        total = total + value


def test_positive_elements_take_no_part_in_the_sum(target, dtype):
    """Neither by their value nor by flags, whatever their product would be."""
    with np.errstate(over="ignore"):
        x = np.array([[np.inf, np.finfo(np.float32).max, 1e-3, -1]] * 10).astype(dtype)
    g = np.array([[0, 1, np.nan, 2]] * 10).astype(dtype)
    (_, grad_weight), flags = flags_of(prelu_grad, g, x, np.float32(0.5))
    assert not flags
    assert grad_weight == -20


def test_nan_counts(target):
    x = np.array([[np.nan, 1], [1, 1]], np.float32)
    assert_same(prelu_grad(np.ones((2, 2)), x, np.ones(2))[1], np.array([np.nan, 0.0]))


def test_warnings_name_the_function():
    x = np.full((2, 3, 4), -3e38, np.float32)
    with pytest.warns(RuntimeWarning, match="overflow .* leaky_relu$"):
        prelu(x, np.full(3, 1e10, np.float32))
    with pytest.warns(RuntimeWarning, match="overflow .* prelu_grad$"):
        prelu_grad(x, x, np.full(3, 1e10))
    with np.errstate(over="raise"), pytest.raises(FloatingPointError, match="prelu_grad"):
        prelu_grad(x, x, np.full(3, 1e10))
    x = np.full((2, 3, 4), -1, np.float32)
    with pytest.warns(RuntimeWarning, match="^overflow encountered in prelu_grad$"):
        prelu_grad(x, x, np.full(3, 1e300))  # which becomes a float32


@pytest.mark.parametrize("shape", [(16, 32, 48, 48), (16, 48, 48, 32)], ids=str)
def test_large(thread_count, shape):
    """More than the caches hold, by streaming stores, on several threads."""
    x, g = (
        np.tile(data(np.float32, 1000), math.prod(shape) // 1000 + 1)[: math.prod(shape)].reshape(shape),
        None,
    )
    g = x[::-1].copy()
    w = slopes(x.dtype, 32)
    axis = shape.index(32)
    along = w.reshape(-1, *[1] * (3 - axis))
    assert_same(prelu(x, w, channel_axis=axis), leaky_relu(x, along))
    grad_x, grad_weight = prelu_grad(g, x, w, channel_axis=axis)
    assert_same(grad_x, leaky_relu_grad(g, x, along))
    others = tuple(k for k in range(4) if k != axis)
    assert_same(grad_weight, products(g, x).sum(others).astype(np.float32))


def test_wrong_weights():
    x = np.zeros((2, 3, 4))
    for call in (lambda *a, **k: prelu(x, *a, **k), lambda *a, **k: prelu_grad(x, x, *a, **k)):
        with pytest.raises(
            ValueError, match=r"weight has 4 elements, but x of shape \(2, 3, 4\) has 3 channels"
        ):
            call(np.ones(4))
        with pytest.raises(ValueError, match=r"weight has 3 elements.*2 channels"):
            call(np.ones(3), channel_axis=0)
    with pytest.raises(ValueError, match=r"weight has 5 elements.*1 channel "):
        prelu(np.zeros(5), np.ones(5))


def test_wrong_shapes():
    with pytest.raises(ValueError, match=r"grad_output has shape \(2, 3\), but x has shape \(3, 2\)"):
        prelu_grad(np.ones((2, 3)), np.ones((3, 2)), 0.1)
    with pytest.raises(ValueError, match="shape"):
        prelu(np.ones((2, 3)), np.ones(3), out=np.ones((3, 2)))
    frozen = np.ones((2, 3))
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        prelu(frozen, np.ones(3), out=frozen)


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 2), complex), np.zeros((2, 2), object), np.zeros((2, 2), "U3")], ids=str
)
def test_wrong_dtypes(bad):
    good, weights = np.ones((2, 2)), bad[0]
    with pytest.raises(TypeError, match=f"^prelu: x has dtype {bad.dtype}"):
        prelu(bad, np.ones(2))
    with pytest.raises(TypeError, match=f"^prelu: weight has dtype {bad.dtype}"):
        prelu(good, weights)
    with pytest.raises(TypeError, match=f"^prelu_grad: grad_output has dtype {bad.dtype}"):
        prelu_grad(bad, good, np.ones(2))
    with pytest.raises(TypeError, match=f"^prelu_grad: x has dtype {bad.dtype}"):
        prelu_grad(good, bad, np.ones(2))
    with pytest.raises(TypeError, match=f"^prelu_grad: weight has dtype {bad.dtype}"):
        prelu_grad(good, good, weights)


@pytest.mark.parametrize("dtype", UP_TO_DOUBLE, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize(
    ("shape", "channels"), [((3, 4, 5, 16), 4), ((7, 5), 5), ((3, 4, 10), 1), ((6,), 1)], ids=str
)
def test_same_as_torch(target, dtype, shape, channels):
    torch = pytest.importorskip("torch")
    x, g, w = data(dtype, shape), data(dtype, shape, 1), np.linspace(-0.5, 1.5, channels).astype(dtype)
    leaves = [to_torch(a.copy()).requires_grad_() for a in (x, w)]
    theirs = torch.nn.functional.prelu(*leaves)
    theirs.backward(to_torch(g.copy()))
    assert_same(prelu(x, w), from_torch(theirs.detach(), dtype))
    grad_x, grad_weight = prelu_grad(g, x, w)
    assert_same(grad_x, from_torch(leaves[0].grad, dtype))
    close = from_torch(leaves[1].grad, dtype).astype(np.float64)  # they sum in another precision and order
    epsilon = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}[dtype.name]
    scale = np.abs(products(g, x)).sum()
    assert np.all(np.abs(grad_weight.astype(np.float64) - close) <= 20 * epsilon * scale)


@pytest.mark.parametrize("axis", [0, 1, 31, 32, 63, -64])
def test_as_many_axes_as_there_may_be(axis):
    shape, w = [1] * 64, np.array([2, -1, 3], np.float32)
    shape[axis] = 3
    x = -np.ones(shape, np.float32)
    assert_same(prelu(x, w, channel_axis=axis), x * w.reshape(shape))
    assert_same(prelu_grad(x, x, w, channel_axis=axis)[0], x * w.reshape(shape))


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
@pytest.mark.parametrize("weight_dtype", [np.float32, np.float16, np.int8])
def test_weight_is_shaped_alike_on_every_way_in(axis, weight_dtype):
    """What is common is looked at in a shorter way than lists, subclasses and weights of other shapes."""
    x = data(F32, (3, 3, 3))
    w = np.array([2, -1, 3]).astype(weight_dtype)
    along = np.moveaxis(w.reshape(3, 1, 1), 0, axis)
    expected = leaky_relu(x, along.astype(np.float32))
    for operand in (x, x.tolist(), x.view(np.memmap), np.asfortranarray(x)):
        for weight in (w, w.tolist(), w.reshape(1, 3), w[:, np.newaxis]):
            y = prelu(operand, weight, channel_axis=axis)
            assert_same(np.asarray(y).astype(np.float32), expected)
    for weight in (w[:1], w[0], w[:1].reshape(1, 1), [w[0]]):
        assert_same(prelu(x, weight, channel_axis=axis), leaky_relu(x, float(w[0])))
