"""The arrays that peers share, the operations on them, and what each must give."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SLOPE = 0.01
OPERATIONS = ("forward", "gradient", "slopes", "prelu", "rrelu", "bias", "affine", "bias_gradient")
WAYS = {"new": "new array", "out": "out=", "inplace": "in place"}


@dataclass(frozen=True)
class Operands:
    """
    What statements may name: ``x``, ``g`` and ``y`` (which takes the result of ``out=``), the parameters.

    ``a`` is the slope. The parameters of channels, along `channel_axis`, broadcast: ``slopes``, ``scale``
    and ``bias``; but ``weight``, which is the slopes again, has one dimension. Each peer may use so many
    threads.
    """

    x: Any  # an array, or a scalar
    g: NDArray[Any]
    y: NDArray[Any]
    threads: int = 1
    a: float = SLOPE
    slopes: Any = None
    weight: Any = None
    scale: Any = None
    bias: Any = None
    channel_axis: int = 1


def is_dense(operands: Operands) -> bool:
    x = operands.x
    return isinstance(x, np.ndarray) and x.ndim == 1 and x.flags.c_contiguous


class Expected(NamedTuple):
    """A result, and how large the numbers were that it was computed from: rounding errors go with them."""

    value: NDArray[Any]
    magnitude: Any


def expected(operation: str, operands: Operands) -> list[Expected]:
    """Return the results of an operation: of each element, and for some the sums of channels."""
    o = operands
    x = np.asarray(o.x)
    compute = np.float32 if x.itemsize == 2 else np.float64 if x.itemsize == 1 else x.dtype

    def wide(array: Any) -> Any:
        return np.asarray(array).astype(compute, copy=False)

    v = wide(x)
    size: Any = 0
    if operation == "affine":
        size = abs(v * o.scale) + abs(o.bias)
        v = v * o.scale + o.bias
    elif operation == "bias":
        size = abs(v) + abs(o.bias)
        v = v + o.bias
    factor = np.where(
        v > 0, np.ones((), compute), wide(o.slopes if operation in ("slopes", "prelu") else o.a)
    )
    if not operation.endswith("gradient"):
        return [Expected(v * factor, size)]
    results = [Expected(wide(o.g) * factor, size)]
    if operation == "bias_gradient":
        others = tuple(i for i in range(x.ndim) if i != o.channel_axis % x.ndim)
        products = results[0].value.astype(np.float64)
        # PyTorch sums in float32, so the error may grow with the number of elements, slowly.
        results.append(Expected(products.sum(others), abs(products).sum(others) * 8))
    return results
