"""On an emulated x86-64 CPU that is too old for AVX the package works, with its scalar target."""

import platform
import shutil
import sys

import pytest

QEMU = shutil.which("qemu-x86_64-static")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not QEMU or platform.machine() != "x86_64" or sys.platform != "linux",
        reason="needs qemu-x86_64-static on x86-64",
    ),
]

CODE = """
import numpy as np, leaky_relu as lr
for dtype in (np.float16, np.float32, np.float64, np.longdouble):
    x = np.arange(-300, 301).astype(dtype)
    d = np.where(x > 0, dtype(1), dtype(0.5))
    for n in (1, 5, 37, 601):
        assert (lr.leaky_relu(x[:n], 0.5) == (x * d)[:n]).all()
        assert (lr.leaky_relu_grad(x[:n], x[:n], 0.5) == (x * d)[:n]).all()
print(lr.simd_target(), *lr.simd_targets())
"""


@pytest.mark.parametrize(
    ("cpu", "targets"),
    [
        ("Nehalem", ["scalar"]),
        ("IvyBridge", ["scalar"]),  # AVX and F16C, but no AVX2
        ("Haswell", ["avx2", "scalar"]),
        ("Haswell,-fma", ["avx2", "scalar"]),
        ("Haswell,-f16c", ["scalar"]),
    ],
    ids=lambda value: str(value),
)
def test_cpu(run_python, cpu, targets):
    # OpenBLAS, which NumPy brings along, judges by the model number that QEMU keeps of the host.
    done = run_python(CODE, launcher=(QEMU, "-cpu", cpu), OPENBLAS_CORETYPE="Nehalem")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [targets[0], *targets]
