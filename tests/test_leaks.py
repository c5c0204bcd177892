"""Calls of each form, and of each that fails, again and again: the process does not grow."""

import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

FORMS = {
    "scalar": "lr.leaky_relu(1.5)",
    "contiguous": "lr.leaky_relu(x, 0.5)",
    "out": "lr.leaky_relu(x, 0.5, out=y)",
    "keyword": "lr.leaky_relu(x, negative_slope=0.5)",
    "strided": "lr.leaky_relu(x[:, ::-1], 0.5)",
    "machinery": "lr.leaky_relu(x, 0.5, dtype=np.float64)",
    "integers": "lr.leaky_relu(i)",
    "gradient": "lr.leaky_relu_grad(x, x)",
    "bias": "lr.bias_leaky_relu(x, w)",
    "affine": "lr.affine_leaky_relu(x, w, w)",
    "packed": "lr.leaky_relu_packed(x)",
    "packed list": "lr.leaky_relu_packed([1.0, -1.0])",
    "grad_packed": "lr.leaky_relu_grad_packed(x, bits)",
    "prelu": "lr.prelu(x, w)",
    "prelu_grad": "lr.prelu_grad(x, x, w)",
    "bias_grad": "lr.bias_leaky_relu_grad(x, x)",
    "rrelu": "lr.rrelu(x, rng=rng)",
    "layer": "layer.backward(layer.forward(x))",
    "no argument": "lr.leaky_relu()",
    "too many": "lr.leaky_relu(x, 1, y, 2)",
    "twice": "lr.leaky_relu(x, 1, negative_slope=1)",
    "unknown": "lr.leaky_relu(x, nonsense=1)",
    "dtype": "lr.leaky_relu(x.astype(complex))",
    "shape": "lr.leaky_relu(x, 0.5, out=y[1:])",
    "read-only": "lr.leaky_relu(x, 0.5, out=frozen)",
    "packed shape": "lr.leaky_relu_packed(x, out=y[1:])",
    "bits": "lr.leaky_relu_grad_packed(x, bits[1:])",
    "channels": "lr.prelu_grad(x, x, w[1:])",
    "overflow": "lr.leaky_relu(x, 1e300)",
}
CODE = """
import gc, os, warnings, numpy as np, leaky_relu as lr
warnings.simplefilter("error")
x, w, y = np.ones((6, 7), np.float32), np.ones(7, np.float32), np.empty((6, 7), np.float32)
i, bits, rng, layer = x.astype(np.int16), np.zeros(6, np.uint8), np.random.default_rng(1), lr.PReLU(7)
frozen = y.copy()
frozen.flags.writeable = False
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
for form in {forms}:
    call = eval("lambda: " + form)
    def many(count):
        for _ in range(count):
            try: call()
            except (TypeError, ValueError, Warning): pass
        gc.collect()
        return resident()
    many(200)
    before = many({count} // 4)
    growth = many({count}) - before
    assert growth < {count} * 16 + (256 << 10), (form, growth)  # less than the smallest object a call
"""


@pytest.mark.parametrize(
    "count", [pytest.param(1_000, id="few"), pytest.param(100_000, marks=pytest.mark.slow)]
)
def test_no_growth(printed, count):
    printed(CODE.replace("{forms}", repr(list(FORMS.values()))).replace("{count}", str(count)))
