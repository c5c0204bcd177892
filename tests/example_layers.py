"""A layer of each kind, as the tests of what all can do take them, and data."""

import numpy as np
import pytest
from leaky_relu import BiasLeakyReLU, LeakyReLU, PReLU, RReLU

X, G = np.random.default_rng(1).standard_normal((2, 3, 4, 5)).astype(np.float32)


def biased():
    layer = BiasLeakyReLU(4, -0.5)
    layer.bias[...] = [-1, 0.5, 0, 2]
    return layer


MAKE = {
    "LeakyReLU": lambda: LeakyReLU(-0.5),
    "PReLU": lambda: PReLU(4, 0.125),
    "RReLU": lambda: RReLU(0.1, 0.4, rng=3),
    "BiasLeakyReLU": biased,
}

every_layer = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)
