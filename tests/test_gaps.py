"""What planted faults showed that no other test looked at (tests/mutants)."""

import os
from types import SimpleNamespace

import leaky_relu as lr
import numpy as np
import pytest
from helpers import DTYPES, F32, assert_same, byteswapped, numbers, unaligned
from leaky_relu import _dtypes, _limits
from leaky_relu._atomic_file import atomic_file
from reference import reference

EXACT = np.finfo(np.longdouble).nmant >= 63


@pytest.mark.skipif(not EXACT, reason="longdouble is float64 here")
def test_integer_slopes_are_longdoubles_beside_longdouble():
    slope = 2**60 + 1  # no float64
    x = -np.ones(3, np.longdouble)
    expected = -np.full(3, np.longdouble(2) ** 60 + 1)
    positive = np.zeros(1, np.uint8)
    assert np.array_equal(lr.leaky_relu_packed(x, slope)[0], expected)
    assert np.array_equal(lr.leaky_relu_grad_packed(x, positive, slope), expected)
    assert np.array_equal(lr.bias_leaky_relu_grad(x, x, slope)[0], expected)


ONE_SLOPE = {
    "leaky_relu_packed": lambda x, slope: lr.leaky_relu_packed(x, slope)[0],
    "leaky_relu_grad_packed": lambda x, slope: lr.leaky_relu_grad_packed(x, np.zeros(1, np.uint8), slope),
    "bias_leaky_relu_grad": lambda x, slope: lr.bias_leaky_relu_grad(x, x, slope)[0],
}


@pytest.mark.parametrize("call", ONE_SLOPE)
@pytest.mark.parametrize("slopes", DTYPES, ids=lambda dtype: dtype.name)
def test_slopes_that_do_not_lie_as_the_extension_takes_them(dtype, slopes, call):
    x, slope = -np.ones(3, dtype), np.array(0.3125, slopes)
    expected = np.full(3, -0.3125, dtype)
    assert_same(ONE_SLOPE[call](x, unaligned(slope)), expected)
    assert_same(ONE_SLOPE[call](x, byteswapped(slope)), expected)


@pytest.mark.parametrize("call", ONE_SLOPE)
@pytest.mark.parametrize("shape", [1, (1, 1), 3])
def test_slopes_with_dimensions(dtype, shape, call):
    with pytest.raises(ValueError, match=f"^{call}: negative_slope must be a scalar, got an array of shape "):
        ONE_SLOPE[call](np.ones(3), np.ones(shape, dtype))


@pytest.mark.parametrize(("outer", "inner"), [(4, 2), (2, 4)])
def test_the_least_of_nested_quotas_counts(tmp_path, outer, inner):
    group = tmp_path / "sys/fs/cgroup/a"
    group.mkdir(parents=True)
    (group.parent / "cpu.max").write_text(f"{outer}00000 100000\n")
    (group / "cpu.max").write_text(f"{inner}00000 100000\n")
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/a\n")
    assert _limits.cpu_quota(str(tmp_path)) == 2


def test_a_replaced_file_stays_whole_for_who_has_it_open(tmp_path, unfinished):
    target = tmp_path / "file"
    target.write_bytes(b"before")
    with target.open("rb") as reader:
        with atomic_file(target, replace=True) as file:
            file.write(b"after it")
        assert reader.read() == b"before"
    assert target.read_bytes() == b"after it"


def test_nothing_stays_behind_of_what_cannot_be_renamed(folder, unfinished):
    def write():
        with atomic_file("target", replace=True) as file:
            file.write(b"after it")
            os.mkdir("target")  # meanwhile

    with pytest.raises(OSError, match="target"):
        write()
    assert os.listdir() == ["target"]


def test_dtypes_of_the_new_kind_are_not_registered(monkeypatch):
    """Their number is -1, all of them."""
    registered = []
    new_kind = SimpleNamespace(generic=np.generic, dtype=lambda _: SimpleNamespace(num=-1))
    monkeypatch.setattr(_dtypes, "np", new_kind)
    monkeypatch.setattr(_dtypes, "_core", SimpleNamespace(_register_bfloat16=registered.append))
    _dtypes.adopt_bfloat16(SimpleNamespace(bfloat16=np.float32))
    assert registered == []


@pytest.mark.parametrize("mask", range(8))
def test_parameters_are_arrays_or_scalars(target, way, mask):
    """Each by itself: contiguous arrays of the shape of x, and numbers."""
    x = numbers(F32, 1003)
    parameters = [numbers(F32, 1003, k) if mask >> k & 1 else 0.25 * (k + 1) for k in range(3)]
    expected = reference(lr.affine_leaky_relu, x, *parameters)
    assert_same(lr.affine_leaky_relu(x, *parameters), expected)
    assert_same(lr.affine_leaky_relu(x, *parameters, out=x), expected)
    x = numbers(F32, 1003)
    assert_same(lr.bias_leaky_relu(x, *parameters[:2]), reference(lr.bias_leaky_relu, x, *parameters[:2]))


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.float32])
def test_result_that_no_array_can_hold(way, dtype):
    """Of views of one element, where the dtype of the result is wider or a parameter adds an axis."""
    x = np.broadcast_to(dtype(1), (1 << 31, (1 << 31) // np.dtype(dtype).itemsize))
    slopes = np.full((2, 1, 1), 0.5, np.float16)
    for function in (lr.leaky_relu, lr.bias_leaky_relu):
        with pytest.raises(ValueError, match=r"(array|iterator) is too (big|large)"):
            function(x, slopes)


X, W = np.ones((4, 6), np.float32), np.ones(6, np.float32)
NOT_PREPARED = {
    "x strided": (X[:, ::2], X[:, ::2], W[:3], 1),
    "x transposed": (X.T, X.T, W[:4], 1),
    "x a list": ([1.0], [1.0], W, 1),
    "x of integers": (X.astype(np.int32), X.astype(np.int32), W, 1),
    "grad_output of another dtype": (X.astype(float), X, W, 1),
    "grad_output of another shape": (X[:3], X, W, 1),
    "weight of another dtype": (X, X, W.astype(np.float16), 1),
    "weight strided": (X, X, np.ones(12, np.float32)[::2], 1),
    "weight unaligned": (X, X, unaligned(W), 1),
    "weight a list": (X, X, W.tolist(), 1),
    "no weight": (X, X, W[:0], 1),
    "too few channels": (X, X, W[:5], 1),
    "too long rows": (X, X, W, 5),
    "empty rows": (X, X, W, 0),
    "negative rows": (X, X, W, -1),
}


@pytest.mark.parametrize("case", NOT_PREPARED)
def test_the_extension_takes_prepared_arrays_only(case):
    """Python prepares them; what is not, the extension hands back."""
    assert lr._core._prelu_grad(*NOT_PREPARED[case]) is NotImplemented


@pytest.mark.parametrize(("inner", "error"), [("a", TypeError), (1.5, TypeError), (10**30, OverflowError)])
def test_the_extension_takes_lengths_of_rows_only(inner, error):
    with pytest.raises(error):
        lr._core._prelu_grad(X, X, W, inner)
