"""Leaky ReLU and its gradient for NumPy arrays: genuine ufuncs on SIMD kernels, exact to the bit."""

from leaky_relu import _core, _ufuncs
from leaky_relu._core import leaky_relu, leaky_relu_grad, simd_target, simd_targets

__all__ = ["leaky_relu", "leaky_relu_grad", "simd_target", "simd_targets"]
__version__ = "0.1.0"
