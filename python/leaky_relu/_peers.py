"""Other ways to compute Leaky ReLU, as the demonstration and bench/ call them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPERATIONS = ("forward", "gradient")
WAYS = {"new": "new array", "out": "out=", "inplace": "in place"}
OURS = "leaky_relu"
SLOPE = 0.01

_FLOATS = ("float32", "float64")
_ALL_FLOATS = ("float16", "bfloat16", *_FLOATS)


@dataclass(frozen=True)
class Operands:
    """The arrays that all peers share (y takes the result of ``out=``), and the threads that each may use."""

    x: NDArray[Any]
    g: NDArray[Any]
    y: NDArray[Any]
    threads: int = 1


@dataclass(frozen=True)
class Peer:
    """
    A way to compute it.

    ``statements`` by (operation, way) may use np, x, g, y, a (the slope), threads and what ``prepare`` adds;
    ``setup`` is the same. A ceiling computes something simpler, that bounds what can be had.
    """

    statements: Mapping[tuple[str, str], str]
    needs: tuple[str, ...] = ()
    prepare: Callable[[Operands], dict[str, Any]] = lambda operands: {}
    setup: str = "pass"
    dtypes: tuple[str, ...] = _ALL_FLOATS
    dimensions: tuple[int, ...] = field(default=(1, 2))
    ceiling: bool = False

    def takes(self, operation: str, way: str, x: NDArray[Any]) -> bool:
        return (
            (operation, way) in self.statements and x.dtype.name in self.dtypes and x.ndim in self.dimensions
        )


def _ours(operands: Operands) -> dict[str, Any]:
    package = import_module("leaky_relu")
    names = ("leaky_relu", "leaky_relu_grad", "set_num_threads")
    return {name: getattr(package, name) for name in names}


def _module(name: str) -> Callable[[Operands], dict[str, Any]]:
    return lambda operands: {name: import_module(name), "a": operands.x.dtype.type(SLOPE)}


@cache
def _numba_functions(parallel: bool) -> dict[str, Any]:
    numba = import_module("numba")

    def forward(x: Any, a: Any, y: Any) -> Any:
        for i in numba.prange(x.size):
            y[i] = x[i] if x[i] > 0 else a * x[i]
        return y

    def forward_in_place(x: Any, a: Any) -> Any:  # not forward(x, a, x): the compiler would expect overlap
        for i in numba.prange(x.size):
            x[i] = x[i] if x[i] > 0 else a * x[i]

    def gradient(g: Any, x: Any, a: Any, y: Any) -> Any:
        for i in numba.prange(x.size):
            y[i] = g[i] if x[i] > 0 else a * g[i]
        return y

    def gradient_in_place(g: Any, x: Any, a: Any) -> Any:
        for i in numba.prange(x.size):
            g[i] = g[i] if x[i] > 0 else a * g[i]

    functions = (forward, forward_in_place, gradient, gradient_in_place)
    return {f.__name__: numba.njit(parallel=parallel)(f) for f in functions}


def _numba(operands: Operands) -> dict[str, Any]:
    return _module("numba")(operands) | _numba_functions(parallel=operands.threads > 1)


def _torch(operands: Operands) -> dict[str, Any]:
    torch = import_module("torch")

    def tensor(array: NDArray[Any]) -> Any:
        if array.dtype.name == "bfloat16":
            return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
        return torch.from_numpy(array)

    backward = torch.ops.aten.leaky_relu_backward
    return {
        "torch": torch,
        "leaky_relu": torch.nn.functional.leaky_relu,
        "leaky_relu_": torch.nn.functional.leaky_relu_,
        "leaky_relu_out": torch._C._nn.leaky_relu,
        "backward": backward.default,
        "backward_out": backward.grad_input,
        **{name: tensor(getattr(operands, name)) for name in "xgy"},
    }


def _onnxruntime(operands: Operands) -> dict[str, Any]:
    onnx, onnxruntime = import_module("onnx"), import_module("onnxruntime")
    node = onnx.helper.make_node("LeakyRelu", ["x"], ["y"], alpha=SLOPE)
    ends = [onnx.helper.make_tensor_value_info(end, onnx.TensorProto.FLOAT, operands.x.shape) for end in "xy"]
    graph = onnx.helper.make_graph([node], "leaky_relu", ends[:1], ends[1:])
    opset = [onnx.helper.make_opsetid("", 16)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = operands.threads
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    binding = session.io_binding()
    binding.bind_cpu_input("x", operands.x)
    binding.bind_output("y", "cpu", 0, np.float32, operands.y.shape, operands.y.ctypes.data)
    return {"session": session, "binding": binding}


PEERS = {
    OURS: Peer(
        {
            ("forward", "new"): "leaky_relu(x)",
            ("forward", "out"): "leaky_relu(x, out=y)",
            ("forward", "inplace"): "leaky_relu(x, a, out=x)",
            ("gradient", "new"): "leaky_relu_grad(g, x)",
            ("gradient", "out"): "leaky_relu_grad(g, x, out=y)",
            ("gradient", "inplace"): "leaky_relu_grad(g, x, a, out=g)",
        },
        prepare=_ours,
        setup="set_num_threads(threads)",
    ),
    "np.maximum": Peer(
        {
            ("forward", "new"): "np.maximum(x, a * x)",
            ("forward", "out"): "np.maximum(x, np.multiply(x, a, out=y), out=y)",
            ("forward", "inplace"): "np.maximum(x, a * x, out=x)",
        }
    ),
    "np.where": Peer(
        {
            ("forward", "new"): "np.where(x > 0, x, a * x)",
            ("gradient", "new"): "np.where(x > 0, g, a * g)",
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
        prepare=_module("numexpr"),
        setup="numexpr.set_num_threads(threads)",
        dtypes=_FLOATS,
    ),
    "numba": Peer(
        {
            ("forward", "new"): "forward(x, a, np.empty_like(x))",
            ("forward", "out"): "forward(x, a, y)",
            ("forward", "inplace"): "forward_in_place(x, a)",
            ("gradient", "new"): "gradient(g, x, a, np.empty_like(g))",
            ("gradient", "out"): "gradient(g, x, a, y)",
            ("gradient", "inplace"): "gradient_in_place(g, x, a)",
        },
        needs=("numba",),
        prepare=_numba,
        setup="if threads > 1: numba.set_num_threads(threads)",
        dtypes=_FLOATS,
        dimensions=(1,),
    ),
    "torch": Peer(
        {
            ("forward", "new"): "leaky_relu(x)",
            ("forward", "out"): "leaky_relu_out(x, out=y)",
            ("forward", "inplace"): "leaky_relu_(x, a)",
            ("gradient", "new"): "backward(g, x, a, False)",
            ("gradient", "out"): "backward_out(g, x, a, False, grad_input=y)",
            ("gradient", "inplace"): "backward_out(g, x, a, False, grad_input=g)",
        },
        needs=("torch",),
        prepare=_torch,
        setup="torch.set_num_threads(threads)",
    ),
    "onnxruntime": Peer(
        {
            ("forward", "new"): "session.run(None, {'x': x})",
            ("forward", "out"): "session.run_with_iobinding(binding)",
        },
        needs=("onnx", "onnxruntime"),
        prepare=_onnxruntime,
        dtypes=("float32",),
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
