"""Arrays that outgrow the caches, whose outputs are stored past them, on one thread and several."""

import pathlib

import leaky_relu as lr
import numpy as np
import pytest
from helpers import MIB, UP_TO_DOUBLE, numbers
from reference import reference


def last_level_cache():
    """Give the size in bytes, as the package finds it."""
    for index in "32":
        path = pathlib.Path(f"/sys/devices/system/cpu/cpu0/cache/index{index}/size")
        if path.exists():
            return int(path.read_text().strip().removesuffix("K")) << 10
    return 32 * MIB


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(last_level_cache() > 128 * MIB, reason="the arrays would be too large"),
]


@pytest.mark.parametrize("dtype", UP_TO_DOUBLE, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("offset", [0, 5])
def test_large(target, thread_count, dtype, offset):
    n = last_level_cache() // dtype.itemsize * 5 // 8 + 1001  # just above where streaming begins
    g, x = numbers(dtype, 70_001, 1), numbers(dtype, 70_001, 2)

    def whole(block, shift=0):
        return np.resize(block, n + shift)[shift:]

    def same_bytes(a, b):
        return np.array_equal(a.view(np.uint8), b.view(np.uint8))

    memory = np.full(n + 2 * offset, 99, dtype)
    out = memory[offset : n + offset]
    lr.leaky_relu(whole(x, offset), 0.3, out)
    assert same_bytes(out, whole(reference(lr.leaky_relu, x, 0.3), offset))
    lr.leaky_relu_grad(whole(g), whole(x), 0.3, out=out)
    assert same_bytes(out, whole(reference(lr.leaky_relu_grad, g, x, 0.3)))
    assert (memory[:offset] == 99).all()
    assert (memory[n + offset :] == 99).all()
    assert same_bytes(lr.leaky_relu(whole(x)), whole(reference(lr.leaky_relu, x)))
