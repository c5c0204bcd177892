"""bfloat16 comes and goes with ml_dtypes, mostly in a new process; what becomes of its other dtypes."""

import leaky_relu
import numpy as np
import pytest
from helpers import assert_same

pytest.importorskip("ml_dtypes")

BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        assert name.partition(".")[0] != "ml_dtypes", "somebody imports ml_dtypes"
sys.meta_path.insert(0, Blocker())
"""
CALLS_WITHOUT = """
import numpy as np
from leaky_relu import leaky_relu, leaky_relu_grad
x = np.array([-2, 3], np.float32)
assert leaky_relu(x, 0.5).tolist() == [-1, 3]
assert leaky_relu([-2, 3], 0.5).tolist() == [-1, 3]
assert leaky_relu_grad(x, x, [0.5]).tolist() == [-1, 3]
assert leaky_relu(np.array([-1.0]), [0.1]).tolist() == [-0.1]  # what has no type number is no bfloat16 either
class Foreign:
    def __array_ufunc__(self, *args, **kwargs):
        return args[3]
foreign = Foreign()
assert leaky_relu(x, foreign) is foreign
for bad in (1j, "a", None):
    try:
        leaky_relu(bad)
    except TypeError as error:
        assert "bfloat16" in str(error)
assert "ml_dtypes" not in sys.modules
print("fine")
"""


@pytest.mark.parametrize("before", [BLOCKED, "import sys\n"], ids=["absent", "not imported"])
def test_without(printed, before):
    assert printed(before + CALLS_WITHOUT) == "fine"


@pytest.mark.parametrize(
    "broken", ["None", "types.ModuleType('ml_dtypes')"], ids=["None", "without bfloat16"]
)
def test_odd_module(printed, broken):
    """In sys.modules, but not (or not yet) what it should be."""
    before = f"import sys, types\nsys.modules['ml_dtypes'] = {broken}\n"
    assert printed(before + CALLS_WITHOUT.replace('assert "ml_dtypes" not in sys.modules', "")) == "fine"


IMPORTS = {
    "before": "import ml_dtypes, leaky_relu",
    "after": "import leaky_relu, ml_dtypes",
    "after the first call": "import leaky_relu; leaky_relu.leaky_relu(1.0); import ml_dtypes",
    "after a look for it": """
import importlib.util, leaky_relu
importlib.util.find_spec("ml_dtypes")
import ml_dtypes
""",
    "after an import that failed": """
import sys, leaky_relu
class Fails:
    def find_spec(self, name, path=None, target=None):
        if name == "ml_dtypes":
            raise ImportError
sys.meta_path.insert(1, Fails())
try:
    import ml_dtypes
except ImportError:
    del sys.meta_path[1]
import ml_dtypes
""",
    "after an unsupported dtype": """
import leaky_relu
try:
    leaky_relu.leaky_relu("a")
except TypeError:
    pass
import ml_dtypes
""",
}
DATA = """
import numpy as np
from ml_dtypes import bfloat16
x = np.array([-2, 3], bfloat16)
"""
FIRST_CALLS = {
    "array": "leaky_relu.leaky_relu(x, 0.5)",
    "array, out": "leaky_relu.leaky_relu(x, 0.5, np.empty_like(x))",
    "array, bfloat16 slope": "leaky_relu.leaky_relu(x, bfloat16(0.5))",
    "strided": "leaky_relu.leaky_relu(np.repeat(x, 2)[::2], 0.5)",
    "list": "leaky_relu.leaky_relu([bfloat16(-2), bfloat16(3)], 0.5)",
    "scalar": "leaky_relu.leaky_relu(bfloat16(-2), 0.5)",
    "0-d": "leaky_relu.leaky_relu(np.array(-2, bfloat16), 0.5)",
    "slope only": "leaky_relu.leaky_relu(np.array([-2, 3], np.float32), np.array([0.5], bfloat16))",
    "slope longdouble": "leaky_relu.leaky_relu(x, np.longdouble(0.5))",
    "gradient": "leaky_relu.leaky_relu_grad(x, x, 0.5)",
    "gradient of lists": "leaky_relu.leaky_relu_grad(x.tolist(), list(x), 0.5)",
    "outer": "assert leaky_relu.leaky_relu.outer(x, [0.5]).dtype == bfloat16",
    "at": "leaky_relu.leaky_relu.at(x.copy(), [0], 0.5)",
    "reduce": "assert leaky_relu.leaky_relu.reduce([x, x]).dtype == bfloat16",
    "resolve_dtypes": "leaky_relu.leaky_relu.resolve_dtypes((x.dtype, np.dtype('f'), None))",
}
CHECK = """
kinds = [np.float16, np.float32, np.float64, np.longdouble, bfloat16]
for slope in (0.5, 1, [0.5], *(kind(0.5) for kind in kinds)):
    assert leaky_relu.leaky_relu(x, slope).dtype == bfloat16, slope
    assert leaky_relu.leaky_relu(x[:, None], slope).dtype == bfloat16, slope
    assert leaky_relu.leaky_relu.outer(x, slope).dtype == bfloat16, slope
assert leaky_relu.leaky_relu(x, 0.5).dtype == bfloat16
assert leaky_relu.leaky_relu(x, 0.5).tolist() == [-1, 3]
assert leaky_relu.leaky_relu([bfloat16(-2)], 0.5).dtype == bfloat16
assert leaky_relu.leaky_relu_grad(x, x, 0.5).tolist() == [-1, 3]
assert leaky_relu.leaky_relu_grad(x, x, np.float64(0.5)).dtype == bfloat16
print(leaky_relu.leaky_relu(bfloat16(-2), 0.5).dtype)
"""


@pytest.mark.parametrize("first", FIRST_CALLS)
@pytest.mark.parametrize("imports", ["before", "after"])
def test_first_call(printed, imports, first):
    assert printed(IMPORTS[imports] + DATA + FIRST_CALLS[first] + CHECK) == "bfloat16"


@pytest.mark.parametrize("imports", ["after the first call", "after an unsupported dtype"])
@pytest.mark.parametrize("fast", "01")
def test_late_import(printed, imports, fast):
    assert printed(IMPORTS[imports] + DATA + CHECK, LEAKY_RELU_FAST_CALL=fast) == "bfloat16"


@pytest.mark.parametrize("fast", "01")
def test_threads_race_for_the_first_call(printed, fast):
    code = """
import threading, numpy as np, leaky_relu
start, results = threading.Barrier(8), []
def work(i):
    start.wait()
    from ml_dtypes import bfloat16
    x = np.array([-2, 3], bfloat16)
    y = leaky_relu.leaky_relu_grad(x, x, 0.5) if i % 2 else leaky_relu.leaky_relu(x, 0.5)
    results.append((y.dtype == bfloat16, y.tolist()))
threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(results == [(True, [-1, 3])] * 8)
"""
    for _ in range(3):
        assert printed(code, LEAKY_RELU_FAST_CALL=fast) == "True"


# dtype of the result by the name of the type in ml_dtypes; what np.sin makes of the integers.
OTHERS = {
    "float8_e4m3fn": "float32",
    "float8_e4m3b11fnuz": "float32",
    "float8_e5m2": "float32",
    "float8_e8m0fnu": "float32",
    "float6_e3m2fn": "float32",
    "float4_e2m1fn": "float32",
    "int4": "float16",
    "uint2": "float16",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_dtypes_are_cast_to_the_first_loop_they_fit(way, name):
    import ml_dtypes

    other = np.dtype(getattr(ml_dtypes, name))
    unsigned = name in ("float8_e8m0fnu", "uint2")
    x = np.array([[1, 2, 1] if unsigned else [-1, 1, -1]]).astype(other)
    wide = x.astype(OTHERS[name])
    expected = leaky_relu.leaky_relu(wide, 0.5)
    for a in (x, np.repeat(x, 2, 1)[:, ::2]):
        assert_same(leaky_relu.leaky_relu(a, 0.5), expected)
        assert_same(leaky_relu.leaky_relu_grad(a, a, 0.5), expected)
        assert_same(leaky_relu.leaky_relu_packed(a, 0.5)[0], expected)
        assert_same(leaky_relu.prelu(a, [0.5] * 3), expected)
        assert_same(leaky_relu.prelu_grad(a, a, [0.5] * 3)[0], expected)
    assert leaky_relu.rrelu(x, rng=np.random.default_rng(0))[0].dtype == OTHERS[name]
    # As a parameter it decides nothing, as an output it is rounded to.
    negative = np.array([[-1.0, 1.0, -1.0]], np.float32)
    assert_same(leaky_relu.leaky_relu(negative, x), leaky_relu.leaky_relu(negative, x.astype(np.float32)))
    assert_same(leaky_relu.prelu(negative, x), leaky_relu.leaky_relu(negative, x.astype(np.float32)))
    out = np.zeros_like(x)
    assert leaky_relu.leaky_relu(negative, 0.5, out) is out
    assert np.array_equal(
        out.view(np.uint8), leaky_relu.leaky_relu(negative, 0.5).astype(other).view(np.uint8)
    )


@pytest.mark.parametrize(("weight", "result"), [("float8_e4m3fn", "float8_e4m3fn"), ("int4", "float32")])
def test_gradient_of_a_small_weight(weight, result):
    """In the weight's dtype, or what it is cast to where that is an integer."""
    import ml_dtypes

    x, w = np.array([[-0.5, 1.0]], np.float32), np.ones(2).astype(getattr(ml_dtypes, weight))
    grad_weight = leaky_relu.prelu_grad(x, x, w)[1]
    assert grad_weight.dtype.name == result
    assert grad_weight.tolist() == [0.25, 0.0]


@pytest.mark.parametrize("name", ["complex32", "bcomplex32"])
def test_small_complex_dtypes_are_not_supported(name):
    import ml_dtypes

    if not hasattr(ml_dtypes, name):
        pytest.skip("this ml_dtypes has none")
    with pytest.raises(TypeError, match=f"^leaky_relu: x has dtype {name}"):
        leaky_relu.leaky_relu(np.ones(2).astype(getattr(ml_dtypes, name)))
