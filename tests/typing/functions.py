"""What type checkers make of the functions; read by them, never run."""

from typing import Any, assert_type

import numpy as np
from leaky_relu import (
    leaky_relu,
    leaky_relu_grad,
    leaky_relu_grad_packed,
    leaky_relu_packed,
    prelu,
    prelu_grad,
    rrelu,
)
from numpy.typing import NDArray

f32: NDArray[np.float32] = np.ones(3, np.float32)
f64: NDArray[np.float64] = np.ones(3)
i64: NDArray[np.int64] = np.ones(3, np.int64)
c64: NDArray[np.complex64] = np.ones(3, np.complex64)
rng = np.random.default_rng(0)

# x decides the dtype, parameters never do.
assert_type(leaky_relu(f32), NDArray[np.float32])
assert_type(leaky_relu(f32, 0.1), NDArray[np.float32])
assert_type(leaky_relu(f32, negative_slope=f64), NDArray[np.float32])
assert_type(leaky_relu(f32, [0.1, 0.2, 0.3], where=[True, False, True]), NDArray[np.float32])
assert_type(leaky_relu(np.float16(1)), np.float16)
assert_type(leaky_relu(-1.0, np.float32(0.1)), np.float64)
assert_type(leaky_relu(-1), np.float64)
assert_type(leaky_relu(i64), NDArray[np.floating[Any]])
assert_type(leaky_relu([[-1.0, 2.0], [3, 4]]), NDArray[np.floating[Any]])
assert_type(leaky_relu([-1, 2], dtype=np.float32), NDArray[np.float32])
assert_type(leaky_relu(f64, dtype=np.dtype(np.float16), casting="same_kind"), NDArray[np.float16])
assert_type(leaky_relu(f64, dtype="float32"), NDArray[np.floating[Any]])
assert_type(leaky_relu(f32, out=f32), NDArray[np.float32])
assert_type(leaky_relu(i64, 0.1, out=(f64,)), NDArray[np.float64])
assert_type(leaky_relu(f32, 0.1, f64), NDArray[np.float64])

assert_type(leaky_relu_grad(f32, f32), NDArray[np.float32])
assert_type(leaky_relu_grad(f32, f32, f64), NDArray[np.float32])
assert_type(leaky_relu_grad(1.0, -1.0), np.float64)
assert_type(leaky_relu_grad([1.0], [-1.0], 0.1), NDArray[np.floating[Any]])
assert_type(leaky_relu_grad(f32, f32, 0.1, f64), NDArray[np.float64])
assert_type(leaky_relu_grad(f32, f32, out=f32), NDArray[np.float32])

assert_type(leaky_relu_packed(f32, np.float64(0.1)), tuple[NDArray[np.float32], NDArray[np.uint8]])
assert_type(leaky_relu_packed([1.0], 1), tuple[NDArray[np.floating[Any]], NDArray[np.uint8]])
assert_type(leaky_relu_packed(f32, out=f32)[0], NDArray[np.float32])
assert_type(leaky_relu_grad_packed(f32, leaky_relu_packed(f32)[1]), NDArray[np.float32])

assert_type(prelu(f32, [0.1, 0.2, 0.3]), NDArray[np.float32])
assert_type(prelu([1.0], 0.1), NDArray[np.floating[Any]])
assert_type(prelu_grad(f32, f32, f64), tuple[NDArray[np.float32], NDArray[np.float64]])
assert_type(prelu_grad([1.0], f32, 0.1)[0], NDArray[np.floating[Any]])
assert_type(rrelu(f32, rng=rng), tuple[NDArray[np.float32], NDArray[np.floating[Any]]])
assert_type(rrelu([1.0], rng=rng)[0], NDArray[np.floating[Any]])


class Frame:  # answers ufuncs itself, as those of pandas and xarray do
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> "Frame":
        return self


assert_type(leaky_relu(Frame()), Any)
assert_type(prelu(Frame(), 0.1), Any)

# What is refused at run time. An ignore that nothing needs is an error itself, so each line proves one.
leaky_relu("a")  # type: ignore
leaky_relu(["a"])  # type: ignore
leaky_relu(None)  # type: ignore
leaky_relu(1j)  # type: ignore
leaky_relu(c64)  # type: ignore
leaky_relu(np.complex64(1))  # type: ignore
leaky_relu(f32, 1j)  # type: ignore
leaky_relu(f32, c64)  # type: ignore
leaky_relu(f32, "0.1")  # type: ignore
leaky_relu(f32, None)  # type: ignore
leaky_relu(f32, slope=0.1)  # type: ignore
leaky_relu(x=f32)  # type: ignore
leaky_relu(f32, casting="free")  # type: ignore
leaky_relu_grad(f32)  # type: ignore
leaky_relu_grad(f32, f32, 1j)  # type: ignore
leaky_relu_packed(f32, 1j)  # type: ignore
leaky_relu_packed("a")  # type: ignore
leaky_relu_packed(f32, [0.1])  # type: ignore
leaky_relu_grad_packed(f32, f32)  # type: ignore
prelu(f32, 1j)  # type: ignore
prelu_grad(c64, f32, f32)  # type: ignore
rrelu(f32)  # type: ignore
rrelu(f32, rng=0)  # type: ignore
