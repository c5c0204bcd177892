"""Other ways to compute Leaky ReLU, as the demonstration and bench/ call them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec

import numpy as np

import leaky_relu
from leaky_relu._comparison import preparation
from leaky_relu._comparison.operands import Operands, is_dense

OURS = "leaky_relu"

_FLOATS = ("float32", "float64")
_ALL_FLOATS = ("float16", "bfloat16", *_FLOATS)
_SMALL = ("bool", "int8", "uint8")
# What this package must have for ours to be measured; what is not here, every version has.
_NEEDED = {"bias": "bias_leaky_relu", "affine": "affine_leaky_relu", "bias_gradient": "bias_leaky_relu_grad"}


def _takes_arrays(operands: Operands) -> bool:
    return isinstance(operands.x, np.ndarray)


def _takes_forward_strides(operands: Operands) -> bool:
    return _takes_arrays(operands) and all(stride >= 0 for stride in operands.x.strides)


def _takes_views_on_one_thread(operands: Operands) -> bool:
    return is_dense(operands) or (_takes_arrays(operands) and operands.threads == 1)


@dataclass(frozen=True)
class Peer:
    """
    A way to compute it.

    ``statements`` by (operation, way) may use np, what is in the operands, and what ``prepare`` adds;
    ``setup`` is the same. A ceiling computes something simpler, that bounds what can be had.
    """

    statements: Mapping[tuple[str, str], str]
    needs: tuple[str, ...] = ()
    prepare: preparation.Prepare = lambda operands: {}
    setup: str = "pass"
    dtypes: tuple[str, ...] = _ALL_FLOATS
    layouts: Callable[[Operands], bool] = lambda operands: True
    ceiling: bool = False

    def takes(self, operation: str, way: str, operands: Operands) -> bool:
        dtype = np.asarray(operands.x).dtype.name
        if dtype in _SMALL and (operation != "forward" or way == "inplace"):
            return False  # their parameters and results are floating-point numbers
        if way != "new" and not isinstance(operands.x, np.ndarray):
            return False
        return (operation, way) in self.statements and dtype in self.dtypes and self.layouts(operands)


def why_impossible(operation: str) -> str | None:
    """Return why ours cannot be measured at an operation; None if it can."""
    name = _NEEDED.get(operation)
    return f"there is no {name} as yet" if name and not hasattr(leaky_relu, name) else None


PEERS = {
    OURS: Peer(
        {
            ("forward", "new"): "leaky_relu(x)",
            ("forward", "out"): "leaky_relu(x, out=y)",
            ("forward", "inplace"): "leaky_relu(x, a, out=x)",
            ("gradient", "new"): "leaky_relu_grad(g, x)",
            ("gradient", "out"): "leaky_relu_grad(g, x, out=y)",
            ("gradient", "inplace"): "leaky_relu_grad(g, x, a, out=g)",
            ("slopes", "new"): "leaky_relu(x, slopes)",
            ("slopes", "out"): "leaky_relu(x, slopes, out=y)",
            ("prelu", "new"): "prelu(x, weight, channel_axis=channel_axis)",
            ("prelu", "out"): "prelu(x, weight, channel_axis=channel_axis, out=y)",
            ("rrelu", "new"): "rrelu(x, rng=rng)",
            ("bias", "new"): "bias_leaky_relu(x, bias)",
            ("bias", "out"): "bias_leaky_relu(x, bias, out=y)",
            ("affine", "new"): "affine_leaky_relu(x, scale, bias)",
            ("affine", "out"): "affine_leaky_relu(x, scale, bias, out=y)",
            ("bias_gradient", "new"): "bias_leaky_relu_grad(g, x, channel_axis=channel_axis)",
            ("bias_gradient", "out"): "bias_leaky_relu_grad(g, x, channel_axis=channel_axis, out=y)",
        },
        prepare=lambda operands: preparation.ours(operands) | {"rng": np.random.default_rng(0)},
        setup="set_num_threads(threads)",
        dtypes=(*_ALL_FLOATS, *_SMALL),
    ),
    "NumPy + leaky_relu": Peer(
        {
            ("bias", "new"): "leaky_relu(t := x + bias, out=t)",
            ("bias", "out"): "leaky_relu(np.add(x, bias, out=y), out=y)",
            ("affine", "new"): "leaky_relu(t := x * scale + bias, out=t)",
            ("affine", "out"): "leaky_relu(np.add(np.multiply(x, scale, out=y), bias, out=y), out=y)",
            ("bias_gradient", "new"): "(t := leaky_relu_grad(g, x), t.sum(others))",
            ("bias_gradient", "out"): "(leaky_relu_grad(g, x, out=y), y.sum(others))",
        },
        prepare=preparation.ours_and_sums,
        setup="set_num_threads(threads)",
    ),
    "np.maximum": Peer(
        {
            ("forward", "new"): "np.maximum(x, a * x)",
            ("forward", "out"): "np.maximum(x, np.multiply(x, a, out=y), out=y)",
            ("forward", "inplace"): "np.maximum(x, a * x, out=x)",
            ("slopes", "new"): "np.maximum(x, slopes * x)",
            ("slopes", "out"): "np.maximum(x, np.multiply(x, slopes, out=y), out=y)",
        },
        dtypes=(*_ALL_FLOATS, *_SMALL),
    ),
    "np.where": Peer(
        {
            ("forward", "new"): "np.where(x > 0, x, a * x)",
            ("gradient", "new"): "np.where(x > 0, g, a * g)",
            ("slopes", "new"): "np.where(x > 0, x, slopes * x)",
        }
    ),
    "numexpr": Peer(
        {
            ("forward", "new"): "numexpr.evaluate('where(x > 0, x, a * x)')",
            ("forward", "out"): "numexpr.evaluate('where(x > 0, x, a * x)', out=y)",
            ("forward", "inplace"): "numexpr.evaluate('where(x > 0, x, a * x)', out=x)",
            ("gradient", "new"): "numexpr.evaluate('where(x > 0, g, a * g)')",
            ("gradient", "out"): "numexpr.evaluate('where(x > 0, g, a * g)', out=y)",
            ("gradient", "inplace"): "numexpr.evaluate('where(x > 0, g, a * g)', out=g)",
        },
        needs=("numexpr",),
        prepare=preparation.numexpr,
        setup="numexpr.set_num_threads(threads)",
        dtypes=_FLOATS,
        layouts=_takes_arrays,
    ),
    "numba": Peer(
        {
            ("forward", "new"): "forward(x, a, np.empty_like(x))",
            ("forward", "out"): "forward(x, a, y)",
            ("forward", "inplace"): "forward_in_place(x, a)",
            ("gradient", "new"): "gradient(g, x, a, np.empty_like(g))",
            ("gradient", "out"): "gradient(g, x, a, y)",
            ("gradient", "inplace"): "gradient_in_place(g, x, a)",
            ("slopes", "out"): "forward(x, slopes, y)",
            ("bias", "out"): "with_bias(x, bias, a, y)",
            ("affine", "out"): "with_scale_and_bias(x, scale, bias, a, y)",
        },
        needs=("numba",),
        prepare=preparation.numba,
        setup="if threads > 1: numba.set_num_threads(threads)",
        dtypes=_FLOATS,
        layouts=_takes_views_on_one_thread,
    ),
    "torch": Peer(
        {
            ("forward", "new"): "leaky_relu(x)",
            ("forward", "out"): "leaky_relu_out(x, out=y)",
            ("forward", "inplace"): "leaky_relu_(x, a)",
            ("gradient", "new"): "backward(g, x, a, False)",
            ("gradient", "out"): "backward_out(g, x, a, False, grad_input=y)",
            ("gradient", "inplace"): "backward_out(g, x, a, False, grad_input=g)",
            ("slopes", "new"): "back(torch.prelu(channels_second, weight))",
            ("prelu", "new"): "back(torch.prelu(channels_second, weight))",
            ("rrelu", "new"): "torch.rrelu(x, 1 / 8, 1 / 3, True)",
            ("bias", "new"): "leaky_relu_(torch.add(x, bias), a)",
            ("bias", "out"): "leaky_relu_(torch.add(x, bias, out=y), a)",
            ("affine", "new"): "leaky_relu_(torch.addcmul(bias, x, scale), a)",
            ("affine", "out"): "leaky_relu_(torch.addcmul(bias, x, scale, out=y), a)",
            ("bias_gradient", "new"): "(t := backward(g, x, a, False), t.sum(others))",
            ("bias_gradient", "out"): "(backward_out(g, x, a, False, grad_input=y), y.sum(others))",
        },
        needs=("torch",),
        prepare=preparation.torch,
        setup="torch.set_num_threads(threads)",
        layouts=_takes_forward_strides,
    ),
    "onnxruntime": Peer(
        {
            ("forward", "new"): "session.run(None, {'x': x})",
            ("forward", "out"): "session.run_with_iobinding(binding)",
        },
        needs=("onnx", "onnxruntime"),
        prepare=preparation.onnxruntime,
        dtypes=("float32",),
        layouts=is_dense,
    ),
    "np.copyto": Peer({("forward", "out"): "np.copyto(y, x)"}, ceiling=True),
    "np.negative": Peer(
        {("forward", "new"): "np.negative(x)", ("forward", "out"): "np.negative(x, out=y)"}, ceiling=True
    ),
    "np.multiply": Peer(
        {("gradient", "new"): "np.multiply(g, x)", ("gradient", "out"): "np.multiply(g, x, out=y)"},
        ceiling=True,
    ),
}


@cache
def why_unavailable(name: str) -> str | None:
    """Return why a peer cannot be measured here; None if it can."""
    for module in PEERS[name].needs:
        if find_spec(module) is None:
            return f"{module} is not installed"
        try:
            import_module(module)
        except Exception as error:
            return f"{module} cannot be imported: {error}"
    return None
