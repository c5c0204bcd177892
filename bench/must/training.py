"""What training takes, beside what it saves or replaces."""

from collections.abc import Callable
from importlib.util import find_spec
from timeit import Timer
from typing import Any

import leaky_relu
import numpy as np
from numpy.typing import NDArray

SIGNS = 4_000_000
IMAGES = (32, 64, 56, 56)  # as in a residual network of He et al., with a slope for each channel
SETUP = "leaky_relu.set_num_threads(1)"

Pair = Callable[[], tuple[Timer, Timer]]  # ours, and what it is compared with: one thread, float32


def _random(*shape: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    random = np.random.default_rng(1)
    return random.standard_normal(shape, dtype=np.float32), random.standard_normal(shape, dtype=np.float32)


def gradient_from_signs() -> tuple[Timer, Timer]:
    x, g = _random(SIGNS)
    names: dict[str, Any] = {"leaky_relu": leaky_relu, "x": x, "g": g, "y": np.empty_like(x)}
    names["positive"] = leaky_relu.leaky_relu_packed(x)[1]
    np.testing.assert_array_equal(
        leaky_relu.leaky_relu_grad_packed(g, names["positive"]), leaky_relu.leaky_relu_grad(g, x)
    )
    return (
        Timer("leaky_relu.leaky_relu_grad_packed(g, positive, out=y)", SETUP, globals=names),
        Timer("leaky_relu.leaky_relu_grad(g, x, out=y)", SETUP, globals=names),
    )


def signs_in_place() -> tuple[Timer, Timer]:
    x, _ = _random(SIGNS)
    np.testing.assert_array_equal(leaky_relu.leaky_relu_packed(x)[0], leaky_relu.leaky_relu(x))
    names = {"leaky_relu": leaky_relu, "x": x}
    return (
        Timer("leaky_relu.leaky_relu_packed(x, 1, out=x)", SETUP, globals=names),
        Timer("leaky_relu.leaky_relu(x, 1, out=x)", SETUP, globals=names),
    )


def prelu_grad_beside_torch() -> tuple[Timer, Timer]:
    import torch

    x, g = _random(*IMAGES)
    weight = np.full(IMAGES[1], 0.25, np.float32)
    tensors = (torch.from_numpy(g), torch.from_numpy(x), torch.from_numpy(weight).view(1, -1, 1, 1))

    def theirs() -> tuple[Any, Any]:
        grad_x, products = torch.ops.aten._prelu_kernel_backward(*tensors)
        return grad_x, products.sum((0, 2, 3))

    for mine, other in zip(leaky_relu.prelu_grad(g, x, weight), theirs(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-2)
    names = {"leaky_relu": leaky_relu, "torch": torch, "g": g, "x": x, "weight": weight, "theirs": theirs}
    return (
        Timer("leaky_relu.prelu_grad(g, x, weight)", SETUP, globals=names),
        Timer("theirs()", "torch.set_num_threads(1)", globals=names),
    )


PAIRS: list[tuple[str, int, float, Pair]] = [
    ("leaky_relu_grad_packed out= / leaky_relu_grad", SIGNS, 1 / 1.1, gradient_from_signs),
    ("leaky_relu_packed in place / leaky_relu", SIGNS, 1.15, signs_in_place),
]
if find_spec("torch") is not None:
    PAIRS.append(
        ("prelu_grad / torch, its kernel and sum", int(np.prod(IMAGES)), 1 / 2, prelu_grad_beside_torch)
    )
