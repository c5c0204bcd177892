"""Leaky ReLU and its gradient for NumPy arrays: genuine ufuncs on SIMD kernels, exact to the bit."""

try:
    from leaky_relu import _core, _runtime  # noqa: F401  (what the environment says is read here)
except ImportError as error:
    from leaky_relu._import_error import exit_if_command

    exit_if_command(error)
    raise

from leaky_relu import _autograd, _dtypes, _threadpoolctl, _ufuncs  # noqa: F401  (documents the ufuncs)
from leaky_relu._bias import bias_leaky_relu_grad
from leaky_relu._core import (
    __version__,
    affine_leaky_relu,
    bias_leaky_relu,
    leaky_relu,
    leaky_relu_grad,
)
from leaky_relu._packed import leaky_relu_grad_packed, leaky_relu_packed
from leaky_relu._prelu import prelu, prelu_grad
from leaky_relu._rrelu import rrelu
from leaky_relu._runtime import (
    cache_info,
    clear_cache,
    get_num_threads,
    set_num_threads,
    simd_target,
    simd_targets,
)
from leaky_relu._when_imported import when_imported as _when_imported
from leaky_relu.layers import BiasLeakyReLU, LeakyReLU, PReLU, RReLU

__all__ = [
    "BiasLeakyReLU",
    "LeakyReLU",
    "PReLU",
    "RReLU",
    "__version__",
    "affine_leaky_relu",
    "bias_leaky_relu",
    "bias_leaky_relu_grad",
    "cache_info",
    "clear_cache",
    "get_num_threads",
    "leaky_relu",
    "leaky_relu_grad",
    "leaky_relu_grad_packed",
    "leaky_relu_packed",
    "prelu",
    "prelu_grad",
    "rrelu",
    "set_num_threads",
    "simd_target",
    "simd_targets",
]

_when_imported("autograd", _autograd.register)
_when_imported("ml_dtypes", _dtypes.adopt_bfloat16)
_when_imported("threadpoolctl", _threadpoolctl.register)
