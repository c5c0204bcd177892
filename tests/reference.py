"""Every operation written plainly in NumPy: the value to the bit, and the floating-point errors."""

import inspect
import platform

import numpy as np
from helpers import HALF, compute_type, raised_flags, widen
from leaky_relu import _core

OPERATIONS = _core.OPERATIONS
DATA = {"grad_output", "x"}  # what decides the dtype; all other inputs are parameters

# IEEE 754-2019, 7.5: tininess is detected before rounding (Arm) or after it (x86).
_ARM = platform.machine().lower() in ("aarch64", "arm64")
_TINY_HALF = 2.0**-14 - (0 if _ARM else 2.0**-26)


def derivative(x, slope):
    """Select the factor; comparing NaN raises nothing."""
    with np.errstate(all="ignore"):
        return np.where(np.greater(widen(x), 0), slope.dtype.type(1), slope)


def leaky_relu(x, negative_slope):
    return np.multiply(widen(x), derivative(x, negative_slope))


def leaky_relu_grad(grad_output, x, negative_slope):
    return np.multiply(widen(grad_output), derivative(x, negative_slope))


def bias_leaky_relu(x, bias, negative_slope):
    return leaky_relu(np.add(widen(x), bias), negative_slope)


def affine_leaky_relu(x, scale, bias, negative_slope):
    return bias_leaky_relu(np.multiply(widen(x), scale), bias, negative_slope)


def _flags_of_narrowing(wide, half):
    flags = set()
    if np.any(np.isfinite(wide) & np.isinf(half)):
        flags.add("overflow")
    if np.any((np.abs(wide) < _TINY_HALF) & (half.astype(np.float32) != wide)):
        flags.add("underflow")
    return flags


def _with_flags(formula):
    """Make a function that gives value and flags of a formula in the compute type."""
    names = list(inspect.signature(formula).parameters)

    def evaluate(*inputs):
        if len(inputs) < len(names):
            inputs = (*inputs, 0.01)
        inputs = dict(zip(names, map(np.asarray, inputs), strict=True))
        dtype = inputs["x"].dtype
        compute = compute_type(dtype)
        with raised_flags() as flags:
            wide = formula(**{k: a if k in DATA else a.astype(compute) for k, a in inputs.items()})
        with np.errstate(all="ignore"):
            value = np.asarray(wide).astype(dtype)
            if dtype == HALF:
                flags |= _flags_of_narrowing(wide, value)
        return value, flags

    return evaluate


FORMULAS = {f.__name__: f for f in (leaky_relu, leaky_relu_grad, bias_leaky_relu, affine_leaky_relu)}
REFERENCE = {name: _with_flags(formula) for name, formula in FORMULAS.items()}


def reference_and_flags(ufunc, *inputs):
    """Give what a ufunc should, and the flags it should raise; data inputs are of one dtype."""
    return REFERENCE[ufunc.__name__](*inputs)


def reference(ufunc, *inputs):
    return reference_and_flags(ufunc, *inputs)[0]
