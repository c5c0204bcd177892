"""What the statements of the peers stand on: compiled functions, tensors, sessions."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaky_relu._comparison.operands import SLOPE, Operands, is_dense

Names = dict[str, Any]


def ours(operands: Operands) -> Names:
    package = import_module("leaky_relu")
    return {name: getattr(package, name) for name in package.__all__}


def ours_and_sums(operands: Operands) -> Names:
    axis = operands.channel_axis % operands.x.ndim
    others = tuple(i for i in range(operands.x.ndim) if i != axis)
    return ours(operands) | {"others": others}


def slope_of_the_dtype(operands: Operands) -> Names:
    # A Python float as an argument would make numexpr and numba compute in float64.
    return {"a": operands.x.dtype.type(SLOPE)}


def numexpr(operands: Operands) -> Names:
    return {"numexpr": import_module("numexpr")} | slope_of_the_dtype(operands)


@cache
def _numba_loops(parallel: bool) -> Names:
    """Return functions of plain loops, which compilers vectorise where the arrays are dense."""
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


@cache
def _numba_ufuncs() -> Names:
    """Return the same for any layout, and for parameters that broadcast."""
    numba = import_module("numba")

    @numba.vectorize  # type: ignore[untyped-decorator]
    def forward(x: Any, a: Any) -> Any:
        return x if x > 0 else a * x

    @numba.vectorize  # type: ignore[untyped-decorator]
    def gradient(g: Any, x: Any, a: Any) -> Any:
        return g if x > 0 else a * g

    @numba.vectorize  # type: ignore[untyped-decorator]
    def with_bias(x: Any, b: Any, a: Any) -> Any:
        v = x + b
        return v if v > 0 else a * v

    @numba.vectorize  # type: ignore[untyped-decorator]
    def with_scale_and_bias(x: Any, s: Any, b: Any, a: Any) -> Any:
        v = x * s + b
        return v if v > 0 else a * v

    return {
        "forward": forward,
        "forward_in_place": lambda x, a: forward(x, a, x),
        "gradient": gradient,
        "gradient_in_place": lambda g, x, a: gradient(g, x, a, g),
        "with_bias": with_bias,
        "with_scale_and_bias": with_scale_and_bias,
    }


def numba(operands: Operands) -> Names:
    names = {"numba": import_module("numba")} | _numba_ufuncs() | slope_of_the_dtype(operands)
    return names | _numba_loops(operands.threads > 1) if is_dense(operands) else names


def torch(operands: Operands) -> Names:
    torch = import_module("torch")

    def tensor(array: NDArray[Any]) -> Any:
        if array.dtype.name == "bfloat16":
            return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
        return torch.from_numpy(array)

    backward = torch.ops.aten.leaky_relu_backward
    names = {
        "torch": torch,
        "leaky_relu": torch.nn.functional.leaky_relu,
        "leaky_relu_": torch.nn.functional.leaky_relu_,
        "leaky_relu_out": torch._C._nn.leaky_relu,
        "backward": backward.default,
        "backward_out": backward.grad_input,
    }
    for name in ("x", "g", "y", "weight", "scale", "bias"):
        if isinstance(array := getattr(operands, name), np.ndarray):
            names[name] = tensor(array)
    axis = operands.channel_axis % max(operands.x.ndim, 1)
    names["others"] = [i for i in range(operands.x.ndim) if i != axis]
    if operands.x.ndim > 1:  # where torch.prelu wants the channels, and back
        names["channels_second"] = names["x"].movedim(axis, 1)
        names["back"] = lambda result: result.movedim(1, axis)
    return names


def onnxruntime(operands: Operands) -> Names:
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


Prepare = Callable[[Operands], Names]
