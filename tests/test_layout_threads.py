"""Views large enough to be shared: any number of threads computes the same, and raises the same."""

import leaky_relu as lr
import numpy as np
import pytest
from helpers import assert_same, flags_of, numbers, using

pytest.importorskip("hypothesis")
import layouts
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import reference

# From some 512 KiB of traffic on, threads share the work; blocks are whole rows, parts of rows, or tiles.
SHAPES = [
    (300, 1000),
    (1000, 300),
    (100_003, 3),
    (3, 100_003),
    (64, 70, 80),
    (2, 3, 40_000),
    (17, 19, 23, 41),
    (300_000,),
]


@settings(max_examples=max(settings().max_examples // 4, 1))
@given(st.data(), layouts.calls(st.sampled_from(SHAPES)), st.sampled_from(lr.simd_targets()))
def test_shared_views(data, call, target):
    """One thread's results are those of the formula (test_layouts.py)."""
    function, threads = getattr(lr, call.operation), lr.get_num_threads()
    try:
        with using(True, target):
            lr.set_num_threads(1)
            wanted, flags = flags_of(function, *call.inputs)
            lr.set_num_threads(3)
            result, raised = flags_of(function, *call.inputs)
            assert_same(result, wanted)
            assert raised == flags
            memory = data.draw(layouts.memories(wanted.dtype, wanted.shape))
            gaps = memory.gaps()
            assert flags_of(function, *call.inputs, out=memory.array)[1] == flags
            assert_same(memory.array, wanted)
            assert np.array_equal(memory.gaps(), gaps)
    finally:
        lr.set_num_threads(threads)


def test_a_piece_that_begins_with_a_short_block(threads, target):
    """Narrow rows take slopes laid out for a block of them; the next block of the piece has more rows."""
    threads(2)
    x = numbers(np.dtype(np.float32), (700, 101, 16))[:, :100]
    problems = [(slopes, reference(lr.leaky_relu, x, slopes)) for slopes in np.float32([[2] * 16, [3] * 16])]
    for slopes, wanted in 20 * problems:  # in turn: a worker's memory holds what the last call left
        assert_same(lr.leaky_relu(x, slopes), wanted)


def test_a_share_that_begins_with_the_end_of_a_row(threads, target):
    """A scale that is one for all is laid out for as many columns as that has; other blocks have more."""
    threads(2)
    # Three blocks a row: of so many numbers of rows some let a worker begin with the last block of one.
    x, bias = numbers(np.dtype(np.float32), (330, 2500)), numbers(np.dtype(np.float32), 2500, 1)
    problems = [(scale, reference(lr.affine_leaky_relu, x, scale, bias, 0.5)) for scale in (2.0, 3.0)]
    for rows in range(306, 331, 2):
        for scale, wanted in 2 * problems:  # in turn, as above
            assert_same(lr.affine_leaky_relu(x[:rows], scale, bias, 0.5), wanted[:rows])
