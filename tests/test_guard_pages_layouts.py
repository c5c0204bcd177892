"""Operands of any layout whose first or last byte lies beside a page that faults."""

import sys

import leaky_relu as lr
import numpy as np
import pytest
from helpers import PAGE, Island, assert_same, using

pytest.importorskip("hypothesis")
import layouts
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses mprotect as Linux has it")
BEYOND = 64  # bytes on the other side, which are compared


@pytest.fixture(scope="module")
def islands():
    return [Island(2 * layouts.MOST_BYTES // PAGE) for _ in range(5)]


def place(island, dtype, shape, strides, end):
    """Give memory for an array that begins or ends at a guard page; None where the island is too small."""
    low, high = layouts.extent(shape, strides, dtype.itemsize)
    span = high - low + BEYOND
    if span > island.bytes.size:
        return None
    room = island.bytes[-span:] if end else island.bytes[:span]
    return layouts.Memory(dtype, shape, strides, room, end=end)


def moved(a, island, end):
    """Copy an array with its strides, those of 0 as well, to a guard page."""
    memory = place(island, a.dtype, a.shape, a.strides, end) if isinstance(a, np.ndarray) and a.size else None
    return a if memory is None else memory.put(a)


@given(
    st.data(),
    layouts.calls(layouts.shapes().filter(all)),
    st.booleans(),
    st.booleans(),
    st.sampled_from(lr.simd_targets()),
)
def test_any_layout(islands, data, call, end, fast, target):
    """Nothing is read or written beyond the ends, nor written between the elements of an output."""
    function = getattr(lr, call.operation)
    with np.errstate(all="ignore"), using(fast, target):
        wanted = function(*call.inputs)
        inputs = [moved(a, island, end) for a, island in zip(call.inputs, islands, strict=False)]
        assert_same(function(*inputs), wanted)
        strides = data.draw(layouts.steps(wanted.shape, wanted.dtype.itemsize))
        out = place(islands[-1], wanted.dtype, wanted.shape, strides, end)
        if out is None:
            return
        gaps = out.gaps()
        function(*inputs, out=out.array)
        assert_same(out.array, wanted)
        assert np.array_equal(out.gaps(), gaps)
