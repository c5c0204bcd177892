"""
The ufuncs inside functions that numba compiles; numba calls `init` by the entry point ``numba_extensions``.

numba compiles kernels of its own, from the formulas below, with our bits for float32 and float64. To numba a
ufunc is then one of the compiled functions here. It must not have the type of a ufunc, nor be an overload:
numba merges calls of such into expressions over arrays, and loses their keywords on the way.
"""

from typing import Any

import numba
import numpy as np
from numba import types
from numba.core.errors import NumbaNotImplementedError, TypingError
from numba.extending import overload, typeof_impl
from numba.np import numpy_support

from leaky_relu import _core
from leaky_relu._dtypes import loop_dtype

# Not `x * (1 if ...)`: an integer beside a float32 would make the product a float64.
_rectify = numba.vectorize(lambda x, slope: x if x > 0 else x * slope)
_gradient = numba.vectorize(lambda grad_output, x, slope: grad_output if x > 0 else grad_output * slope)
_bias_rectify = numba.vectorize(lambda x, bias, slope: _rectify(x + bias, slope))
_affine_rectify = numba.vectorize(lambda x, scale, bias, slope: _rectify(x * scale + bias, slope))


def init() -> None:
    """Let numba compile calls of our ufuncs: on numbers and on arrays of any layout, which broadcast."""
    overload(_cast, strict=False)(_compiled_cast)
    overload(_call, strict=False)(_compiled_call)
    compiled = {
        _core.leaky_relu: numba.njit(_leaky_relu),
        _core.leaky_relu_grad: numba.njit(_leaky_relu_grad),
        _core.bias_leaky_relu: numba.njit(_bias_leaky_relu),
        _core.affine_leaky_relu: numba.njit(_affine_leaky_relu),
    }
    other_ufuncs = typeof_impl.dispatch(np.ufunc)

    def typeof(ufunc: np.ufunc, context: Any) -> Any:
        ours = compiled.get(ufunc)
        return other_ufuncs(ufunc, context) if ours is None else numba.typeof(ours)

    typeof_impl.register(np.ufunc)(typeof)


def _leaky_relu(x: Any, negative_slope: Any = 0.01, out: Any = None) -> Any:
    data = (x,)
    return _call(_rectify, out, _cast(x, data), _cast(negative_slope, data))


def _leaky_relu_grad(grad_output: Any, x: Any, negative_slope: Any = 0.01, out: Any = None) -> Any:
    data = (grad_output, x)
    return _call(_gradient, out, _cast(grad_output, data), _cast(x, data), _cast(negative_slope, data))


def _bias_leaky_relu(x: Any, bias: Any, negative_slope: Any = 0.01, out: Any = None) -> Any:
    data = (x,)
    return _call(_bias_rectify, out, _cast(x, data), _cast(bias, data), _cast(negative_slope, data))


def _affine_leaky_relu(x: Any, scale: Any, bias: Any, negative_slope: Any = 0.01, out: Any = None) -> Any:
    data = (x,)
    parameters = _cast(scale, data), _cast(bias, data), _cast(negative_slope, data)
    return _call(_affine_rectify, out, _cast(x, data), *parameters)


def _cast(a: Any, data: tuple[Any, ...]) -> Any:
    """Convert an input to the dtype in which to compute on these data."""
    raise NotImplementedError  # outside of compiled functions


def _compiled_cast(a: Any, data: Any) -> Any:
    dtype = numpy_support.from_dtype(_dtype_to_compute(data))
    if isinstance(a, types.Array):
        return (lambda a, data: a) if a.dtype == dtype else (lambda a, data: a.astype(dtype))
    if isinstance(a, types.Number | types.Boolean):
        return lambda a, data: dtype(a)
    raise TypingError(f"leaky_relu: in functions compiled by numba operands are arrays and numbers, got {a}")


def _dtype_to_compute(data: Any) -> np.dtype[Any]:
    function, names = ("leaky_relu", ["x"]) if len(data) == 1 else ("leaky_relu_grad", ["grad_output", "x"])
    try:
        dtypes = [numpy_support.as_dtype(getattr(numbas, "dtype", numbas)) for numbas in data]
        operands = [np.empty(0, dtype) for dtype in dtypes]
        dtype = loop_dtype(function, **dict(zip(names, operands, strict=True)))
    except (NumbaNotImplementedError, TypeError):
        dtype = None
    if dtype is None or dtype.char not in "fd":
        raise TypingError(
            f"{function}: in functions compiled by numba data are float32, float64 and integers of 16 bits "
            f"or more, got {' and '.join(map(str, data))}; convert first, or call {function} outside"
        )
    return dtype


def _call(kernel: Any, out: Any, *operands: Any) -> Any:
    """Call a kernel, with its output where there is one."""
    raise NotImplementedError  # outside of compiled functions


def _compiled_call(kernel: Any, out: Any, *operands: Any) -> Any:
    if isinstance(out, types.NoneType):
        return lambda kernel, out, *operands: kernel(*operands)
    dtype = getattr(operands[0], "dtype", operands[0])
    if not isinstance(out, types.Array) or out.dtype != dtype:
        raise TypingError(f"leaky_relu: out must be an array of {dtype}, got {out}")
    return lambda kernel, out, *operands: kernel(*operands, out)
