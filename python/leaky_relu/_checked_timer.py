"""A timer of one call of a peer, made only where its result is right."""

from timeit import Timer
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaky_relu._peers import PEERS, SLOPE, Operands


def checked_timer(name: str, operation: str, way: str, operands: Operands) -> Timer:
    """Return a timer of one call of a peer, whose result has been checked (unless it is a ceiling)."""
    peer = PEERS[name]
    names: dict[str, Any] = vars(operands).copy()
    names |= {"np": np, "a": SLOPE} | peer.prepare(operands)
    statement = peer.statements[operation, way]
    if not peer.ceiling:
        exec(peer.setup, names)
        result = _result(statement, names, operation, way, operands)
        if not _agree(result, _expected(operation, operands)):
            raise RuntimeError(f"{name}: {statement} computes something else")
    if way == "inplace":
        names["a"] = type(names["a"])(1)  # or else the same values shrink call by call, down to subnormals
    return Timer(statement, peer.setup, globals=names)


def _result(
    statement: str, names: dict[str, Any], operation: str, way: str, operands: Operands
) -> NDArray[Any]:
    if way == "new":
        value = eval(statement, names)
        value = value[0] if isinstance(value, list) else value  # a list of outputs: onnxruntime
        return np.asarray(
            value.double() if hasattr(value, "double") else value
        )  # torch; NumPy has no bfloat16
    target = operands.y if way == "out" else operands.x if operation == "forward" else operands.g
    before = target.copy()
    if way == "out":
        target.fill(np.nan)
    eval(statement, names)
    result = target.copy()
    target[...] = before
    return result


def _expected(operation: str, operands: Operands) -> NDArray[Any]:
    x, g = operands.x, operands.x if operation == "forward" else operands.g
    compute = np.float32 if x.itemsize == 2 else x.dtype
    factor = np.where(x > 0, np.ones((), compute), np.full((), SLOPE, compute))
    return (g.astype(compute, copy=False) * factor).astype(x.dtype, copy=False)


def _agree(result: NDArray[Any], expected: NDArray[Any]) -> bool:
    # Two units in the last place: some peers round the slope to 16 bits.
    one, zero = expected.dtype.type(1), expected.dtype.type(0)
    relative, absolute = 2 * float(np.spacing(one)), 2 * float(np.spacing(zero))
    compute = np.float32 if expected.itemsize == 2 else expected.dtype
    result, expected = result.astype(compute, copy=False), expected.astype(compute, copy=False)
    return bool(np.all(np.abs(result - expected) <= relative * np.abs(expected) + absolute))
