"""Operands of the functions that are no ufuncs: made fit for the extension, or refused in clear words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaky_relu._dtypes import loop_dtype, parameter_dtype


def unmasked(function: str, name: str, operand: Any) -> NDArray[Any]:
    """Return the operand as an array; refuse a masked one, whose mask would be lost without a word."""
    if type(operand) is np.ndarray:
        return operand
    if isinstance(operand, np.ndarray) and isinstance(operand, np.ma.MaskedArray):
        raise TypeError(
            f"{function}: {name} is a masked array, and its mask would be lost; pass {name}.filled(value), "
            f"or {name}.data to compute with what is under the mask"
        )
    return np.asarray(operand)


def prepared(function: str, **data: Any) -> tuple[NDArray[Any], ...]:
    """Return the data, one operand or two of one shape, C-contiguous in the native dtype of their loop."""
    arrays = {name: unmasked(function, name, operand) for name, operand in data.items()}
    dtype = loop_dtype(function, **data)
    if len({array.shape for array in arrays.values()}) > 1:
        shapes = ", but ".join(f"{name} has shape {array.shape}" for name, array in arrays.items())
        raise ValueError(f"{function}: {shapes}; they must be the same")
    return tuple(np.require(array, dtype, ["C", "A"]) for array in arrays.values())


def prepared_slope(function: str, negative_slope: Any, dtype: np.dtype[Any]) -> Any:
    """Return a scalar slope in a form that the extension rounds itself, so as to see the flags of that."""
    wide = dtype.char == "g"
    if isinstance(negative_slope, int):
        return np.asarray(np.longdouble(negative_slope)) if wide else float(negative_slope)
    slope = unmasked(function, "negative_slope", negative_slope)
    if slope.ndim:
        raise ValueError(
            f"{function}: negative_slope must be a scalar, got an array of shape {slope.shape}; "
            "slopes that differ are for leaky_relu and leaky_relu_grad"
        )
    exact = parameter_dtype(function, "negative_slope", negative_slope)
    return np.require(slope, "g" if wide else exact, ["A"])


def check_output(function: str, out: Any, name: str, data: NDArray[Any]) -> None:
    """Refuse an output that is not of the shape and dtype of the prepared operand of that name."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{function}: out must be an array, got {type(out).__name__}")
    unmasked(function, "out", out)
    if out.dtype.newbyteorder("=") != data.dtype:
        raise TypeError(f"{function}: out has dtype {out.dtype}, but the result has {data.dtype}")
    if out.shape != data.shape:
        raise ValueError(f"{function}: out has shape {out.shape}, but {name} has {data.shape}")
    if not out.flags.writeable:
        raise ValueError(f"{function}: out is read-only")
