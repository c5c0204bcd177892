"""Each request for memory or a thread fails in turn: MemoryError or a slower way, the next call is right."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "cpp/failing.cpp"
COMPILER = shutil.which("c++")

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD is glibc's"),
    pytest.mark.skipif(COMPILER is None, reason="needs a C++ compiler"),
    pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="something else comes first"),
]

CALLS = {
    "leaky_relu": "lr.leaky_relu(x, 0.5)",
    "strided": "lr.leaky_relu(x[:, ::-1], 0.5)",
    "leaky_relu_grad": "lr.leaky_relu_grad(x, x, 0.5)",
    "bias_leaky_relu": "lr.bias_leaky_relu(x, w, 0.5)",
    "packed": "lr.leaky_relu_packed(x, 0.5)",
    "grad_packed": "lr.leaky_relu_grad_packed(x, bits, 0.5)",
    "prelu": "lr.prelu(x, w)",
    "prelu_grad": "lr.prelu_grad(x, x, w)",
    "bias_leaky_relu_grad": "lr.bias_leaky_relu_grad(x, x, 0.5)",
    "rrelu": "lr.rrelu(x, rng=np.random.default_rng(1))",
    "machinery": "lr.leaky_relu(x, 0.5, dtype=np.float32)",
    "small": "lr.leaky_relu(x[0, :9], 0.5)",
}

CODE = """
import ctypes, gc, numpy as np, leaky_relu as lr
preloaded = ctypes.CDLL(None)
preloaded.fail_at.argtypes = (ctypes.c_int, ctypes.c_long, ctypes.c_int)
preloaded.requests.restype = ctypes.c_long
x = np.linspace(-1, 1, 1_250_000, dtype=np.float32).reshape(1250, 1000)
w, bits = np.full(1000, 0.25, np.float32), np.zeros(x.size // 8, np.uint8)
call = lambda: {call}
def flat(result):
    return b"".join(a.tobytes() for a in (result if type(result) is tuple else (result,)))
lr.set_num_threads(1)
expected, failed, allocations = flat(call()), 0, 0
gc.collect()
live = lr.cache_info().live
lr.set_num_threads(3)
def size():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * 4096
sizes = []
for kind, all_after in [(kind, all_after) for kind in range(3) for all_after in (0, 1)] * 2:
    for k in range(1, 40):
        lr.clear_cache()
        preloaded.fail_at(kind, k, all_after)
        try:
            result = call()
        except MemoryError:
            failed += 1
        else:
            assert flat(result) == expected, (kind, k)
            del result
        seen = preloaded.requests(kind)
        preloaded.fail_at(kind, 0, 0)
        gc.collect()
        assert lr.cache_info().live == live, (kind, k)
        allocations += seen * (kind == 0)
        if seen < k: break
    result = call()
    assert flat(result) == expected
    del result
    lr.clear_cache()
    sizes.append(size())
assert sizes[-1] - sizes[6] < 8 << 20, sizes  # no mappings are lost, the second time all is done
print(failed, allocations)
"""


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    library = tmp_path_factory.mktemp("preloaded") / "failing.so"
    options = ["-std=c++20", "-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([COMPILER, *options, "-o", library, SOURCE, "-ldl"], check=True)
    return str(library)


QUICK = ("leaky_relu", "packed", "prelu_grad", "bias_leaky_relu_grad")


@pytest.mark.parametrize(
    "call", [call if call in QUICK else pytest.param(call, marks=pytest.mark.slow) for call in CALLS]
)
def test_every_request_fails_once(printed, failing, call):
    failures, allocations = map(int, printed(CODE.replace("{call}", CALLS[call]), LD_PRELOAD=failing).split())
    assert failures <= 40
    if (
        call in ("prelu_grad", "bias_leaky_relu_grad") and allocations
    ):  # none are seen in a static C++ library
        assert failures > 0  # there is no way without the sums of the parts


def test_idle_memory_goes_before_new_memory_is_given_up(printed, failing):
    printed(
        """
        import ctypes, numpy as np, leaky_relu as lr
        x = np.ones(3_000_000, np.float32)
        first = lr.leaky_relu(x)
        del first
        idle = lr.cache_info().idle
        assert idle >= x.nbytes
        ctypes.CDLL(None).fail_at(1, ctypes.c_long(1), 0)
        y = lr.leaky_relu(x[:1_000_000])
        info = lr.cache_info()
        assert info.idle == 0 and info.live >= y.nbytes, info  # else it is NumPy's memory
        """,
        LD_PRELOAD=failing,
    )
