"""Derivatives by autograd, in all inputs of all ufuncs."""

import importlib

import leaky_relu
import numpy as np
import pytest
from helpers import F32, HALF, assert_same
from leaky_relu import _autograd, affine_leaky_relu, bias_leaky_relu, leaky_relu_grad
from reference import OPERATIONS, reference

autograd = pytest.importorskip("autograd")
anp = pytest.importorskip("autograd.numpy")
make_jvp = pytest.importorskip("autograd.differential_operators").make_jvp
check_grads = pytest.importorskip("autograd.test_util").check_grads

# Shapes of the inputs in their order, as many of them as there are.
SHAPES = {
    "one shape": [(3, 4)] * 4,
    "scalar parameters": [(3, 4), (), (), ()],
    "per column": [(3, 4), (4,), (4,), (4,)],
    "all different": [(3, 1), (4,), (2, 1, 1), (1, 4)],
    "no dimensions": [()] * 4,
}


def inputs_of(operation, shapes, dtype=float, seed=0):
    rng = np.random.default_rng(seed)
    return [
        np.asarray(rng.uniform(0.2, 2, shape) * rng.choice([-1, 1], shape), dtype)
        for shape, _ in zip(shapes, OPERATIONS[operation], strict=False)
    ]


@pytest.mark.parametrize("mode", ["fwd", "rev"])
@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES)
def test_first_and_second_derivatives(operation, ufunc, shapes, mode, way):
    inputs = inputs_of(operation, shapes)
    check_grads(ufunc, list(range(len(inputs))), modes=[mode], order=2)(*inputs)


def test_default_and_keyword(ufunc, operation):
    inputs = inputs_of(operation, SHAPES["one shape"])[:-1]
    check_grads(ufunc, modes=["rev"], order=2)(*inputs)
    check_grads(lambda x: ufunc(x, *inputs[1:], negative_slope=-0.3), modes=["rev"], order=2)(inputs[0])


def test_python_numbers():
    assert autograd.grad(leaky_relu.leaky_relu)(-3.0) == 0.01
    assert autograd.grad(leaky_relu.leaky_relu, 1)(-3.0, 0.5) == -3.0
    assert autograd.grad(leaky_relu.leaky_relu, 1)(3.0, 0.5) == 0.0


def test_values_have_our_bits(operation, ufunc, dtype):
    """Also while they are traced."""
    inputs = inputs_of(operation, SHAPES["per column"], dtype)
    seen = []

    def traced(x):
        seen.append(ufunc(x, *inputs[1:])._value)
        return anp.sum(seen[-1] * x)

    if dtype.kind == "f":  # autograd boxes no bfloat16
        autograd.grad(traced)(inputs[0])
        assert_same(seen[0], reference(ufunc, *inputs))


@pytest.mark.parametrize("dtype", [HALF, F32], ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("order", [1, 2])
def test_gradients_keep_the_dtype_of_their_input(operation, ufunc, dtype, order):
    """Whatever dtypes the others have."""
    data = len(set(OPERATIONS[operation]) & {"grad_output", "x"})
    inputs = inputs_of(operation, SHAPES["per column"], dtype)
    inputs[data:] = [parameter.astype(float) for parameter in inputs[data:]]

    def derivative(*inputs):
        return anp.sum(ufunc(*inputs) ** 2)

    for _ in range(order):
        previous = derivative

        def derivative(*inputs, previous=previous):
            grads = autograd.grad(previous, list(range(len(inputs))))(*inputs)
            assert [grad.dtype for grad in grads] == [a.dtype for a in inputs]
            return sum(anp.sum(grad.astype(float)) for grad in grads)

    derivative(*inputs)


@pytest.mark.parametrize("dtype", [HALF, F32], ids=lambda dtype: dtype.name)
def test_tangents_have_the_dtype_of_the_result(dtype):
    x = np.array([-2, 3], dtype)
    by_x = make_jvp(lambda x: leaky_relu.leaky_relu(x, 0.5))(x)(np.ones(2, dtype))
    by_slope = make_jvp(lambda slope: leaky_relu.leaky_relu(x, slope))(0.5)(1.0)
    assert_same(by_x[1], np.array([0.5, 1], dtype))
    assert_same(by_slope[1], np.array([-2, 0], dtype))


def test_sum_for_a_wide_parameter_is_wide():
    """A bias in float64 beside float32 data loses nothing to the sum."""
    x = np.full((1 << 12, 1), 1, F32)
    weights = np.full((1 << 12, 1), 0.1, F32)
    grad = autograd.grad(lambda bias: anp.sum(bias_leaky_relu(x, bias) * weights))(np.ones(1))
    assert grad.dtype == float
    assert abs(grad[0] - weights.astype(float).sum()) < 1e-9


def test_sum_for_a_narrow_parameter_is_wide_as_well():
    """It is rounded once."""
    x, weights = np.ones((4, 1)), np.array([[2.0**24], [1], [1], [-(2.0**24)]])
    assert_same(
        autograd.grad(lambda bias: anp.sum(bias_leaky_relu(x, bias) * weights))(np.ones(1, F32)),
        F32.type([2]),
    )


def test_products_of_sixteen_bits_are_not_rounded_to_them():
    x = np.array([1 + 2.0**-10], HALF)
    grad = autograd.grad(lambda slope: anp.sum(leaky_relu.leaky_relu(-x, slope) * x))(np.ones(1))
    assert_same(grad, -(x.astype(float) ** 2))


@pytest.mark.parametrize("slope", [0.25, 0.0, -0.5])
def test_at_zero_infinity_and_nan(slope):
    x = np.array([-0.0, 0.0, np.nan, np.inf, -1.0])
    g = np.arange(1.0, 6)
    grad_x, grad_slope = autograd.grad(lambda x, slope: anp.sum(leaky_relu.leaky_relu(x, slope) * g), (0, 1))(
        x, np.full(5, slope)
    )
    assert_same(grad_x, leaky_relu_grad(g, x, slope))
    assert_same(grad_slope, np.array([0.0, 0.0, np.nan, 0.0, -5.0]))
    of_gradient = autograd.grad(lambda slope: anp.sum(leaky_relu_grad(g, x, slope)))
    assert_same(of_gradient(np.full(5, slope)), np.array([1.0, 2, 3, 0, 5]))


def test_sign_of_the_rounded_sum():
    """What decides is the sum as the ufunc rounds it: the parameters come in the dtype of x."""
    x, bias = np.array([1], F32), np.array([-1 + 2.0**-30])
    assert autograd.grad(lambda x: anp.sum(bias_leaky_relu(x, bias, 0.5)))(x) == [0.5]
    assert autograd.grad(lambda x: anp.sum(affine_leaky_relu(x, 1.0, bias, 0.5)))(x) == [0.5]


def test_integers_beside_a_differentiated_parameter():
    x = np.array([-2, 3], np.int16)
    grad = autograd.grad(lambda bias: anp.sum(bias_leaky_relu(x, bias, 0.5)))(np.array([1.0, 1.0]))
    assert_same(grad, np.array([0.5, 1.0]))


@pytest.mark.parametrize("options", [{"where": True}, {"dtype": np.float32}])
def test_other_keywords_are_refused(ufunc, operation, options):
    inputs = inputs_of(operation, [(2,)] * 4)
    words = f"^{operation}: autograd does not differentiate .* {next(iter(options))}"
    with pytest.raises(TypeError, match=words):
        autograd.grad(lambda x: anp.sum(ufunc(x, *inputs[1:], **options)))(inputs[0])
    with pytest.raises(TypeError, match=words):
        make_jvp(lambda x: ufunc(x, *inputs[1:], **options))(inputs[0])(inputs[0])


@pytest.mark.parametrize(
    "modules", ["leaky_relu, autograd", "autograd, leaky_relu", "leaky_relu, autograd.numpy"]
)
def test_either_order_of_imports(run_python, modules):
    done = run_python(f"import {modules}; print(autograd.grad(leaky_relu.leaky_relu)(-1.0, 0.5))")
    assert (done.stdout.strip(), done.stderr) == ("0.5", "")


def test_before_1_9_nothing_is_done(monkeypatch):
    """ArrayBox did not look ufuncs up then."""
    boxes, extend = (importlib.import_module(f"autograd.{name}") for name in ("numpy.numpy_boxes", "extend"))
    monkeypatch.delattr(boxes.ArrayBox, "__array_ufunc__", raising=False)
    monkeypatch.setattr(extend, "primitive", None)
    _autograd.register(autograd)
