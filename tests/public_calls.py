"""
Calls of every public function, as code: for tests that look at a process rather than at values.

x, g and y have one shape; w has a number for each column, p the signs of x. All but y stay as they are.
"""

OPERANDS = """
import numpy as np, numpy.random, leaky_relu as lr  # no import is to be half done where a fork comes
x = np.linspace(-1, 1, {rows} * {columns}, dtype=np.float32).reshape({rows}, {columns})
g, y, i, w = x.copy(), x.copy(), (x * 10).astype(np.int16), np.full({columns}, 0.25, np.float32)
p = np.packbits(x > 0, bitorder="little")
layer, learns = lr.LeakyReLU(0.5), lr.PReLU(1)
frozen = y.copy()
frozen.flags.writeable = False
"""

CALLS = {
    "scalar": "lr.leaky_relu(1.5, 0.5)",
    "small": "lr.leaky_relu(x[0, :8], 0.5)",
    "new": "lr.leaky_relu(x)",
    "out": "lr.leaky_relu(x, 0.1, out=y)",
    "keyword": "lr.leaky_relu(x, negative_slope=0.5)",
    "strided": "lr.leaky_relu(x[:, ::-1], 0.5)",
    "strided_out": "lr.leaky_relu(x[:, ::2], 0.1, out=y[:, ::2])",
    "where": "lr.leaky_relu(x, where=x > 0, out=g.copy())",
    "dtype": "lr.leaky_relu(x, 0.5, dtype=np.float64)",
    "integers": "lr.leaky_relu(i, 0.5, out=y, casting='unsafe')",
    "outer": "lr.leaky_relu.outer(x[0], w[:50])",
    "gradient": "lr.leaky_relu_grad(g, x)",
    "gradient_out": "lr.leaky_relu_grad(g, x, 0.1, out=y)",
    "gradient_strided": "lr.leaky_relu_grad(g[:, ::2], x[:, ::2], 0.1)",
    "bias": "lr.bias_leaky_relu(x, w, 0.5)",
    "bias_out": "lr.bias_leaky_relu(x, w, 0.5, out=y)",
    "affine": "lr.affine_leaky_relu(x, w, w, 0.5)",
    "packed": "lr.leaky_relu_packed(x, 0.5)",
    "packed_out": "lr.leaky_relu_packed(x, 0.5, out=y)",
    "gradient_packed": "lr.leaky_relu_grad_packed(g, p, 0.5)",
    "prelu": "lr.prelu(x, w)",
    "prelu_grad": "lr.prelu_grad(g, x, w)",
    "prelu_grad_rounded": "lr.prelu_grad(g, x, w.astype(np.float64))",
    "bias_grad": "lr.bias_leaky_relu_grad(g, x, 0.5)",
    "rrelu": "lr.rrelu(x, rng=np.random.default_rng(1))",
    "layer": "(layer.forward(x), layer.backward(g))",
    "prelu_layer": "(learns.forward(x), learns.backward(g))",
}

# What has no arrays for a result.
SETTINGS = {
    "cache": "(lr.leaky_relu(x), lr.cache_info(), lr.clear_cache())",
    "threads": "(lr.set_num_threads(lr.get_num_threads()), lr.simd_target(), lr.simd_targets())",
}

# What must raise TypeError or ValueError.
REFUSED = {
    "no argument": "lr.leaky_relu()",
    "too many": "lr.leaky_relu(x, 1, y, 2)",
    "twice": "lr.leaky_relu(x, 1, negative_slope=1)",
    "unknown": "lr.leaky_relu(x, nonsense=1)",
    "complex": "lr.leaky_relu(x.astype(complex))",
    "object": "lr.leaky_relu(x.astype(object))",
    "shape": "lr.leaky_relu(x, 0.5, out=y[1:])",
    "read-only": "lr.leaky_relu(x, 0.5, out=frozen)",
    "packed shape": "lr.leaky_relu_packed(x, out=y[1:])",
    "bits": "lr.leaky_relu_grad_packed(x, p[1:])",
    "weights": "lr.prelu(x, w[1:])",
    "channels": "lr.prelu_grad(x, x, w[1:])",
    "axis": "lr.bias_leaky_relu_grad(x, x, channel_axis=5)",
}


def operands(rows, columns):
    """Give the code that makes what the calls take."""
    return OPERANDS.format(rows=rows, columns=columns)
