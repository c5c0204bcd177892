"""RReLU: slopes from a generator, never outside their interval."""

import numpy as np
import pytest
from helpers import DTYPES, INTEGERS, assert_same, compute_type
from leaky_relu import leaky_relu, leaky_relu_grad, rrelu


def generator(seed=0):
    return np.random.default_rng(seed)


def test_values_and_gradient(dtype):
    x = generator(1).standard_normal((50, 30)).astype(dtype)
    y, slope = rrelu(x, rng=generator())
    assert slope.dtype == compute_type(dtype)
    assert slope.shape == x.shape
    assert slope.astype(np.float64).min() >= 1 / 8
    assert slope.astype(np.float64).max() < 1 / 3
    assert_same(y, leaky_relu(x, slope))
    assert leaky_relu_grad(x, x, slope).dtype == dtype
    again = rrelu(x, rng=generator())
    assert_same(again[0], y)
    assert_same(again[1], slope)
    assert not np.array_equal(rrelu(x, rng=generator(2))[1], slope)


def test_slopes_are_uniform():
    _, slope = rrelu(np.zeros(200_000, np.float32), 0.2, 0.6, rng=generator())
    counts, _ = np.histogram(slope, 20, (0.2, 0.6))
    assert abs(counts / 10_000 - 1).max() < 0.05


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize(
    ("lower", "upper"),
    [(1 / 8, 1 / 3), (0.1, 0.1 + 1e-8), (1, 1 + 1e-7), (-2.1, -2.0999999), (0.1, 0.3), (-1e30, 1e-3)],
)
def test_rounding_stays_inside(dtype, lower, upper):
    """As few numbers fit between the bounds as there may be: float32's next one is the upper bound."""
    _, slope = rrelu(np.zeros(20_000, dtype), lower, upper, rng=generator())
    inside = (slope.astype(np.longdouble) >= lower) & (slope.astype(np.longdouble) < upper)
    least = slope.dtype.type(lower)
    if least < np.longdouble(lower):
        least = np.nextafter(least, slope.dtype.type(np.inf))
    if least < np.longdouble(upper):
        assert inside.all()
    else:  # no number of this precision is between them
        assert np.all(slope == slope.dtype.type(lower))


@pytest.mark.parametrize("draw", [0.0, 1.0], ids=["least", "largest"])
def test_extreme_draws_stay_inside(draw):
    class Extreme(np.random.Generator):
        def random(self, size=None, dtype=np.float64, out=None):
            extreme = np.nextafter(dtype(1), dtype(0)) if draw else dtype(0)
            if out is None:
                return np.full(size, extreme)
            out[...] = extreme
            return out

    for dtype in (np.float32, np.float64):
        for lower, upper in ((1 / 8, 1 / 3), (0.1, 0.3), (0.7, 0.8), (1.0, 3.0), (-1.0, 0.7), (0.3, 0.30001)):
            for n in (1, 20_000):
                _, slope = rrelu(np.zeros(n, dtype), lower, upper, rng=Extreme(np.random.PCG64(0)))
                assert lower <= slope.min().item() <= slope.max().item() < upper


@pytest.mark.parametrize("bound", [0.2, 0.7])  # float32 has a larger number, and a smaller one
def test_equal_bounds_are_the_slope(bound):
    y, slope = rrelu(-np.ones(3, np.float32), bound, bound, rng=generator())
    assert_same(slope, np.full(3, bound, np.float32))
    assert_same(y, -slope)


@pytest.mark.parametrize("dtype", [*INTEGERS, ">f4", "<f4", ">f8", "<f8"], ids=str)
def test_slopes_have_the_dtype_in_which_the_ufunc_computes(dtype):
    x = np.array([1, 0, 3]).astype(dtype)
    y, slope = rrelu(x, rng=generator())
    assert slope.dtype == compute_type(leaky_relu(x).dtype)
    assert slope.dtype.isnative
    assert_same(y, leaky_relu(x, slope))


def test_scalars_lists_integers_and_empty():
    y, slope = rrelu(-2.0, rng=generator())
    assert y == -2.0 * slope
    assert slope.shape == ()
    y, slope = rrelu([-1, 2], rng=generator())
    assert_same(y, np.array([-slope[0], 2.0]))
    assert rrelu(np.zeros((0, 3)), rng=generator())[1].shape == (0, 3)


@pytest.mark.parametrize(
    "rng",
    [None, 0, np.random.RandomState(0), np.random, np.random.PCG64(0)],
    ids=lambda rng: type(rng).__qualname__,
)
def test_wrong_generator(rng):
    with pytest.raises(TypeError, match=r"^rrelu: rng must be .*default_rng\(seed\), not "):
        rrelu(np.ones(3), rng=rng)


def test_wrong_bounds():
    with pytest.raises(ValueError, match=r"lower must not be greater than upper, got 0.5 and 0.25"):
        rrelu(np.ones(3), 0.5, 0.25, rng=generator())
    with pytest.raises(ValueError, match=r"finite, got 0.1 and inf"):
        rrelu(np.ones(3), 0.1, np.inf, rng=generator())
    with pytest.raises(ValueError, match=r"finite, got nan and 0.25"):
        rrelu(np.ones(3), np.nan, 0.25, rng=generator())
    with pytest.raises(ValueError, match=r"beyond float32, got 0.0 and 1e\+300"):
        rrelu(np.ones(3, np.float32), 0.0, 1e300, rng=generator())
    for lower, upper in ((-4e38, -3e38), (3e38, 4e38), (4e38, 4e38)):
        with pytest.raises(ValueError, match="beyond float32, got "):
            rrelu(np.ones(3, np.float32), lower, upper, rng=generator())
    for dtype, bound in (("float32", 3e38), ("float64", 1e308)):  # the width is
        with pytest.raises(ValueError, match=f"beyond {dtype}, got "):
            rrelu(np.ones(3, dtype), -bound, bound, rng=generator())


def test_wrong_dtype():
    with pytest.raises(TypeError, match=r"^rrelu: x has dtype complex128"):
        rrelu(np.ones(3, complex), rng=generator())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_dask_arrays_are_not_computed():
    dask_array = pytest.importorskip("dask.array")

    def fail(*_, **__):
        raise AssertionError("a block was computed")

    x = dask_array.ones((6, 4), chunks=3, dtype=np.float32)
    y, slope = rrelu(x.map_blocks(fail, dtype=np.float32, meta=np.ones((0, 0), np.float32)), rng=generator())
    assert type(y) is dask_array.Array
    assert y.dtype == slope.dtype == np.float32
    y, slope = rrelu(-x, rng=generator())
    assert_same(y.compute(scheduler="sync"), -slope)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_do_not_show(dtype):
    """The slopes are those of one draw of the whole, scaled: the same numbers from the same seed."""
    x = np.zeros((3, 20_011), dtype)
    _, slope = rrelu(x, 0.2, 0.6, rng=generator())
    draw = generator().random(x.shape, dtype)
    first, last = np.nextafter(dtype(0.2), dtype(1)), np.nextafter(dtype(0.6), dtype(0))
    first = dtype(0.2) if float(dtype(0.2)) >= 0.2 else first
    last = dtype(0.6) if float(dtype(0.6)) < 0.6 else last
    assert_same(slope, np.minimum(draw * dtype(0.6 - 0.2) + first, last))
