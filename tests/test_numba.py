"""Our ufuncs inside functions that numba compiles."""

import importlib.metadata

import leaky_relu as package
import numpy as np
import pytest
from helpers import F32, HALF, SLOPES, assert_same, numbers, patterns
from leaky_relu import affine_leaky_relu, bias_leaky_relu, leaky_relu, leaky_relu_grad
from reference import DATA, OPERATIONS, reference

numba = pytest.importorskip("numba")

pytestmark = pytest.mark.skipif(
    "leaky_relu._numba:init"
    not in {e.value for e in importlib.metadata.entry_points(group="numba_extensions")},
    reason="leaky-relu is not installed, so numba does not find it",
)

F64 = np.dtype(float)
FLOATS = pytest.mark.parametrize("dtype", [F32, F64], ids=lambda dtype: dtype.name)

COMPILED = {
    "leaky_relu": numba.njit(lambda x, slope: leaky_relu(x, slope)),
    "leaky_relu_grad": numba.njit(lambda grad_output, x, slope: leaky_relu_grad(grad_output, x, slope)),
    "bias_leaky_relu": numba.njit(lambda x, bias, slope: bias_leaky_relu(x, bias, slope)),
    "affine_leaky_relu": numba.njit(lambda x, scale, bias, slope: affine_leaky_relu(x, scale, bias, slope)),
}


def inputs_of(operation, dtype, shape):
    """Give data of any bits, and parameters that dtype has to round."""
    return [
        patterns(dtype, int(np.prod(shape)), seed).reshape(shape)
        if name in DATA
        else numbers(F64, shape, seed)
        for seed, name in enumerate(OPERATIONS[operation])
    ]


def test_all_are_there():
    assert list(COMPILED) == list(OPERATIONS)


@FLOATS
@np.errstate(all="ignore")
def test_bits(operation, ufunc, dtype):
    inputs = inputs_of(operation, dtype, (5003,))
    assert_same(COMPILED[operation](*inputs), reference(ufunc, *inputs))
    for slope in SLOPES:
        assert_same(COMPILED[operation](*inputs[:-1], slope), reference(ufunc, *inputs[:-1], slope))


LAYOUTS = {
    "C": lambda a: a,
    "Fortran": np.asfortranarray,
    "reversed": lambda a: a[::-1, ::-1],
    "every second": lambda a: a.repeat(2, 1)[:, ::2],
    "transposed": lambda a: np.ascontiguousarray(a.T).T,
    "broadcast": lambda a: np.broadcast_to(a[:1], a.shape),
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
}


@pytest.mark.parametrize("ufunc", [leaky_relu, leaky_relu_grad], ids=lambda ufunc: ufunc.__name__)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@np.errstate(all="ignore")
def test_layouts(ufunc, layout):
    *data, _ = inputs_of(ufunc.__name__, F32, (7, 5))
    inputs = [*map(layout, data), 0.3]
    assert_same(COMPILED[ufunc.__name__](*inputs), reference(ufunc, *inputs))


# Numba takes 10 seconds and more to compile a call with three shapes.
@pytest.mark.parametrize(
    ("ufunc", "shapes"),
    [
        (leaky_relu, [(2, 3, 4), (3, 1)]),
        (leaky_relu, [(), (3,)]),
        (leaky_relu_grad, [(3, 1), (4,), ()]),
        (bias_leaky_relu, [(2, 3), (3,), ()]),
        (affine_leaky_relu, [(2, 3), (3,), (3,), ()]),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_broadcasting(ufunc, shapes):
    inputs = [
        numbers(F32 if name in DATA else F64, shape)[()] if shape else 0.3
        for name, shape in zip(OPERATIONS[ufunc.__name__], shapes, strict=True)
    ]
    assert_same(COMPILED[ufunc.__name__](*inputs), reference(ufunc, *inputs))


def test_numbers(operation, ufunc):
    inputs = [0.1, -0.2, 0.3, -0.4][: len(OPERATIONS[operation])]
    assert COMPILED[operation](*inputs) == ufunc(*inputs)
    data = sum(name in DATA for name in OPERATIONS[operation])
    of_single = [*map(np.float32, inputs[:data]), *inputs[data:]]
    assert COMPILED[operation](*of_single) == ufunc(*of_single)  # numba returns it as a Python float


@pytest.mark.parametrize("code", "hIqQ")
def test_integers_become_what_sin_makes_of_them(code):
    x = np.arange(-4, 5).astype(code)
    assert_same(COMPILED["leaky_relu"](x, 0.3), leaky_relu(x, 0.3))


def test_both_data_decide_the_dtype():
    g, x = numbers(F64, 40), numbers(F32, 40, 1)
    assert_same(COMPILED["leaky_relu_grad"](g, x, 0.3), leaky_relu_grad(g, x, 0.3))


def test_bool_as_a_slope():
    x = numbers(F32, 40)
    assert_same(COMPILED["leaky_relu"](x, True), leaky_relu(x, True))


@numba.njit
def ways_to_pass_the_slope(x):
    return (
        leaky_relu(x),
        leaky_relu(x, 0.3),
        leaky_relu(x, negative_slope=0.3),
        package.leaky_relu(x, 2),
        package.leaky_relu_grad(x, x),
        leaky_relu_grad(x, x, negative_slope=0.3),
        bias_leaky_relu(x, 1.0),
        bias_leaky_relu(x, 1.0, negative_slope=0.3),
        affine_leaky_relu(x, 2.0, 1.0),
        affine_leaky_relu(x, 2.0, 1.0, negative_slope=0.3),
    )


@pytest.mark.parametrize("x", [numbers(F32, 40), -3.0], ids=["array", "number"])
def test_ways_to_pass_the_slope(x):
    """A keyword gets lost where numba takes a call for a ufunc's and merges expressions over arrays."""
    for compiled, expected in zip(ways_to_pass_the_slope(x), ways_to_pass_the_slope.py_func(x), strict=True):
        assert_same(compiled, expected)


def within_an_expression(x):
    return 2 * leaky_relu(x - 1, negative_slope=0.5) + leaky_relu_grad(x, -x)


@pytest.mark.parametrize("parallel", [False, True], ids=["one thread", "parallel"])
def test_within_an_expression(parallel):
    x = numbers(F64, 1000)
    function = numba.njit(parallel=parallel)(within_an_expression)
    assert_same(function(x), within_an_expression(x))


def test_out():
    @numba.njit
    def in_place(x, other, biased, affine):
        y = leaky_relu(x, 0.3, x)
        leaky_relu_grad(x, x, out=other)
        bias_leaky_relu(x, 1.0, 0.3, out=biased)
        affine_leaky_relu(x, 2.0, 1.0, 0.3, out=affine)
        return y

    x, (other, biased, affine) = numbers(F32, 40), np.zeros((3, 40), F32)
    expected = leaky_relu(x, 0.3)
    assert_same(in_place(x, other, biased, affine), expected)
    assert_same(x, expected)
    assert_same(other, leaky_relu_grad(x, x))
    assert_same(biased, bias_leaky_relu(x, 1.0, 0.3))
    assert_same(affine, affine_leaky_relu(x, 2.0, 1.0, 0.3))


def test_as_an_argument():
    """Which no ufunc of NumPy's can be."""

    @numba.njit
    def apply(function, x):
        return function(x, negative_slope=0.3)

    x = numbers(F32, 40)
    assert_same(apply(leaky_relu, x), leaky_relu(x, 0.3))
    with pytest.raises(numba.TypingError, match="ufunc"):
        apply(np.negative, x)


def test_cached_on_disk(printed, tmp_path):
    """Also in a process that finds the compiled function there, and imports us through numba alone."""
    (tmp_path / "cached.py").write_text(
        "import numba, leaky_relu\n"
        "@numba.njit(cache=True)\n"
        "def f(x):\n"
        "    return leaky_relu.leaky_relu(x, negative_slope=0.5)\n"
    )
    run = f"""
        import sys; sys.path.insert(0, {str(tmp_path)!r})
        import cached, numpy; y = cached.f(numpy.float32([-1, 2]))
        print(*y, y.dtype, sum(cached.f.stats.cache_hits.values()))
    """
    assert printed(run) == "-0.5 2.0 float32 0"
    assert printed(run) == "-0.5 2.0 float32 1"


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones(2, np.int8), "data are float32, float64 and integers of 16 bits or more, got array.int8"),
        (np.ones(2, bool), "got array.bool"),
        (np.ones(2, HALF), "got array.float16"),
        (np.ones(2, complex), "got array.complex128"),
        (np.ones(2, "M8[s]"), "got array.datetime64"),
        ("text", "got unicode_type"),
        (None, "got none"),
    ],
    ids=["int8", "bool", "float16", "complex", "datetime", "str", "None"],
)
def test_other_data_is_refused(x, message):
    with pytest.raises(numba.TypingError, match=f"leaky_relu: in functions compiled by numba .*{message}"):
        COMPILED["leaky_relu"](x, 0.3)


def test_other_parameters_and_outputs_are_refused():
    x = numbers(F32, 4)
    with pytest.raises(numba.TypingError, match="operands are arrays and numbers, got unicode_type"):
        COMPILED["leaky_relu"](x, "0.3")
    with pytest.raises(numba.TypingError, match=r"out must be an array of float32, got array.float64"):
        numba.njit(lambda x, out: leaky_relu(x, out=out))(x, x.astype(float))
