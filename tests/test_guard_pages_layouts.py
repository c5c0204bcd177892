"""Operands of any layout whose bytes begin or end beside pages that fault."""

import sys

import leaky_relu as lr
import numpy as np
import pytest
from helpers import PAGE, Island, assert_same
from leaky_relu import _core

pytest.importorskip("hypothesis")
import layouts
from hypothesis import assume, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses mprotect as Linux has it")
import os; quickly = settings(max_examples=int(os.environ.get("HYPOTHESIS_MAX","150")), deadline=None, database=None, derandomize="HYPOTHESIS_MAX" not in os.environ)


@pytest.fixture(scope="module")
def islands():
    return [Island(2 * layouts.MOST_BYTES // PAGE) for _ in range(5)]


def moved(a, island, end):
    """Copy an array to a guard page, in the layout that it has."""
    low, high = layouts.extent(a.shape, a.strides, a.itemsize)
    assume(high - low <= island.bytes.size)
    room = island.bytes[-(high - low + 64):] if end else island.bytes[: high - low + 64]
    return layouts.Memory(a.dtype, a.shape, a.strides, room, end=end)


@quickly
@given(st.data(), layouts.calls(), st.booleans(), st.sampled_from(lr.simd_targets()))
def test_any_layout(islands, data, call, end, target):
    """Nothing is read or written beyond the ends, and nothing written between the elements of an output."""
    function = getattr(lr, call.operation)
    target_before = lr.simd_target()
    _core._use_target(target)
    try:
        with np.errstate(all="ignore"):
            wanted = function(*call.inputs)
            inputs = []
            for island, a in zip(islands, call.inputs, strict=False):
                if isinstance(a, np.ndarray) and a.size:
                    place = moved(a, island, end)
                    np.lib.stride_tricks.as_strided(place.array, a.shape, a.strides)[...] = a
                    a = place.array
                inputs.append(a)
            assert_same(function(*inputs), wanted)
            shape, dtype = wanted.shape, wanted.dtype
            out = moved(np.ndarray(shape, dtype, bytes(0), 0, (0,) * len(shape)) if False else np.lib.stride_tricks.as_strided(np.zeros((), dtype), shape, data.draw(layouts.steps(shape, dtype.itemsize))), islands[4], end)
            gaps = out.gaps()
            function(*inputs, out=out.array)
            assert_same(out.array, wanted)
            assert np.array_equal(out.gaps(), gaps)
    finally:
        _core._use_target(target_before)
