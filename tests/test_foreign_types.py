"""Subclasses, masked arrays, and types of other packages that override ufuncs."""

import gc
import traceback
import weakref

import numpy as np
import pytest
from helpers import HALF, assert_same, numbers
from leaky_relu import leaky_relu, leaky_relu_grad
from reference import reference

X = np.array([-2.0, -0.5, 0.0, 3.0])


class Tagged(np.ndarray):
    """A subclass with an attribute that is handed on."""

    def __array_finalize__(self, other):
        self.tag = getattr(other, "tag", None)


def tagged(a):
    a = a.copy().view(Tagged)
    a.tag = "kept"
    return a


def test_subclass(way):
    x = tagged(X)
    for y in (leaky_relu(x, 0.3), leaky_relu_grad(x, X, 0.3), leaky_relu_grad(X, x, 0.3), leaky_relu(x)):
        assert type(y) is Tagged
    assert leaky_relu(x, 0.3).tag == "kept"
    assert_same(leaky_relu(x, 0.3), reference(leaky_relu, X, 0.3))
    assert type(leaky_relu(x, 0.3, subok=False)) is np.ndarray
    assert type(leaky_relu(X, tagged(np.array([0.3])))) is Tagged


def test_subclass_as_output(way):
    out = tagged(np.zeros(4))
    assert leaky_relu(X, 0.3, out) is out
    assert out.tag == "kept"
    plain = np.zeros(4)
    assert leaky_relu(tagged(X), 0.3, out=plain) is plain
    assert_same(plain, np.asarray(out))


class Wrapped(np.ndarray):
    """A subclass that sees its results on their way out."""

    def __array_wrap__(self, array, context=None, return_scalar=False):
        ufunc, arguments, index = context
        return ufunc.__name__, len(arguments), index, np.asarray(array).tolist()


def test_array_wrap(way):
    assert leaky_relu(X.view(Wrapped), 0.5) == ("leaky_relu", 2, 0, reference(leaky_relu, X, 0.5).tolist())


def test_matrix_and_memmap(way, tmp_path):
    with pytest.warns(PendingDeprecationWarning, match="matrix"):
        matrix = np.matrix([[-1.0, 2.0]])
    assert type(leaky_relu(matrix)) is np.matrix
    memory = np.memmap(tmp_path / "x", np.float64, "w+", shape=4)
    memory[:] = X
    leaky_relu(memory, 0.3, out=memory)
    assert_same(np.array(memory), reference(leaky_relu, X, 0.3))


def test_masked_array(way):
    mask = [False, True, False, True]
    x = np.ma.array(X.copy(), mask=mask)
    for y in (leaky_relu(x, 0.3), leaky_relu(x), leaky_relu_grad(x, X, 0.3), leaky_relu_grad(X, x, 0.3)):
        assert type(y) is np.ma.MaskedArray
        assert y.mask.tolist() == mask
    assert leaky_relu(x, 0.5).tolist() == [-1.0, None, 0.0, None]
    leaky_relu(x, 0.5, out=x)
    assert x.tolist() == [-1.0, None, 0.0, None]


class Foreign:
    """Records what __array_ufunc__ gets."""

    def __array_ufunc__(self, *args, **kwargs):
        return args, kwargs


class NoUfuncs:
    __array_ufunc__ = None


class Complaining:
    def __array_ufunc__(self, *args, **kwargs):
        raise TypeError("my own words")


def test_array_ufunc(way):
    foreign = Foreign()
    for args, slope in [
        ((foreign,), 0.01),
        ((foreign, 0.3), 0.3),
        ((X, foreign), foreign),
        ((2.0, foreign), foreign),
    ]:
        assert leaky_relu(*args) == ((leaky_relu, "__call__", args[0], slope), {})
    assert leaky_relu(foreign, negative_slope=0.3) == ((leaky_relu, "__call__", foreign, 0.3), {})
    assert leaky_relu(X, 0.3, foreign) == ((leaky_relu, "__call__", X, 0.3), {"out": (foreign,)})
    assert leaky_relu(X, out=foreign) == ((leaky_relu, "__call__", X, 0.01), {"out": (foreign,)})
    read_only = X.copy()
    read_only.flags.writeable = False
    assert leaky_relu(X, foreign, read_only) == ((leaky_relu, "__call__", X, foreign), {"out": (read_only,)})
    assert leaky_relu(foreign, where=True) == ((leaky_relu, "__call__", foreign, 0.01), {"where": True})
    expected = (leaky_relu_grad, "__call__", X, foreign, 0.01)
    assert leaky_relu_grad(X, foreign) == (expected, {})
    assert leaky_relu.outer(foreign, 0.3) == ((leaky_relu, "outer", foreign, 0.3), {})


def test_array_ufunc_none(way):
    for args in [(NoUfuncs(),), (X, NoUfuncs()), (X, 0.3, NoUfuncs())]:
        with pytest.raises(TypeError, match="does not support ufuncs"):
            leaky_relu(*args)


def test_array_ufunc_complaining(way):
    for args in [(Complaining(),), (X, Complaining()), (np.array([1j]), Complaining())]:
        with pytest.raises(TypeError, match=r"^my own words$"):
            leaky_relu(*args)


@pytest.mark.parametrize("slope", [0.3, None], ids=["given", "default"])
def test_array_ufunc_gets_python_numbers_as_they_are(way, slope):
    """Rules of promotion are its own."""
    arguments, _ = leaky_relu(Foreign()) if slope is None else leaky_relu(Foreign(), slope)
    assert type(arguments[3]) is float


class ArrayLike:
    def __array__(self, dtype=None, copy=None):
        return np.array(X, dtype)


class HalfLike:
    """What becomes an array of float16, and says that it has nothing to do with ufuncs where nobody looks."""

    def __init__(self, values):
        self.values, self.__array_ufunc__ = values, None

    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype or HALF)


def test_a_protocol_counts_on_the_type_only(way):
    """As it does for NumPy: so the slope keeps its digits, as beside any array."""
    x = numbers(HALF, 200)
    assert_same(leaky_relu(HalfLike(x), 0.3), reference(leaky_relu, x, 0.3))


class Token:
    """Something that can be watched."""


class Raising:
    """Fails in a frame of its own, with an object in it."""

    def __init__(self):
        self.tokens = weakref.WeakSet()

    def __array__(self, dtype=None, copy=None):
        token = Token()
        self.tokens.add(token)
        raise ValueError("my own words")


class RaisingUfunc(Raising):
    def __array_ufunc__(self, *args, **kwargs):
        self.__array__()


@pytest.mark.parametrize("kind", [Raising, RaisingUfunc])
def test_traceback_of_an_exception(way, kind):
    """It leads to where it was raised, and what it holds goes with it."""
    raising = kind()
    with pytest.raises(ValueError, match=r"^my own words$") as error:
        leaky_relu(raising, 0.5)
    assert traceback.extract_tb(error.value.__traceback__)[-1].name == "__array__"
    assert len(raising.tokens) == 1
    del error
    gc.collect()
    assert not raising.tokens


def test_array_protocol(way):
    assert_same(leaky_relu(ArrayLike(), 0.3), reference(leaky_relu, X, 0.3))
    assert_same(leaky_relu(memoryview(X), 0.3), reference(leaky_relu, X, 0.3))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pandas(way):
    pandas = pytest.importorskip("pandas")
    series = pandas.Series(X.astype(np.float32), index=list("abcd"), name="x")
    y = leaky_relu(series, 0.3)
    pandas.testing.assert_series_equal(
        y, pandas.Series(reference(leaky_relu, X.astype(np.float32), 0.3), list("abcd"), name="x")
    )
    pandas.testing.assert_series_equal(leaky_relu(series), leaky_relu(series, 0.01))
    frame = pandas.DataFrame({"a": X, "b": -X})
    assert leaky_relu(frame)["b"].tolist() == reference(leaky_relu, -X).tolist()
    assert type(leaky_relu_grad(frame, frame, negative_slope=0.3)) is pandas.DataFrame


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pandas_nullable_dtypes(way):
    """Columns keep their dtype and what is missing; a frame of them reaches ufuncs as objects."""
    pandas = pytest.importorskip("pandas")
    for dtype in ("Float32", "Float64"):
        column = pandas.Series([-1.0, None, 2.0], dtype=dtype)
        y = leaky_relu(column, 0.5)
        assert y.dtype == dtype
        assert y.isna().tolist() == [False, True, False]
        assert y.dropna().tolist() == [-0.5, 2.0]
        frame = pandas.DataFrame({"a": column, "b": column})
        with pytest.raises(TypeError, match=r"^leaky_relu: x has dtype object"):
            leaky_relu(frame, 0.5)
        by_column = frame.apply(lambda column: leaky_relu(column, 0.5))
        pandas.testing.assert_series_equal(by_column["b"], y, check_names=False)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_pandas_ways_to_pass_the_slope(way):
    """For a ufunc DataFrame.apply drops keywords and args of its own accord; these ways keep them."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": X, "b": -X})
    expected = leaky_relu(frame, 0.5)
    assert expected["b"].tolist() == reference(leaky_relu, -X, 0.5).tolist()
    pandas.testing.assert_frame_equal(frame.pipe(leaky_relu, negative_slope=0.5), expected)
    pandas.testing.assert_frame_equal(frame.apply(lambda column: leaky_relu(column, 0.5)), expected)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_xarray(way):
    xarray = pytest.importorskip("xarray")
    x = xarray.DataArray(X.reshape(2, 2), dims=("batch", "channel"), coords={"channel": [5, 6]})
    y = leaky_relu(x, 0.3)
    assert y.dims == x.dims
    assert_same(y.values, reference(leaky_relu, X.reshape(2, 2), 0.3))
    slopes = xarray.DataArray([0.1, 0.2], dims="channel")
    assert_same(leaky_relu(x, slopes).values, reference(leaky_relu, X.reshape(2, 2), [0.1, 0.2]))
    assert leaky_relu_grad(x, x).coords["channel"].values.tolist() == [5, 6]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_dask(way):
    dask_array = pytest.importorskip("dask.array")
    a = np.arange(-50, 50, dtype=np.float32)
    x = dask_array.from_array(a, chunks=7)
    y = leaky_relu(x, 0.3)
    assert y.dtype == np.float32
    assert_same(y.compute(scheduler="threads"), reference(leaky_relu, a, 0.3))
    assert_same(leaky_relu(x).compute(scheduler="sync"), reference(leaky_relu, a))
    assert_same(
        leaky_relu_grad(x, x, negative_slope=0.3).compute(scheduler="sync"), reference(leaky_relu, a, 0.3)
    )
