"""What type checkers make of layers; read by them, never run."""

from typing import Any, assert_type

import numpy as np
from leaky_relu import LeakyReLU, PReLU, RReLU
from leaky_relu.layers import Layer, he_gain
from numpy.typing import NDArray

f32: NDArray[np.float32] = np.ones(3, np.float32)
f64: NDArray[np.float64] = np.ones(3)
layers: list[Layer] = [
    LeakyReLU(0.1),
    PReLU(3),
    RReLU(rng=0).eval(),
    LeakyReLU(np.float32(1), inplace=True).train(),
]

for layer in layers:
    assert_type(layer(f32), NDArray[np.float32])
    assert_type(layer.forward(f32), NDArray[np.float32])
    assert_type(layer.forward([1.0, 2.0]), NDArray[np.floating[Any]])
    assert_type(layer.forward(1.0), np.floating[Any])
    assert_type(layer(f32, out=f64), NDArray[np.float64])
    assert_type(layer.backward(f32), NDArray[np.float32])
    assert_type(layer.backward(f64, out=f32), NDArray[np.float32])
    y, backward = layer.vjp(f32)
    assert_type(y, NDArray[np.float32])
    assert_type(backward(f32), NDArray[np.float32])
    assert_type(backward(f32, out=f64), NDArray[np.float64])
    assert_type(layer.training, bool)
    assert_type(layer.parameters(), dict[str, NDArray[Any]])
    for name, grad in layer.grads().items():
        layer.parameters()[name][...] -= 0.1 * grad
    layer.load_state_dict(layer.state_dict())

learned = PReLU(3)
learned.weight -= 0.1 * learned.grad
learned.weight = f64
learned.grad = f64
learned.grad = None
assert_type(learned.train(), PReLU)
assert_type(he_gain(0.1), float)

# What is refused at run time. An ignore that nothing needs is an error itself, so each line proves one.
LeakyReLU(None)  # type: ignore
LeakyReLU("0.1")  # type: ignore
LeakyReLU(1j)  # type: ignore
LeakyReLU(inplace="no")  # type: ignore
LeakyReLU().negative_slope = None  # type: ignore
learned.weight = 0.3  # type: ignore
learned.grad = 0.3  # type: ignore
learned.num_parameters = 4  # type: ignore
RReLU(rng="dice")  # type: ignore
learned("a")  # type: ignore
learned(1j)  # type: ignore
learned.backward("a")  # type: ignore
learned.vjp(["a"])  # type: ignore
backward("a")  # type: ignore
