"""Anything that can be called, called in three ways: fast path, NumPy's machinery, and the plain formula."""

import warnings

import leaky_relu as lr
import numpy as np
import pytest
from helpers import assert_same, bits, raised_flags
from leaky_relu import _core

pytest.importorskip("hypothesis")
import layouts
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import DATA, OPERATIONS, REFERENCE

import os; quickly = settings(max_examples=int(os.environ.get("HYPOTHESIS_MAX","150")), deadline=None, database=None, derandomize="HYPOTHESIS_MAX" not in os.environ)
targets = st.sampled_from(lr.simd_targets())


def called(fast, target, function, *args, **kwargs):
    """Give the result and the flags of a call that takes a way and a target."""
    before, target_before = _core._set_fast_call(fast), lr.simd_target()
    _core._use_target(target)
    try:
        with raised_flags() as flags:
            return function(*args, **kwargs), flags
    finally:
        _core._set_fast_call(before)
        _core._use_target(target_before)


def outcome(*args, **kwargs):
    """Give what `called` does, or the exception's type and words."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return called(*args, **kwargs)
        except Exception as error:
            return type(error), str(error)


def layout(a):
    """Tell how a result lies in memory, as far as that means something."""
    if not isinstance(a, np.ndarray) or not a.size:
        return None
    strides = [stride for stride, n in zip(a.strides, a.shape, strict=True) if n > 1]
    return strides, [a.flags[name] for name in ("C", "F", "A", "W", "O")], type(a.base)


def expected(call, dtype):
    """Evaluate the formula; data of another dtype is cast first, and that is exact."""
    names = OPERATIONS[call.operation]
    arrays = [np.asarray(a) for a in call.inputs]
    with raised_flags() as flags:
        cast = [a.astype(dtype) if name in DATA else a for name, a in zip(names, arrays, strict=False)]
    wanted, flags_of_formula = REFERENCE[call.operation](*cast)
    return wanted, flags_of_formula | flags


def assert_same_result(actual, wanted):
    assert type(actual) is type(wanted)
    assert layout(actual) == layout(wanted)
    assert_same(actual, wanted)


@quickly
@given(layouts.calls(), targets)
def test_new_output(call, target):
    function = getattr(lr, call.operation)
    fast, fast_flags = called(True, target, function, *call.inputs)
    numpy, numpy_flags = called(False, target, function, *call.inputs)
    assert_same_result(fast, numpy)
    wanted, flags = expected(call, fast.dtype)
    assert_same(fast, wanted)
    if fast.size and not (os.environ.get("SKIP1") and call.operation[0] in "ab" and target != "scalar"):
        assert fast_flags == flags
        assert numpy_flags == flags


@quickly
@given(st.data(), targets)
def test_given_output(data, target):
    """Elements between those of the output keep their bytes."""
    call = data.draw(layouts.calls())
    function = getattr(lr, call.operation)
    numpy, numpy_flags = called(False, target, function, *call.inputs)
    memory = data.draw(layouts.memories(numpy.dtype, call.shape if numpy.shape == call.shape else numpy.shape))
    gaps = memory.gaps()
    for fast in (True, False):
        memory.array[...] = 7
        result, flags = called(fast, target, function, *call.inputs, out=memory.array)
        assert result is memory.array
        assert_same(result, numpy)
        assert flags == numpy_flags
        assert np.array_equal(memory.gaps(), gaps)


@quickly
@given(st.data(), targets)
def test_in_place(data, target):
    call = data.draw(layouts.calls())
    function = getattr(lr, call.operation)
    given_inputs = [a.copy() if isinstance(a, np.ndarray) else a for a in call.inputs]
    which = data.draw(st.sampled_from([k for k, a in enumerate(call.inputs) if isinstance(a, np.ndarray)] or [None]))
    if which is None:
        return
    before = given_inputs[which]
    outcomes = []
    for fast in (True, False):
        if not call.inputs[which].flags.writeable:
            return
        call.inputs[which][...] = before
        seen = outcome(fast, target, function, *call.inputs, out=call.inputs[which])
        outcomes.append((*seen, call.inputs[which].copy()))
    (fast, fast_flags, fast_out), (numpy, numpy_flags, numpy_out) = outcomes
    assert (fast is call.inputs[which]) == (numpy is call.inputs[which])
    if isinstance(fast, type):
        assert (fast, fast_flags) == (numpy, numpy_flags)
    else:
        assert fast_flags == numpy_flags
        wanted = called(False, target, function, *given_inputs, **({} if fast.dtype.kind == "f" else {}))[0]
        if wanted.dtype == fast.dtype:
            assert_same(fast, wanted)
    assert fast_out.dtype.kind in "biu" or np.array_equal(bits(fast_out), bits(numpy_out))
