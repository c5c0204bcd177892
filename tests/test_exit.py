"""The interpreter ends while a daemon thread and the workers of a pool are inside a call: all is quiet."""

import pytest

# Each public function, and each way into a ufunc; x, g, y are large, w has a slope for each row.
CALLS = {
    "new": "lr.leaky_relu(x)",
    "out": "lr.leaky_relu(x, 0.1, out=y)",
    "small": "lr.leaky_relu(x[0, :8])",
    "strided": "lr.leaky_relu(x[:, ::2], 0.1, out=y[:, ::2])",
    "where": "lr.leaky_relu(x, where=x > 0, out=y)",
    "dtype": "lr.leaky_relu(x, dtype=np.float64)",
    "integers": "lr.leaky_relu(i, 0.5, out=y, casting='unsafe')",
    "outer": "lr.leaky_relu.outer(x[0], w[:50])",
    "gradient": "lr.leaky_relu_grad(g, x)",
    "gradient_out": "lr.leaky_relu_grad(g, x, 0.1, out=y)",
    "gradient_strided": "lr.leaky_relu_grad(g[:, ::2], x[:, ::2], 0.1)",
    "packed": "lr.leaky_relu_packed(x)",
    "gradient_packed": "lr.leaky_relu_grad_packed(g, p)",
    "prelu": "lr.prelu(x, w, channel_axis=0)",
    "prelu_grad": "lr.prelu_grad(g, x, w, channel_axis=0)",
    "rrelu": "lr.rrelu(x, rng=np.random.default_rng())",
    "layer": "layer.forward(x), layer.backward(g)",
    "prelu_layer": "learns.forward(x), learns.backward(g)",
    "refused": "refused(lr.leaky_relu, x.astype(object))",
    "refused_shape": "refused(lr.prelu, x, w[1:])",
    "cache": "lr.leaky_relu(x), lr.cache_info(), lr.clear_cache()",
    "threads": "lr.set_num_threads(lr.get_num_threads()), lr.simd_target(), lr.simd_targets()",
}
CODE = """
import sys, threading, multiprocessing.pool, numpy as np, leaky_relu as lr
lr.set_num_threads(2)
x = np.linspace(-1, 1, 300_000, dtype=np.float32).reshape(300, 1000)
g, y, i, w = x.copy(), x.copy(), (x * 10).astype(np.int16), np.full(300, 0.1, np.float32)
p = lr.leaky_relu_packed(x)[1]
layer, learns = lr.LeakyReLU(), lr.PReLU(1)
def refused(function, *arguments):
    try: function(*arguments)
    except (TypeError, ValueError): pass
called = threading.Event()
def work(_=None):
    while True:
        {call}
        called.set()
threading.Thread(target=work, daemon=True).start()
pool = multiprocessing.pool.ThreadPool(2)
pool.map_async(work, range(2))
called.wait()
sys.exit()
"""


@pytest.mark.parametrize("options", [(), ("-X", "dev")], ids=["plain", "dev"])
@pytest.mark.parametrize("call", CALLS)
def test_end_inside_a_call(run_python, call, options):
    done = run_python(CODE.replace("{call}", CALLS[call]), *options, OPENBLAS_NUM_THREADS="1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
