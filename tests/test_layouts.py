"""Anything that can be called, called in three ways: fast path, NumPy's machinery, and the plain formula."""

import mmap
import sys
import warnings

import leaky_relu as lr
import numpy as np
import pytest
from helpers import DTYPES, assert_same, flags_of, numbers, raised_flags, using

pytest.importorskip("hypothesis")
import layouts
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided
from reference import DATA, OPERATIONS, REFERENCE, reference

targets = st.sampled_from(lr.simd_targets())


def layout(a):
    """Tell how a result lies in memory, as far as that means something."""
    if not isinstance(a, np.ndarray) or not a.size:
        return None
    strides = [stride for stride, n in zip(a.strides, a.shape, strict=True) if n > 1]
    return strides, [a.flags[name] for name in ("C", "F", "A", "W", "O")], type(a.base)


def expected(call, dtype):
    """Evaluate the formula, with its flags; data of other dtypes is cast first."""
    names = OPERATIONS[call.operation][: len(call.inputs)]
    arrays = map(np.asarray, call.inputs)
    with raised_flags() as flags:
        cast = [a.astype(dtype) if name in DATA else a for name, a in zip(names, arrays, strict=True)]
    value, flags_of_formula = REFERENCE[call.operation](*cast)
    return value, flags | flags_of_formula


def data_dtypes(call):
    names = OPERATIONS[call.operation]
    return {np.asarray(a).dtype for name, a in zip(names, call.inputs, strict=False) if name in DATA}


def outcome(function, *args, **kwargs):
    """Give the type of a call's result, its flags and warnings; or the exception's type and words."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result, flags = flags_of(function, *args, **kwargs)
        except (TypeError, ValueError) as error:
            return type(error), str(error)
    return type(result), flags, [str(warning.message) for warning in caught]


@given(layouts.calls(), targets)
def test_new_output(call, target):
    function = getattr(lr, call.operation)
    with using(True, target):
        fast, fast_flags = flags_of(function, *call.inputs)
    with using(False, target):
        numpy, numpy_flags = flags_of(function, *call.inputs)
    assert type(fast) is type(numpy)
    assert layout(fast) == layout(numpy)
    wanted, flags = expected(call, numpy.dtype)
    assert_same(fast, wanted)
    assert_same(numpy, wanted)
    if fast.size:  # else the rounding of a slope may raise something or not
        assert fast_flags == flags
        assert numpy_flags == flags


@given(st.data(), layouts.calls(), targets)
def test_given_output(data, call, target):
    """Elements between those of the output keep their bytes."""
    function = getattr(lr, call.operation)
    with using(False, target):
        wanted, flags = flags_of(function, *call.inputs)
    memory = data.draw(layouts.memories(wanted.dtype, wanted.shape))
    gaps = memory.gaps()
    for fast in (True, False):
        memory.array[...] = 7
        with using(fast, target):
            result, raised = flags_of(function, *call.inputs, out=memory.array)
        assert result is memory.array
        assert raised == flags
        assert_same(result, wanted)
        assert np.array_equal(memory.gaps(), gaps)


@given(st.data(), layouts.calls(), targets)
def test_in_place(data, call, target):
    """The output is an input: of the same dtype and shape, or of others that NumPy casts to or refuses."""
    function = getattr(lr, call.operation)
    writeable = [a for a in call.inputs if isinstance(a, np.ndarray) and a.flags.writeable]
    if not writeable:
        return
    out = data.draw(st.sampled_from(writeable))
    before, seen = out.copy(), []
    for fast in (True, False):
        out[...] = before
        with using(fast, target):
            seen.append((outcome(function, *call.inputs, out=out), out.copy()))
    (fast_outcome, fast_out), (numpy_outcome, numpy_out) = seen
    assert fast_outcome == numpy_outcome
    if out.dtype.kind in "biu":
        assert np.array_equal(fast_out, numpy_out)
        return
    assert_same(fast_out, numpy_out)
    out[...] = before
    wanted = expected(call, out.dtype)[0]
    if fast_outcome[0] is np.ndarray and wanted.shape == out.shape and data_dtypes(call) == {out.dtype}:
        assert_same(fast_out, wanted)


@given(layouts.calls(), targets, st.booleans())
def test_errors_as_exceptions(call, target, given_output):
    """The exception is raised exactly where flags are, and names the function."""
    function = getattr(lr, call.operation)
    for fast in (True, False):
        with using(fast, target):
            result, flags = flags_of(function, *call.inputs)
            kwargs = {"out": np.empty_like(result)} if given_output else {}
            with np.errstate(all="raise"):
                if not flags:
                    function(*call.inputs, **kwargs)
                    continue
                words = rf"^({'|'.join(flags)}) encountered in {call.operation}$"
                with pytest.raises(FloatingPointError, match=words):
                    function(*call.inputs, **kwargs)


def broadcast_view(shape, dtype):
    """Make a writeable array all of whose elements are one."""
    return as_strided(np.zeros(1, dtype), shape, (0,) * len(shape))


def warns_when_written(shape, dtype):
    """Make what NumPy still lets write, with a warning: a result of broadcast_arrays."""
    return np.broadcast_arrays(np.zeros((*shape[:-1], 1), dtype), np.zeros(shape))[0]


def locked(shape, dtype):
    a = np.zeros(shape, dtype)
    a.flags.writeable = False
    return a


ODD_OUTPUTS = {
    "an axis more": lambda shape, dtype: np.zeros((2, *shape), dtype),
    "an axis less": lambda shape, dtype: np.zeros(shape[1:], dtype),
    "longer": lambda shape, dtype: np.zeros([n + 1 for n in shape], dtype),
    "length 1": lambda shape, dtype: np.zeros([1] * len(shape), dtype),
    "read-only": locked,
    "broadcast": lambda shape, dtype: np.broadcast_to(np.zeros((), dtype), shape),
    "steps of 0": broadcast_view,
    "broadcast_arrays": warns_when_written,
    "tuple": lambda shape, dtype: (np.zeros(shape, dtype),),
    "Fortran": lambda shape, dtype: np.zeros(shape, dtype, order="F"),
    "subclass": lambda shape, dtype: np.zeros(shape, dtype).view(np.recarray),
    **{
        f"{other}": lambda shape, dtype, other=other: np.zeros(shape, other)
        for other in ("?", "b", "i4", "f2", "f4", "f8", "g", "F", "O", ">f4", "U3")
    },
}


@given(layouts.calls(layouts.shapes().filter(bool)), targets, st.sampled_from(list(ODD_OUTPUTS)))
def test_odd_outputs(call, target, kind):
    """Outputs that NumPy refuses are refused in the same words, others are written as it does."""
    function, seen = getattr(lr, call.operation), []
    with np.errstate(all="ignore"):
        result = function(*call.inputs)
    for fast in (True, False):
        out = ODD_OUTPUTS[kind](result.shape, result.dtype)
        with using(fast, target):
            seen.append((outcome(function, *call.inputs, out=out), np.asarray(out).tolist()))
    assert repr(seen[0]) == repr(seen[1])


@pytest.mark.skipif(sys.platform != "linux" or sys.maxsize < 2**32, reason="takes much address space")
def test_steps_beyond_32_bits(target, way, ufunc):
    step = (1 << 32) + (1 << 20)
    memory = mmap.mmap(-1, 4 * step, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)  # MAP_NORESERVE
    for dtype in DTYPES:
        strides = (step, 2 * dtype.itemsize)
        *inputs, out = (np.ndarray((4, 5), dtype, memory, 1024 * k, strides) for k in range(ufunc.nin + 1))
        for k, a in enumerate(inputs):
            a[...] = numbers(dtype, a.shape, k)
        wanted = reference(ufunc, *inputs)
        assert_same(ufunc(*inputs), wanted)
        assert_same(ufunc(*inputs, out=out), wanted)
        assert_same(ufunc(*(a.T for a in inputs), out=out.T), wanted.T)
        assert_same(ufunc(*(a[::-1] for a in inputs), out=out), wanted[::-1])
        column = [a[:, 0] for a in inputs]  # the large step is the only one
        assert_same(ufunc(*column), wanted[:, 0])
        assert_same(ufunc(*column[:-1], -0.5), reference(ufunc, *column[:-1], -0.5))
