"""ONNX's operators on these kernels, and ONNX's own tests of them."""

import importlib
import re

import numpy as np
import pytest
from helpers import F32, HALF, UP_TO_DOUBLE, assert_same, patterns
from leaky_relu import leaky_relu, prelu

onnx = pytest.importorskip("onnx")
ours = importlib.import_module("leaky_relu.onnx")
NEWEST = onnx.defs.onnx_opset_version()


def run(op_type, *inputs, opset=NEWEST, **attributes):
    """Run one node in a model of some operator set."""
    values = dict(zip("ab", inputs, strict=False))
    infos = [
        onnx.helper.make_tensor_value_info(
            name, onnx.helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
        )
        for name, value in values.items()
    ]
    node = onnx.helper.make_node(op_type, list(values), ["y"], **attributes)
    output = onnx.helper.make_value_info("y", infos[0].type)
    graph = onnx.helper.make_graph([node], "graph", infos, [output])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=8)
    (y,) = ours.Backend.run_model(model, values)
    return y


@pytest.fixture(scope="module")
def backend_tests():
    """ONNX's own tests as functions; its other cases are not made, for there are thousands of them."""
    from onnx.backend.test import BackendTest, loader

    def import_ours(package):
        for operator in ("leakyrelu", "prelu", "thresholdedrelu"):
            importlib.import_module(f"{package.__name__}.{operator}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loader, "import_recursive", import_ours, raising=False)  # onnx < 1.20 has files
        cases = BackendTest(ours.Backend, __name__).test_cases
    return {name: getattr(case(name), name) for case in cases.values() for name in dir(case)}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("operators", "number"), [("leaky_?relu|prelu", 18), ("thresholded_?relu", 6)])
def test_of_onnx(backend_tests, operators, number):
    pattern = re.compile(f"test_({operators}).*_cpu", re.IGNORECASE)
    names = [name for name in backend_tests if pattern.fullmatch(name)]
    assert len(names) == number
    for name in names:
        backend_tests[name]()


@pytest.mark.parametrize("alpha", [None, 0.0, 0.1, -2.0])
@np.errstate(all="ignore")
def test_leaky_relu(alpha):
    attributes = {} if alpha is None else {"alpha": alpha}
    slope = np.float32(0.01 if alpha is None else alpha)
    for dtype in UP_TO_DOUBLE:
        x = patterns(dtype, 1001)
        assert_same(run("LeakyRelu", x, **attributes), leaky_relu(x, slope))
    zero_dimensional = np.array(-1.0, F32)
    assert_same(run("LeakyRelu", zero_dimensional), np.array(-0.01, F32))


def test_old_slopes_of_prelu_are_for_channels():
    x = -np.ones((2, 3, 3), F32)
    slope = np.array([1, 2, 3], F32)
    assert_same(run("PRelu", x, slope, opset=6), prelu(x, slope))
    assert_same(run("PRelu", x, slope, opset=7), leaky_relu(x, slope))
    for opset in (6, 7):
        assert_same(run("PRelu", x, slope[1:2], opset=opset), 2 * x)


def test_slopes_of_prelu_broadcast_to_x_only():
    slope = np.ones((2, 3), F32)
    with pytest.raises(ValueError, match=r"^PRelu: slope has shape \(2, 3\).* to \(3,\), that of x$"):
        run("PRelu", slope[0], slope)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint32, np.uint64])
def test_prelu_of_integers(dtype):
    x = np.array([3, 0, np.iinfo(dtype).min, np.iinfo(dtype).max, np.iinfo(dtype).min // 3], dtype)
    expected = np.where(x > 0, x, x * dtype(5))
    np.testing.assert_array_equal(run("PRelu", x, np.array([5], dtype)), expected, strict=True)


def test_thresholded_relu():
    x = np.array([-3, -1, -0.0, 0, 1, 2, np.inf, -np.inf, np.nan])
    for dtype in UP_TO_DOUBLE:
        for alpha in (-2.0, 0.0, 1.0):
            expected = np.where(x > alpha, x, 0).astype(dtype)
            assert_same(run("ThresholdedRelu", x.astype(dtype), alpha=alpha), expected)


def test_evaluator_takes_ops():
    """With ONNX's own, a float16 has other bits: there the slope is rounded to float16 first."""
    x = np.arange(-500, 0, dtype=HALF)
    node = onnx.helper.make_node("LeakyRelu", ["x"], ["y"], alpha=0.1)
    (theirs,) = onnx.reference.ReferenceEvaluator(node).run(None, {"x": x})
    (y,) = onnx.reference.ReferenceEvaluator(node, new_ops=ours.ops).run(None, {"x": x})
    assert_same(y, leaky_relu(x, np.float32(0.1)))
    assert (y != theirs).any()
    assert_same(ours.Backend.run_node(node, [x])[0], y)


def test_functions_of_a_model():
    """In them too the operators are ours; the slope is what a function is called with, even zero."""
    model = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["": 16, "local": 1]>
        graph (float16[n] x) => (float16[n] y, float16[n] z) {
            y = local.f <slope = 0.1> (x)
            z = local.f <slope = 0.0> (x)
        }
        <domain: "local", opset_import: ["": 16]>
        f <slope> (x) => (y) { y = LeakyRelu <alpha: float = @slope> (x) }
    """)
    x = np.arange(-500, 2, dtype=HALF)
    y, z = ours.Backend.run_model(model, [x])
    assert_same(y, leaky_relu(x, np.float32(0.1)))
    assert_same(z, leaky_relu(x, 0))
    evaluator = onnx.reference.ReferenceEvaluator(model.functions[0], new_ops=ours.ops)
    assert_same(evaluator.run(None, {"x": x}, attributes={"slope": 0.0})[0], z)


def test_threshold_of_zero_in_a_function():
    model = onnx.parser.parse_model("""
        <ir_version: 8, opset_import: ["": 16, "local": 1]>
        graph (float[n] x) => (float[n] y) { y = local.f <threshold = 0.0> (x) }
        <domain: "local", opset_import: ["": 16]>
        f <threshold> (x) => (y) { y = ThresholdedRelu <alpha: float = @threshold> (x) }
    """)
    x = np.array([-1, 0.5, 2], F32)  # the default is 1
    evaluator = onnx.reference.ReferenceEvaluator(model.functions[0], new_ops=ours.ops)
    for (y,) in (
        ours.Backend.run_model(model, [x]),
        evaluator.run(None, {"x": x}, attributes={"threshold": 0.0}),
    ):
        assert_same(y, np.array([0, 0.5, 2], F32))


def test_inputs_of_backend():
    model = onnx.parser.parse_model("""
        <ir_version: 3, opset_import: ["": 9]>
        network (float[1] slope, float[n] x) => (float[n] y) <float[1] slope = {0.5}> { y = PRelu (x, slope) }
    """)
    prepared = ours.Backend.prepare(model)
    x = np.array([-2, 2], F32)
    for inputs in (x, [x], (x,), {"x": x}):
        assert_same(prepared.run(inputs)[0], leaky_relu(x, 0.5))
    with pytest.raises(ValueError, match=r"^the model takes 1 inputs \(x\), got 2$"):
        prepared.run([x, x])


def test_devices():
    assert ours.Backend.supports_device("CPU:0")
    assert not ours.Backend.supports_device("CPUX")
    node = onnx.helper.make_node("LeakyRelu", ["x"], ["y"])
    with pytest.raises(ValueError, match=r"^device must be 'CPU', got 'CUDA'$"):
        ours.Backend.run_node(node, [np.ones(1, F32)], "CUDA")
    with pytest.raises(ValueError, match=r"^device must be 'CPU', got 'CUDA'$"):
        ours.Backend.prepare(onnx.ModelProto(), "CUDA")


def test_invalid_model():
    with pytest.raises(onnx.checker.ValidationError):
        ours.Backend.prepare(onnx.ModelProto())


def test_nodes_that_cannot_be_run():
    x, node = np.ones(1, F32), onnx.helper.make_node("LeakyRelu", ["x"], ["y"])
    for inputs in ([], [x, x]):
        with pytest.raises(ValueError, match="argument 2 is "):
            ours.Backend.run_node(node, inputs)
    with pytest.raises(onnx.checker.ValidationError):
        ours.Backend.run_node(onnx.helper.make_node("LeakyRelu", ["x"], ["y"], slope=0.1), [x])
