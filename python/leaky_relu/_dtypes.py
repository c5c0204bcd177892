"""Dtypes that NumPy does not know of, or that have no place here: rare, so decided in Python."""

from typing import Any

import numpy as np

from leaky_relu import _core

_TAKEN = "bool, integers, float16, bfloat16 (of ml_dtypes), float32, float64 and longdouble"
_LOOPS = "efdg"


def adopt_bfloat16(ml_dtypes: Any) -> None:
    """
    Register the loops of ``ml_dtypes.bfloat16``.

    Ufuncs remember which loop they chose for which dtypes: it has to be done before they see such an array.
    """
    scalar_type = getattr(ml_dtypes, "bfloat16", None)
    if scalar_type is not None:
        _core._register_bfloat16(np.dtype(scalar_type).num)


def refusal(
    function: str,
    operands: tuple[Any, ...],
    names: tuple[str, ...] = ("grad_output", "x", "negative_slope"),
) -> str | None:
    """
    Say which operand has a dtype that no loop takes.

    Parameters
    ----------
    function : str
        Name of the function that raised a TypeError.
    operands : tuple
        Its inputs: x and the slope, or grad_output, x and the slope.
    names : tuple of str
        What they are called; the last ones count.

    Returns
    -------
    str or None
        The message; None where the dtypes are fine, so that NumPy's own words stand.
    """
    names = names[-len(operands) :]
    if any(
        hasattr(operand, "__array_ufunc__") and not isinstance(operand, np.ndarray | np.generic)
        for operand in operands
    ):
        return None
    for name, operand in zip(names, operands, strict=True):
        try:
            dtype = np.asarray(operand).dtype
        except (TypeError, ValueError):
            return None
        if not any(np.can_cast(dtype, loop, "safe") for loop in _LOOPS):
            return refusal_of(function, name, dtype)
    return None


def refusal_of(function: str, name: str, dtype: np.dtype[Any]) -> str:
    """Say that an operand has a dtype that is not taken."""
    return (
        f"{function}: {name} has dtype {dtype}, but the dtypes taken are {_TAKEN}; "
        f"convert it first, for example with {name}.astype(np.float32)"
    )
