"""Bias, scale and Leaky ReLU in one pass, beside the same in steps."""

from collections.abc import Iterator

from bench.must.requirement import OUT, Requirement, beside

IMAGES = 8 * 64 * 56 * 56
# Layout, elements, and how many times as fast as PyTorch and as NumPy's addition and then ours.
BIAS = (
    ("dense-100", 64 * 100, 4.0, 3.0),
    ("dense-1024", 256 * 1024, 1.7, 2.2),
    ("dense-1024", 4096 * 1024, 1.5, 1.9),
    ("nchw", IMAGES, 1.6, 2.3),
    ("narrow", 300_000, 2.0, 3.0),
)


def forward() -> Iterator[Requirement]:
    for operation, more in (("bias", 1.0), ("affine", 1.5)):
        for layout, size, torch, steps in BIAS:
            mine = OUT._replace(operation=operation, layout=layout)
            yield beside("torch", mine, (size,), 1 / torch)
            yield beside("NumPy + leaky_relu", mine, (size,), 1 / (steps * more))


def gradients() -> Iterator[Requirement]:
    for layout, size, *_ in BIAS:
        mine = OUT._replace(operation="bias_gradient", layout=layout)
        yield beside("NumPy + leaky_relu", mine, (size,), 1 / 1.3)


def small_calls() -> Iterator[Requirement]:
    one = OUT._replace(layout="few")
    for operation in ("bias", "affine"):
        yield Requirement(one._replace(operation=operation), one, (1,), 1.17)  # 10 ns more than 60
