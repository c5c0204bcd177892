"""Leaky ReLU and its gradient for NumPy arrays: genuine ufuncs on SIMD kernels, exact to the bit."""

from leaky_relu import _threadpoolctl, _ufuncs  # noqa: F401  (documents the ufuncs)
from leaky_relu._core import __version__, leaky_relu, leaky_relu_grad
from leaky_relu._runtime import clear_cache, get_num_threads, set_num_threads, simd_target, simd_targets

__all__ = [
    "__version__",
    "clear_cache",
    "get_num_threads",
    "leaky_relu",
    "leaky_relu_grad",
    "set_num_threads",
    "simd_target",
    "simd_targets",
]

_threadpoolctl.register()
