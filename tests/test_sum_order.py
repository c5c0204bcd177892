"""The order in which sums over channels are taken, written plainly from what csrc/reduction.hpp states."""

import math

import numpy as np
import pytest
from leaky_relu import bias_leaky_relu_grad, prelu_grad

SHAPES = [  # (outer, channels, inner)
    (1, 1, 65_536), (2, 3, 65_537), (3, 2, 140_003), (5, 4, 64), (1, 2, 95),  # segments
    (300, 3, 1), (5000, 7, 1), (3, 5, 63), (400, 2, 33), (2500, 16, 2),  # blocks
    (97, 2049, 1), (200, 1031, 1), (150, 700, 3), (70, 5000, 1), (33, 40, 60),  # wide rows
]  # fmt: skip


def in_order(terms):
    """Add along the first axis, one after the other, beginning with zero."""
    total = np.zeros(terms.shape[1:])
    for term in terms:
        total = total + term
    return total


def of_a_segment(terms):
    sums = in_order(np.concatenate([terms, np.zeros(-len(terms) % 32)]).reshape(-1, 32))
    while sums.size > 1:
        sums = sums[: sums.size // 2] + sums[sums.size // 2 :]
    return sums[0]


def by_segments(terms):
    outer, channels, inner = terms.shape
    parts = [
        [of_a_segment(terms[o, c, i : i + 65_536]) for c in range(channels)]
        for o in range(outer)
        for i in range(0, inner, 65_536)
    ]
    return in_order(np.array(parts))


def by_blocks(terms):
    outer, channels, inner = terms.shape
    row = channels * inner
    beside = min(32 // math.gcd(32, row), max(2048 // row, 1))
    rows = max(64, 65_536 // (row * beside)) * beside
    parts = []
    for begin in range(0, outer, rows):
        block = terms[begin : begin + rows].reshape(-1, row)
        block = np.concatenate([block, np.zeros((-len(block) % beside, row))])
        columns = in_order(
            block.reshape(-1, beside, channels, inner)
        )  # beside each other, then those of a channel
        parts.append(in_order(np.moveaxis(columns, 1, -1).reshape(-1, channels)))
    return in_order(np.array(parts))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_order(target, thread_count, shape):
    rng = np.random.default_rng(7)
    g, x = rng.standard_normal(shape), -np.abs(rng.standard_normal(shape))
    ordered = by_segments if shape[2] >= 64 else by_blocks
    assert np.array_equal(prelu_grad(g, x, np.full(shape[1], 0.5))[1], ordered(g * x))
    assert np.array_equal(bias_leaky_relu_grad(g, x, 0.5)[1], ordered(g * 0.5))
