"""Signs and gradients do not depend on the number of threads, whichever bit a piece begins with."""

import leaky_relu as lr
import numpy as np
import pytest
from helpers import numbers, packed

N = 2_000_003  # shared, with a last piece that is not full


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_signs_of_many_pieces(threads, dtype, count):
    threads(count)
    x = np.resize(numbers(np.dtype(dtype), 100_003), N)
    bits = packed(x)
    for _ in range(3):
        y, positive = lr.leaky_relu_packed(x, -0.5)
        assert positive.tobytes() == bits.tobytes()
        assert y.tobytes() == lr.leaky_relu(x, -0.5).tobytes()
        assert lr.leaky_relu_grad_packed(x, positive, -0.5).tobytes() == y.tobytes()
