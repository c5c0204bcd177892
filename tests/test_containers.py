"""Columns, ragged arrays, tensors and files of other packages, with the packages themselves."""

import gc

import numpy as np
import pytest
from helpers import DTYPES, F32, assert_same, from_torch, numbers, to_torch
from leaky_relu import affine_leaky_relu, bias_leaky_relu, leaky_relu, leaky_relu_grad
from reference import reference

X = np.array([-2.0, -0.5, 0.0, 3.0])


class TestPandas:
    """Beside what test_foreign_types.py has of it."""

    @pytest.fixture
    def pandas(self):
        return pytest.importorskip("pandas")

    @pytest.fixture(params=["Float32", "Float64", "float[pyarrow]", "double[pyarrow]"])
    def column(self, pandas, request):
        if "pyarrow" in request.param:
            pytest.importorskip("pyarrow")
        return pandas.Series([-1.0, None, 2.0], index=[3, 4, 5], name="x", dtype=request.param)

    def test_missing_values_stay_missing(self, way, pandas, column):
        grad_output = pandas.Series([4.0, 4.0, None], index=[3, 4, 5], dtype=column.dtype)
        of_missing = 2.0 if "pyarrow" in str(column.dtype) else None  # to ufuncs pandas gives NaN for it
        for y, expected in [
            (leaky_relu(column), [-0.01, None, 2.0]),
            (leaky_relu(column, 0.5), [-0.5, None, 2.0]),
            (bias_leaky_relu(column, 0.5, 0.5), [-0.25, None, 2.5]),
            (affine_leaky_relu(column, 2.0, 0.5, 0.5), [-0.75, None, 4.5]),
            (leaky_relu_grad(grad_output, column, 0.5), [2.0, of_missing, None]),
        ]:
            expected = pandas.Series(expected, index=[3, 4, 5], name=y.name, dtype=column.dtype)
            pandas.testing.assert_series_equal(y, expected)

    @pytest.mark.parametrize("dtype", ["Int64", "int64[pyarrow]"])
    def test_integers(self, way, pandas, dtype):
        if "pyarrow" in dtype:
            pytest.importorskip("pyarrow")
        y = leaky_relu(pandas.Series([-1, None, 2], dtype=dtype), 0.5)
        assert y.dtype in ("Float64", "double[pyarrow]")
        assert y.dropna().tolist() == [-0.5, 2.0]

    @pytest.mark.parametrize("fill_value", [0.0, -1.0])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_sparse(self, way, pandas, fill_value, dtype):
        x = pandas.arrays.SparseArray(np.array([-1, -1, 0, 0, 2], dtype), fill_value=fill_value)
        for sparse in (x, pandas.Series(x)):
            y = leaky_relu(sparse, 0.5)
            assert isinstance(y.dtype, pandas.SparseDtype)
            assert_same(np.asarray(y), reference(leaky_relu, np.asarray(x), 0.5))

    def test_labels_are_aligned(self, way, pandas):
        g, x = pandas.Series([1.0, 2.0], index=["a", "b"]), pandas.Series([-1.0, 1.0], index=["b", "a"])
        assert leaky_relu_grad(g, x, 0.5).to_dict() == {"a": 1.0, "b": 1.0}

    def test_index(self, way, pandas):
        assert leaky_relu(pandas.Index([-1.0, 2.0]), 0.5).equals(pandas.Index([-0.5, 2.0]))


def test_xarray_datasets(way):
    xarray = pytest.importorskip("xarray")
    x = xarray.Dataset({"a": ("t", X.astype(F32)), "b": (("t", "u"), X.reshape(4, 1))})
    for y, slope in ((leaky_relu(x), 0.01), (leaky_relu(x, 0.5), 0.5)):
        assert y.sizes == x.sizes
        for name in "ab":
            assert_same(y[name].values, reference(leaky_relu, x[name].values, slope))


class TestAwkward:
    @pytest.fixture
    def awkward(self):
        return pytest.importorskip("awkward")

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_ragged(self, way, awkward, dtype):
        x = awkward.values_astype(awkward.Array([[-1.0, 2.0], [], [-3.0]]), dtype)
        for y, expected in [
            (leaky_relu(x, 0.5), [[-0.5, 2.0], [], [-1.5]]),
            (leaky_relu(x, np.array([0.5, 1.0, 2.0])), [[-0.5, 2.0], [], [-6.0]]),
            (leaky_relu_grad(x, x, 0.5), [[-0.5, 2.0], [], [-1.5]]),
            (bias_leaky_relu(x, 1.0, 0.5), [[0.0, 3.0], [], [-1.0]]),
        ]:
            assert y.to_list() == expected
            assert str(y.type) == f"3 * var * {dtype}"
        flat = np.asarray(awkward.flatten(leaky_relu(x)))
        assert_same(flat, reference(leaky_relu, np.array([-1, 2, -3], dtype)))

    def test_missing_values(self, way, awkward):
        assert leaky_relu(awkward.Array([[-1.0, None], None]), 0.5).to_list() == [[-0.5, None], None]


class TestPolars:
    @pytest.fixture
    def polars(self):
        return pytest.importorskip("polars")

    @pytest.mark.parametrize("dtype", ["Float32", "Float64"])
    def test_series(self, way, polars, dtype):
        dtype = getattr(polars, dtype)
        x = polars.Series("x", [-1.0, None, 2.0], dtype=dtype)
        assert leaky_relu(x, 0.5).equals(polars.Series("x", [-0.5, None, 2.0], dtype=dtype), check_names=True)
        assert leaky_relu(x).dtype == dtype
        assert leaky_relu_grad(x, x, 0.5).to_list() == [-0.5, None, 2.0]

    def test_expressions(self, way, polars):
        frame = polars.DataFrame({"x": polars.Series([-1.0, 2.0], dtype=polars.Float32)})
        frame = frame.with_columns(y=leaky_relu(polars.col("x"), 0.5))
        assert frame["y"].to_list() == [-0.5, 2.0]
        assert frame["y"].dtype == polars.Float32

    def test_through_numpy(self, way, polars):
        x = polars.Series("x", X)
        view = x.to_numpy(allow_copy=False)
        y = polars.Series("y", leaky_relu(view, 0.5))
        assert_same(y.to_numpy(), reference(leaky_relu, X, 0.5))
        with pytest.raises(ValueError, match="read-only"):
            leaky_relu(view, 0.5, out=view)


class TestTorch:
    """Tensors on the CPU, as views in both directions."""

    @pytest.fixture
    def torch(self):
        return pytest.importorskip("torch")

    @pytest.mark.parametrize(
        "dtype", [dtype for dtype in DTYPES if dtype.itemsize <= 8], ids=lambda dtype: dtype.name
    )
    def test_a_tensor_in_place(self, way, torch, dtype):
        a = numbers(dtype, 100)
        tensor = to_torch(a.copy())
        view = from_torch(tensor, dtype)
        leaky_relu(view, 0.5, out=view)
        assert_same(from_torch(tensor, dtype), reference(leaky_relu, a, 0.5))

    @pytest.mark.parametrize(
        "view", [lambda t: t.T, lambda t: t[:, ::2], lambda t: t[1:, 1:]], ids=["transposed", "steps", "part"]
    )
    def test_a_view_of_a_tensor(self, way, torch, view):
        a = numbers(F32, (6, 8))
        tensor, expected = torch.from_numpy(a.copy()), torch.from_numpy(a.copy())
        leaky_relu(view(tensor).numpy(), 0.5, out=view(tensor).numpy())
        torch.nn.functional.leaky_relu_(view(expected), 0.5)
        assert_same(tensor.numpy(), expected.numpy())

    @pytest.mark.parametrize("n", [100, 1 << 22], ids=["small", "from recycled memory"])
    def test_a_tensor_keeps_the_memory_of_a_result(self, way, torch, n):
        x = numbers(F32, n)
        for _ in range(3):
            tensor = torch.from_numpy(leaky_relu(x, 0.5))
            tensor *= 2  # writes to the very memory
        gc.collect()
        leaky_relu(-x, 0.25)  # would take it, were it free
        assert_same(tensor[:1000].numpy(), 2 * reference(leaky_relu, x[:1000], 0.5))

    def test_dlpack(self, way, torch):
        a = numbers(F32, 100)
        y = torch.from_dlpack(leaky_relu(np.from_dlpack(torch.from_numpy(a.copy())), 0.5))
        assert_same(y.numpy(), reference(leaky_relu, a, 0.5))


class TestMemoryMapped:
    @pytest.fixture
    def path(self, tmp_path):
        path = tmp_path / "x.npy"
        np.save(path, numbers(F32, (1000, 1000)))
        return path

    def test_in_place(self, way, path):
        before = np.load(path)
        x = np.load(path, mmap_mode="r+")
        assert leaky_relu(x, 0.5, out=x) is x
        x.flush()
        assert_same(np.load(path), reference(leaky_relu, before, 0.5))

    def test_part_in_place(self, way, path):
        before = np.load(path)
        x = np.load(path, mmap_mode="r+")
        leaky_relu(x[10:20, ::-3], 0.5, out=x[10:20, ::-3])
        x.flush()
        before[10:20, ::-3] = reference(leaky_relu, before[10:20, ::-3], 0.5)
        assert_same(np.load(path), before)

    def test_read_only(self, way, path):
        x = np.load(path, mmap_mode="r")
        assert_same(leaky_relu(x[:10]), reference(leaky_relu, np.array(x[:10])))
        with pytest.raises(ValueError, match="read-only"):
            leaky_relu(x, out=x)


class Metres(np.ndarray):
    """A subclass whose views and results go by __array_finalize__ and __array_wrap__."""

    def __array_finalize__(self, other):
        self.unit = getattr(other, "unit", "m")


def test_subclass_with_all_operations(ufunc, way):
    inputs = [numbers(F32, (4, 5), seed).view(Metres) for seed in range(ufunc.nin)]
    inputs[0].unit = "km"
    y = ufunc(*inputs)
    assert type(y) is Metres
    assert y.unit == "km"
    assert_same(np.asarray(y), reference(ufunc, *map(np.asarray, inputs)))


def test_masked_array_with_all_operations(ufunc, way):
    """What is masked in any operand is masked in the result."""
    inputs = [np.ma.array(numbers(F32, 6, k), mask=np.arange(6) == k) for k in range(ufunc.nin)]
    y = ufunc(*inputs)
    assert type(y) is np.ma.MaskedArray
    assert y.mask.tolist() == [k < ufunc.nin for k in range(6)]
    assert_same(y.compressed(), reference(ufunc, *(a.data[~y.mask] for a in inputs)))
