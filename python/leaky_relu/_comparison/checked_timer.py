"""A timer of one call of a peer, made only where its result is right."""

from timeit import Timer
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaky_relu._comparison.operands import Expected, Operands, expected
from leaky_relu._comparison.peers import PEERS


def checked_timer(name: str, operation: str, way: str, operands: Operands) -> Timer:
    """Return a timer of one call of a peer, whose result has been checked (unless it is a ceiling)."""
    peer = PEERS[name]
    names: dict[str, Any] = vars(operands) | {"np": np} | peer.prepare(operands)
    statement = peer.statements[operation, way]
    if not peer.ceiling:
        exec(peer.setup, names)
        x = np.array(operands.x)  # as it is before the call: a wrong one might spoil what it is held against
        wanted = [] if operation == "rrelu" else expected(operation, operands)
        results = _results(statement, names, operation, way, operands)
        if not (_is_random(results[0], x) if operation == "rrelu" else _agree(results, wanted, x.dtype)):
            raise RuntimeError(f"{name}: {statement} computes something else")
    if way == "inplace":
        names["a"] = type(names["a"])(1)  # or else the same values shrink call by call, down to subnormals
    return Timer(statement, peer.setup, globals=names)


def _results(
    statement: str, names: dict[str, Any], operation: str, way: str, operands: Operands
) -> list[NDArray[Any]]:
    """Return what a call gives, with what it wrote to in the first place; all arrays are then as before."""
    written = {"new": None, "out": operands.y}.get(way, operands.g if operation == "gradient" else operands.x)
    before = None if written is None else written.copy()
    if way == "out":
        operands.y.fill(np.nan)
    value = eval(statement, names)
    values = [_array(part) for part in (value if isinstance(value, list | tuple) else [value])]
    if written is None or before is None:
        return values
    results = [written.copy(), *values[1:]]
    written[...] = before
    return results


def _array(value: Any) -> NDArray[Any]:
    return np.asarray(value.double() if hasattr(value, "double") else value)  # torch; NumPy has no bfloat16


def _is_random(y: NDArray[Any], x: NDArray[Any]) -> bool:
    slopes = y[x < 0] / x[x < 0]
    inside = bool(np.all((slopes > 1 / 8 - 1e-6) & (slopes < 1 / 3 + 1e-6)))
    return inside and bool(np.array_equal(y[x > 0], x[x > 0])) and len(set(slopes[:9])) == len(slopes[:9])


def _agree(results: list[NDArray[Any]], wanted: list[Expected], dtype: np.dtype[Any]) -> bool:
    dtype = np.dtype(np.float16) if dtype.itemsize == 1 else dtype  # as the results of small integers
    # Two units in the last place: some peers round the slope to 16 bits, some fuse multiply and add.
    unit, least = 2 * float(np.spacing(dtype.type(1))), 2 * float(np.spacing(dtype.type(0)))
    for result, (value, magnitude) in zip(results, wanted, strict=True):
        error = np.abs(result.astype(value.dtype, copy=False) - value)
        if result.shape != value.shape or not np.all(error <= unit * (np.abs(value) + magnitude) + least):
            return False
    return True
