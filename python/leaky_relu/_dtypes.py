"""Which loop operands take, and what is said where there is none; rare cases, so decided in Python."""

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from leaky_relu import _core

# The inputs of each ufunc: the data, which decide the dtype, then the parameters, the slope last.
OPERATIONS: dict[str, tuple[str, ...]] = _core.OPERATIONS
SUPPORTED = "bool, integers, float16, bfloat16 (of ml_dtypes), float32, float64 and longdouble"
_PARAMETER_LOOPS = "fdg"
_LOOPS = "e" + _PARAMETER_LOOPS

_LOOP_NUMBERS = tuple(np.dtype(loop).num for loop in _LOOPS)

_adopted: set[int] = set()
_adopting = threading.Lock()  # one thread may import ml_dtypes, another this package


def adopt_bfloat16(ml_dtypes: Any) -> None:
    """
    Register the loops of ``ml_dtypes.bfloat16``.

    Ufuncs remember which loop they chose for which dtypes: it has to be done before they see such an array.
    """
    scalar_type = getattr(ml_dtypes, "bfloat16", None)
    if isinstance(scalar_type, type) and issubclass(scalar_type, np.generic):
        number = np.dtype(scalar_type).num  # -1 for all dtypes of the new kind (NEP 42)
        with _adopting:
            if number >= 0 and number not in _adopted:
                _core._register_bfloat16(number)
                _adopted.add(number)


def compute_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype in which a loop on data of `dtype` computes, and to which it rounds parameters."""
    return np.dtype(np.float32) if dtype.itemsize == 2 else dtype


def dtype_of(operand: Any) -> np.dtype[Any]:
    """Return the dtype of an array_like, without computing an array that is computed when it is needed."""
    dtype = getattr(operand, "dtype", None)
    if isinstance(dtype, np.dtype) and hasattr(operand, "__array__"):  # sparse matrices have none
        return dtype
    return np.asarray(operand).dtype


def loop_dtype(function: str, **data: Any) -> np.dtype[Any]:
    r"""
    Return the dtype of the loop that the ufuncs take for these data.

    Parameters
    ----------
    function : str
        The public function that asks.
    \**data : array_like
        Its data inputs by name: one, or two for a gradient.

    Returns
    -------
    dtype
        That of data and result.

    Raises
    ------
    TypeError
        If there is no loop: names the function, the input, its dtype and the dtypes that are supported.
    """
    dtypes = [dtype_of(operand) for operand in data.values()]
    first, last = dtypes[0], dtypes[-1]
    if first is last and first.num in _LOOP_NUMBERS and first.isnative:
        return first
    ufunc = _core.leaky_relu if len(data) == 1 else _core.leaky_relu_grad
    try:
        return ufunc.resolve_dtypes((*dtypes, np.dtype(np.float32), None))[-1]
    except TypeError as error:
        raise TypeError(_first_unsupported(function, data) or str(error)) from None


def parameter_dtype(function: str, name: str, parameter: Any) -> np.dtype[Any]:
    """
    Return the dtype in which the loops take a slope or weight, before they round it.

    Parameters
    ----------
    function : str
        The public function that asks.
    name : str
        What it calls the parameter.
    parameter : array_like
        Slope or weight.

    Returns
    -------
    dtype
        The first of float32, float64 and longdouble to which `parameter` casts safely.

    Raises
    ------
    TypeError
        If there is none, as `loop_dtype` does.
    """
    dtype = dtype_of(parameter)
    if not _is_supported(dtype):
        raise TypeError(_message(function, name, parameter, dtype))
    return next(np.dtype(loop) for loop in _PARAMETER_LOOPS if np.can_cast(dtype, loop, "safe"))


def clearer(error: Exception, function: str, operands: tuple[Any, ...], out: Any) -> str | None:
    """
    Say what NumPy's exception is about in words that fit the call.

    Parameters
    ----------
    error : TypeError or ValueError
        What the machinery of NumPy's ufuncs raised.
    function : str
        Name of the ufunc.
    operands : tuple
        All its inputs, the default slope among them.
    out : object
        What was passed as `out`.

    Returns
    -------
    str or None
        The message; None where the words of `error` should stand.
    """
    if isinstance(error, TypeError):
        return unsupported_dtype(function, operands, error)
    # NumPy's words for a wrong `out` may show all operands, also a slope that nobody passed.
    if not (
        isinstance(out, np.ndarray) and str(error).startswith("operands could not be broadcast together")
    ):
        return None
    try:
        shape = np.broadcast(*operands).shape
    except ValueError:
        return None
    return f"{function}: out has shape {out.shape}, but the result has shape {shape}"


def unsupported_dtype(function: str, operands: tuple[Any, ...], error: TypeError) -> str | None:
    """
    Say which operand of a ufunc has a dtype that no loop takes.

    Parameters
    ----------
    function : str
        Name of the ufunc.
    operands : tuple
        All its inputs.
    error : TypeError
        What the call raised.

    Returns
    -------
    str or None
        The message; None where `error` has another reason, so that its own words stand.
    """
    if any(hasattr(operand, "__array_ufunc__") and not _is_numpys(operand) for operand in operands):
        return None
    try:
        dtypes = [dtype_of(operand) for operand in operands]
    except Exception:  # of an __array__, whatever it may raise
        return None
    # Is it what NumPy says of these dtypes? Or is it about another argument, or from an __array_ufunc__?
    try:
        getattr(_core, function).resolve_dtypes((*dtypes, None))
    except TypeError as numpys:
        # A TypeError proper is known by its words; a subclass of it tells of no loop, in words that may vary.
        if type(error) is type(numpys) and (type(error) is not TypeError or str(error) == str(numpys)):
            return _first_unsupported(function, dict(zip(OPERATIONS[function], operands, strict=True)))
    return None


def reworded(error: TypeError, function: str, **operands: Any) -> str | None:
    r"""
    Put what `leaky_relu` says of unsupported dtypes into words of the function that called it.

    Parameters
    ----------
    error : TypeError
        What the call raised.
    function : str
        The function that made the call.
    \**operands : object
        The operands of the call by the names that they have in `function`.

    Returns
    -------
    str or None
        The message; None where `error` is about something else.
    """
    return _first_unsupported(function, operands) if str(error).startswith("leaky_relu: ") else None


def _is_numpys(operand: Any) -> bool:
    return isinstance(operand, np.ndarray | np.generic)


def _is_supported(dtype: np.dtype[Any]) -> bool:
    # Dtypes of the new kind (NEP 42), whose number is -1, are not cast for a loop, even where they could be.
    return dtype.num >= 0 and any(np.can_cast(dtype, loop, "safe") for loop in _LOOPS)


def _first_unsupported(function: str, operands: Mapping[str, Any]) -> str | None:
    for name, operand in operands.items():
        dtype = dtype_of(operand)
        if not _is_supported(dtype):
            return _message(function, name, operand, dtype)
    return None


def _message(function: str, name: str, operand: Any, dtype: np.dtype[Any]) -> str:
    came = "" if _is_numpys(operand) else f" ({type(operand).__name__})"
    if hasattr(operand, "toarray"):
        advice = f"a sparse matrix has to be made dense first, by {name}.toarray()"
    elif not _is_numpys(operand):
        advice = "pass a float, or an array of one of these dtypes"
    elif dtype.kind == "c":
        advice = f"take its real part first, {name}.real, or its absolute value"
    else:
        advice = f"convert it first, for example with {name}.astype(np.float32)"
    return f"{function}: {name} has dtype {dtype}{came}, but the dtypes supported are {SUPPORTED}; {advice}"
