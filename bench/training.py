"""What training takes, beside what it saves or replaces: further ratios for `python -m bench --must`."""

from collections.abc import Iterator
from importlib.util import find_spec
from timeit import Timer
from typing import Any, NamedTuple

import leaky_relu
import numpy as np

SIGNS = 4_000_000
IMAGES = (32, 64, 56, 56)  # as in a residual network of He et al., with a slope for each channel


class Pair(NamedTuple):
    """Time of `mine` by time of `other`: at most `limit`; one thread, float32."""

    text: str
    size: int
    mine: Timer
    other: Timer
    limit: float


def pairs() -> Iterator[Pair]:
    setup = "leaky_relu.set_num_threads(1)"
    random = np.random.default_rng(1)
    x, g = (random.standard_normal(SIGNS, dtype=np.float32) for _ in range(2))
    names: dict[str, Any] = {"leaky_relu": leaky_relu, "x": x, "g": g, "y": np.empty_like(x)}
    names["positive"] = leaky_relu.leaky_relu_packed(x)[1]

    def timer(statement: str) -> Timer:
        return Timer(statement, setup, globals=names)

    yield Pair(
        "leaky_relu_grad_packed out= / leaky_relu_grad",
        SIGNS,
        timer("leaky_relu.leaky_relu_grad_packed(g, positive, out=y)"),
        timer("leaky_relu.leaky_relu_grad(g, x, out=y)"),
        1 / 1.1,
    )
    yield Pair(
        "leaky_relu_packed in place / leaky_relu",
        SIGNS,
        timer("leaky_relu.leaky_relu_packed(x, 1, out=x)"),
        timer("leaky_relu.leaky_relu(x, 1, out=x)"),
        1.15,
    )
    if find_spec("torch") is not None:
        yield prelu_grad_beside_torch(random)


def prelu_grad_beside_torch(random: np.random.Generator) -> Pair:
    import torch

    x, g = (random.standard_normal(IMAGES, dtype=np.float32) for _ in range(2))
    weight = np.full(IMAGES[1], 0.25, np.float32)
    tensors = (torch.from_numpy(g), torch.from_numpy(x), torch.from_numpy(weight).view(1, -1, 1, 1))

    def theirs() -> tuple[Any, Any]:
        grad_x, products = torch.ops.aten._prelu_kernel_backward(*tensors)
        return grad_x, products.sum((0, 2, 3))

    for mine, other in zip(leaky_relu.prelu_grad(g, x, weight), theirs(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-2)
    names = {"leaky_relu": leaky_relu, "torch": torch, "g": g, "x": x, "weight": weight, "theirs": theirs}
    return Pair(
        "prelu_grad / torch, its kernel and sum",
        x.size,
        Timer("leaky_relu.prelu_grad(g, x, weight)", "leaky_relu.set_num_threads(1)", globals=names),
        Timer("theirs()", "torch.set_num_threads(1)", globals=names),
        1 / 2,
    )
