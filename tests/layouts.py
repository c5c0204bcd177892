"""Hypothesis draws calls: operations on arrays and parameters of any dtype and layout."""

import math
from dataclasses import dataclass

import numpy as np
from helpers import DTYPES, F32, HALF, INTEGERS, numbers, patterns, quiet
from hypothesis import strategies as st
from reference import DATA, OPERATIONS

PARAMETER_DTYPES = [*INTEGERS, *DTYPES, *[d for d in DTYPES if d.itemsize in (4, 8)] * 4]
FILL = 0xA5  # of the bytes around and between the elements of an array

MOST_ELEMENTS = 6000
MOST_BYTES = 1 << 19  # that an array spans, if it can
LONG = [31, 32, 33, 63, 65, 127, 128, 129, 255, 257, 1023, 1024, 1025, 2049]
NARROW = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40]


def widened(dtype):
    """Give the dtype that arrays of another are cast to."""
    if dtype.kind not in "biu":
        return dtype
    return HALF if dtype.itemsize == 1 else F32 if dtype.itemsize == 2 else np.dtype(np.float64)


@st.composite
def shapes(draw):
    """Draw a shape: few axes or more than the fast path takes, lengths about those of blocks and tiles."""
    kind = draw(st.sampled_from(["any", "any", "rows", "tiles", "narrow", "long", "many", "special"]))
    if kind == "any":
        shape = draw(st.lists(st.integers(0, 9) | st.integers(1, 40), max_size=4))
    elif kind == "rows":
        shape = [draw(st.integers(1, 5)), draw(st.integers(1, 40)), draw(st.sampled_from(NARROW))]
    elif kind == "tiles":
        shape = [draw(st.integers(1, 40)), draw(st.integers(1, 70))]
    elif kind == "narrow":
        shape = [draw(st.sampled_from(LONG)), draw(st.integers(1, 5))]
    elif kind == "long":
        shape = [draw(st.integers(1, 5)), draw(st.sampled_from(LONG))]
    elif kind == "many":
        shape = draw(st.lists(st.sampled_from([1, 2, 2, 3]), min_size=6, max_size=12))
    else:
        shape = draw(st.sampled_from([[], [1], [0], [3, 0, 2], [1] * 9, [1] * 12, [1, 7, 1, 3, 1]]))
    while math.prod(shape) > MOST_ELEMENTS:
        shape.remove(max(shape))
    return tuple(shape)


def extent(shape, strides, size):
    """Give where the bytes of an array begin and end, seen from its first element."""
    reach = [stride * (n - 1) for stride, n in zip(strides, shape, strict=True)]
    return sum(r for r in reach if r < 0), size + sum(r for r in reach if r > 0)


class Memory:
    """An array that lies within given bytes: at their end, or behind so many of them."""

    def __init__(self, dtype, shape, strides, room, behind=0, end=False):
        low, high = extent(shape, strides, dtype.itemsize) if math.prod(shape) else (0, 0)
        self.bytes = room
        self.bytes[...] = FILL
        self._offset = room.size - high if end else behind - low
        self.array = np.ndarray(shape, dtype, room, self._offset, strides)

    def put(self, values):
        self.array[...] = values
        return self.array

    def gaps(self):
        """Copy the bytes, with FILL for those of the array."""
        rest = self.bytes.copy()
        a = self.array
        np.ndarray((*a.shape, a.itemsize), np.uint8, rest, self._offset, (*a.strides, 1))[...] = FILL
        return rest


@st.composite
def steps(draw, shape, size):
    """Draw strides for an array without elements in common: axes in any order, apart, turned round."""
    strides, span = [0] * len(shape), size
    most_bytes = max(MOST_BYTES, 4 * size * math.prod(shape))
    order = draw(st.sampled_from(["C", "C", "F", "any"]))
    axes = list(range(len(shape)))
    axes = axes[::-1] if order == "C" else axes if order == "F" else draw(st.permutations(axes))
    if draw(st.booleans()):
        factors = st.just(1)
    else:
        factors = st.sampled_from([1, 1, 1, 2, 2, 3, 4, 5, 16, -1, -1, -2, -3, -4])
    for axis in axes:
        factor, n = draw(factors), max(shape[axis], 1)
        if span * abs(factor) * n > most_bytes:
            factor = 1
        strides[axis] = span * factor
        span *= abs(factor) * n
        if factor > 1:
            span += size * draw(st.sampled_from([0, 0, 1, 3, 13]))
    return tuple(strides)


@st.composite
def memories(draw, dtype, shape):
    """Draw memory with an array in it, seldom unaligned."""
    strides = draw(steps(shape, dtype.itemsize))
    low, high = extent(shape, strides, dtype.itemsize)
    behind = dtype.itemsize * draw(st.sampled_from([0, 1, 5])) + draw(st.sampled_from([0, 0, 0, 0, 0, 1, 2]))
    room = np.empty(high - low + behind + 128, np.uint8)
    return Memory(dtype, shape, strides, room[-room.ctypes.data % 64 :], behind)


def values(dtype, shape, seed):
    """Make numbers of a dtype: moderate ones or, of odd seeds, any bits."""
    n = math.prod(shape)
    if dtype.kind == "b":
        return np.random.default_rng(seed).random(shape) < 0.5
    if dtype.kind in "iu":
        whole = np.random.default_rng(seed).integers(0, 256, n * dtype.itemsize, np.uint8).view(dtype)
        return (whole if seed % 2 else whole % dtype.type(100)).reshape(shape)
    return patterns(dtype, n, seed).reshape(shape) if seed % 2 else numbers(dtype, shape, seed)


seeds = st.integers(0, 7)


def repeated(draw, shape):
    """Draw a shape that broadcasts to another: some axes of length 1, perhaps the first left out."""
    kind = draw(st.sampled_from(["full", "row", "column", "channel", "any"]))
    keep = {
        "full": [True] * len(shape),
        "row": [axis == len(shape) - 1 for axis in range(len(shape))],
        "column": [axis == len(shape) - 2 for axis in range(len(shape))],
        "channel": [axis == 1 for axis in range(len(shape))],
    }.get(kind) or [draw(st.booleans()) for _ in shape]
    part = tuple(n if kept else 1 for n, kept in zip(shape, keep, strict=True))
    leading = 0
    while leading < len(part) and part[leading] == 1:
        leading += 1
    return part[leading if draw(st.booleans()) else 0 :]


@st.composite
def inputs(draw, dtype, shape):
    """Draw an array for an input: seldom one that broadcasts, or has steps of 0."""
    kind = draw(st.sampled_from(["full"] * 6 + ["broadcasts", "steps of 0"]))
    part = shape if kind == "full" else repeated(draw, shape)
    a = draw(memories(dtype, part)).put(values(dtype, part, draw(seeds)))
    return np.broadcast_to(a, shape) if kind == "steps of 0" else a


@st.composite
def parameters(draw, shape):
    kind = draw(st.sampled_from(["float", "int", "scalar", "0-d", "array", "array", "array", "array"]))
    if kind == "float":
        return draw(st.sampled_from([0.01, -0.5, 0.0, 1e300, 1e-300, -1e-45, 70000.0, math.inf, math.nan]))
    if kind == "int":
        return draw(st.sampled_from([0, -3, 1, 70000, 2**24 + 1, 2**53, -(2**53)]))
    dtype = draw(st.sampled_from(PARAMETER_DTYPES))
    part = repeated(draw, shape) if kind == "array" else ()
    a = values(dtype, part, draw(seeds))
    if dtype.kind not in "biu":  # NumPy casts parameters to a dtype they have in common, and signals that
        a = quiet(a)
    if dtype.itemsize == 8 and dtype.kind in "iu":
        a = a >> 12  # float64 holds it
    a = draw(memories(dtype, part)).put(a)
    if draw(st.sampled_from([False] * 7 + [True])):
        a = np.broadcast_to(a, shape)
    return a[()] if kind == "scalar" else a


ANY_SHAPE = shapes()


@dataclass
class Call:
    """An operation by its name, and what it is given."""

    operation: str
    inputs: list


@st.composite
def calls(draw, of_shape=ANY_SHAPE):
    """Draw an operation and all it takes, sometimes without the slope."""
    operation, shape = draw(st.sampled_from(list(OPERATIONS))), draw(of_shape)
    dtype = draw(st.sampled_from([*DTYPES * 3, *INTEGERS]))
    taken = []
    for name in OPERATIONS[operation]:
        if name not in DATA:
            taken.append(draw(parameters(shape)))
        elif name == "x" or draw(st.integers(0, 7)):
            taken.append(draw(inputs(dtype, shape)))
        else:  # gradient and x may differ
            taken.append(draw(inputs(draw(st.sampled_from([*DTYPES, *INTEGERS])), shape)))
    return Call(operation, taken[: -1 if draw(st.integers(0, 9)) == 0 else None])
