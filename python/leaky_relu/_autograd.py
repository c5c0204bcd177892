"""
Derivatives of the ufuncs for autograd (https://github.com/HIPS/autograd), version 1.9 or later.

From that version on its boxes take part in NumPy's dispatch of ufuncs, so nothing of autograd's has to be
changed: each ufunc is made a primitive, and from then on plain calls of it differentiate.
"""

from __future__ import annotations  # so that importing takes no time for them

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from leaky_relu import _core
from leaky_relu._dtypes import OPERATIONS, compute_dtype, dtype_of, loop_dtype

_DATA = ("grad_output", "x")  # what decides the dtype

# Every ufunc is factor * d(z, negative_slope), where d does not depend on z as far as derivatives go.
_FACTOR_AND_Z: dict[str, Callable[..., tuple[Any, Any]]] = {
    "leaky_relu": lambda x: (x, x),
    "leaky_relu_grad": lambda grad_output, x: (grad_output, x),
    "bias_leaky_relu": lambda x, bias: (x + bias,) * 2,
    "affine_leaky_relu": lambda x, scale, bias: (x * scale + bias,) * 2,
}
# The derivative of the factor in an input: 0 or another input; where nothing is said it is 1.
_OF_FACTOR = {
    ("leaky_relu_grad", "x"): "0",
    ("affine_leaky_relu", "x"): "scale",
    ("affine_leaky_relu", "scale"): "x",
}

_Derivative: TypeAlias = Callable[..., Any]


def register(autograd: Any) -> None:
    """
    Teach autograd to differentiate our ufuncs.

    In reverse and forward mode, to any order, in all inputs, however they broadcast. A gradient has the dtype
    of what it belongs to. The derivative at zero and NaN is the slope, as everywhere. A call with `where`,
    `dtype` or another keyword of ufuncs is refused by a TypeError.

    Parameters
    ----------
    autograd : module
        The package, imported. Before version 1.9 nothing is done.
    """
    from autograd.extend import defjvp, defvjp, notrace_primitive, primitive
    from autograd.numpy.numpy_boxes import ArrayBox
    from autograd.numpy.numpy_vjps import unbroadcast_f

    if not hasattr(ArrayBox, "__array_ufunc__"):
        return

    dtype_of_value, dtype_to_compute = notrace_primitive(dtype_of), notrace_primitive(_dtype_to_compute)

    cast = primitive(_cast)
    defvjp(cast, lambda result, a, dtype: lambda g: cast(g, dtype_of_value(a)))
    defjvp(cast, lambda g, result, a, dtype: cast(g, dtype))

    unless_positive = primitive(_unless_positive)
    defvjp(unless_positive, lambda result, a, z: unbroadcast_f(a, lambda g: unless_positive(g, z)), None)
    defjvp(unless_positive, lambda g, result, a, z: unless_positive(g, z), None)

    ufuncs = {name: primitive(getattr(_core, name)) for name in OPERATIONS}

    def times_partial(name: str, wanted: str, g: Any, inputs: tuple[Any, ...]) -> Any:
        """Multiply g by the derivative in one input, element by element, rounded where the ufunc rounds."""
        dtype = dtype_to_compute(name, *inputs)
        named = {what: cast(a, dtype) for what, a in zip(OPERATIONS[name], inputs, strict=True)}
        g, slope = cast(g, dtype), named.pop("negative_slope")
        factor, z = _FACTOR_AND_Z[name](*named.values())
        if wanted == "negative_slope":
            return g * unless_positive(factor, z)
        through = ufuncs["leaky_relu_grad"](g, z, slope)
        other = _OF_FACTOR.get((name, wanted))
        return named[other] * through if other else through

    def reverse(name: str, wanted: str) -> _Derivative:
        def make_vjp(result: Any, *inputs: Any, **options: Any) -> _Derivative:
            _refuse(name, options)
            a = inputs[OPERATIONS[name].index(wanted)]
            dtype = dtype_of_value(a)
            wide = np.result_type(dtype, dtype_of_value(result))  # for the sum over what was broadcast
            vjp = unbroadcast_f(a, lambda g: cast(times_partial(name, wanted, g, inputs), wide))
            return lambda g: cast(vjp(g), dtype)

        return make_vjp

    def forward(name: str, wanted: str) -> _Derivative:
        def jvp(g: Any, result: Any, *inputs: Any, **options: Any) -> Any:
            _refuse(name, options)
            return cast(times_partial(name, wanted, g, inputs), dtype_of_value(result))

        return jvp

    for name, inputs in OPERATIONS.items():
        zero = {wanted for wanted in inputs if _OF_FACTOR.get((name, wanted)) == "0"}
        for define, derivative in ((defvjp, reverse), (defjvp, forward)):
            define(ufuncs[name], *(None if a in zero else derivative(name, a) for a in inputs))


def _dtype_to_compute(name: str, *inputs: Any) -> np.dtype[Any]:
    data = {what: a for what, a in zip(OPERATIONS[name], inputs, strict=True) if what in _DATA}
    return compute_dtype(loop_dtype(name, **data))


def _cast(a: Any, dtype: np.dtype[Any]) -> Any:
    return np.asarray(a, dtype)[()]


def _unless_positive(a: Any, z: Any) -> Any:
    return np.where(np.greater(z, 0), 0, a)


def _refuse(name: str, options: dict[str, Any]) -> None:
    if options:
        raise TypeError(
            f"{name}: autograd does not differentiate calls with {', '.join(options)}; "
            "call it without, and select or convert by functions of autograd.numpy"
        )
