"""The functions are genuine ufuncs: what NumPy promises of those holds."""

import copy
import inspect
import pickle
import pydoc

import numpy as np
import pytest
from helpers import F32, assert_same, numbers
from leaky_relu import leaky_relu, leaky_relu_grad
from reference import OPERATIONS, reference

X = np.array([[-2.0, -0.5, 0.0], [1.0, 3.0, -4.0]])


def test_is_a_ufunc(ufunc):
    assert isinstance(ufunc, np.ufunc)
    assert type(ufunc) is np.ufunc
    assert ufunc.nout == 1
    assert ufunc.signature is None
    assert ufunc.identity is None
    assert "f" * ufunc.nin + "->f" in ufunc.types


def test_identity_card(ufunc):
    assert ufunc.__module__ == "leaky_relu"
    assert ufunc.__qualname__ == ufunc.__name__
    assert repr(ufunc) == f"<ufunc '{ufunc.__name__}'>"
    parameters = inspect.signature(ufunc).parameters
    assert parameters["negative_slope"].default == 0.01
    assert parameters["where"].kind is inspect.Parameter.KEYWORD_ONLY
    assert "Parameters" in ufunc.__doc__
    assert "negative_slope : array_like" in pydoc.render_doc(ufunc)


def test_arguments_are_shown_as_they_can_be_given(ufunc):
    """Operands before the slope by position, slope and output by name too, the rest by name only."""
    kinds = [parameter.kind.name for parameter in inspect.signature(ufunc).parameters.values()]
    operands = ["POSITIONAL_ONLY"] * (ufunc.nin - 1)
    assert kinds == [*operands, *["POSITIONAL_OR_KEYWORD"] * 2, *["KEYWORD_ONLY"] * 6]


def test_keywords_are_shown_as_numpy_shows_them(ufunc):
    try:
        theirs = inspect.signature(np.add).parameters
    except ValueError:
        pytest.skip("this NumPy shows no signatures of ufuncs")
    ours = inspect.signature(ufunc).parameters
    keywords = list(theirs).index("where")
    assert str(list(ours.values())[-len(theirs) + keywords :]) == str(list(theirs.values())[keywords:])


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(ufunc, protocol):
    assert pickle.loads(pickle.dumps(ufunc, protocol)) is ufunc


def test_copy(ufunc):
    assert copy.copy(ufunc) is ufunc
    assert copy.deepcopy(ufunc) is ufunc


def test_where(way):
    where = np.array([[True, False, True], [False, True, True]])
    out = np.full(X.shape, 9.0)
    assert leaky_relu(X, 0.5, out=out, where=where) is out
    assert_same(out, np.where(where, reference(leaky_relu, X, 0.5), 9.0))
    leaky_relu(X, out=out, where=False)
    assert_same(out, np.where(where, reference(leaky_relu, X, 0.5), 9.0))
    assert_same(leaky_relu(X, where=True), reference(leaky_relu, X))


@pytest.mark.parametrize("order", "CFAK")
def test_order(way, order):
    for x in (X, X.T, np.asfortranarray(X)):
        assert leaky_relu(x, 0.5, order=order).strides == np.negative(x, order=order).strides


def test_casting(way):
    x = X.astype(np.float32)
    assert_same(leaky_relu(X, 0.5, dtype="f", casting="same_kind"), reference(leaky_relu, x, 0.5))
    assert_same(leaky_relu(X, 0.5, dtype="f", casting="unsafe"), reference(leaky_relu, x, 0.5))
    with pytest.raises(TypeError, match="casting rule 'safe'"):
        leaky_relu(X, 0.5, dtype="f", casting="safe")
    with pytest.raises(TypeError, match="casting rule 'no'"):
        leaky_relu(X, 0.5, out=np.zeros(X.shape, np.float32), casting="no")


def test_signature(way, ufunc):
    args = (X,) * (ufunc.nin - 1)
    expected = ufunc(*(a.astype(np.float32) for a in args), 0.5)
    signature = "f" * ufunc.nin + "->f"
    assert_same(ufunc(*args, 0.5, signature=signature, casting="same_kind"), expected)
    assert_same(ufunc(*args, 0.5, signature=(F32,) * (ufunc.nin + 1), casting="same_kind"), expected)
    with pytest.raises(TypeError, match="No loop matching"):
        ufunc(*args, 0.5, signature="F" * ufunc.nin + "->F")


def test_resolve_dtypes():
    assert leaky_relu.resolve_dtypes((F32, float, None))[-1] == F32
    assert leaky_relu.resolve_dtypes((np.dtype(np.int64), float, None))[-1] == np.float64


def test_words_about_the_number_of_arguments(way, operation, ufunc):
    *first, last = OPERATIONS[operation][:-1]
    takes = f"takes {', '.join(first)}{' and ' * bool(first)}{last} by position"
    for n in (*range(ufunc.nin - 1), ufunc.nin + 2, ufunc.nin + 3, 40):
        more = ", then negative_slope and out" * (n > ufunc.nin)
        words = rf"^{operation}\(\) {takes}{more}, got {n} positional argument{'s' * (n != 1)}$"
        with pytest.raises(TypeError, match=words):
            ufunc(*[X] * n)


def test_words_about_keywords(way, operation, ufunc):
    inputs = [X] * ufunc.nin
    words = rf"^{operation}\(\) got two values for negative_slope, by position and by keyword$"
    with pytest.raises(TypeError, match=words):
        ufunc(*inputs, negative_slope=0.5)
    with pytest.raises(
        TypeError, match=rf"^{operation}\(\) got 30 keyword arguments, more than a ufunc has$"
    ):
        ufunc(*inputs, **{f"k{i}": i for i in range(30)})


def test_outer():
    x, slopes = numbers(F32, 5), numbers(F32, 3, 1)
    assert_same(leaky_relu.outer(x, slopes), reference(leaky_relu, x[:, None], slopes))
    assert_same(leaky_relu.outer(x, 0.5), reference(leaky_relu, x, 0.5))


def test_at():
    x = X.ravel().copy()
    leaky_relu.at(x, [0, 0, 4, 5], 0.5)
    assert x.tolist() == [-0.5, -0.5, 0.0, 1.0, 3.0, -2.0]


def test_reduce_and_accumulate():
    """A fold of the slope: ((a0 with slope a1) with slope a2)."""
    column = X[:, :2].T
    assert_same(leaky_relu.reduce(column, axis=0), reference(leaky_relu, X[:, 0], X[:, 1]))
    assert_same(leaky_relu.accumulate(column, axis=0)[1], reference(leaky_relu, X[:, 0], X[:, 1]))
    with pytest.raises(ValueError, match="zero-size array"):
        leaky_relu.reduce(np.zeros((0, 2)))


@pytest.mark.parametrize("n", [3, 40, 600])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
def test_folds_take_one_element_after_the_other(dtype, n):
    a = np.random.default_rng(n).uniform(-1.5, 1.5, 2 * n).astype(dtype)
    for x in (a[:n], a[::2], a[n - 1 :: -1]):
        folded = [x[:1]]
        for slope in x[1:]:
            folded.append(leaky_relu(folded[-1], slope))
        assert_same(leaky_relu.accumulate(x), np.concatenate(folded))
        assert_same(leaky_relu.reduce(x), folded[-1][0])
        assert_same(leaky_relu.reduceat(x, [0, 1])[0], x[0])


def test_gradient_has_no_folds(ufunc):
    if ufunc.nin == 2:
        pytest.skip("two inputs fold")
    for method in (ufunc.reduce, ufunc.accumulate, ufunc.outer):
        with pytest.raises(ValueError, match=r"binary|unary"):
            method(X, X)


def test_scalars_and_zero_dimensions(way, dtype):
    for value in (-2.5, 0.0, 3.0):
        scalar = dtype.type(value)
        expected = reference(leaky_relu, np.array([value], dtype), 0.3)[0]
        for x in (scalar, np.array(scalar)):
            y = leaky_relu(x, 0.3)
            assert type(y) is dtype.type
            assert_same(y, expected)
            out = np.zeros((), dtype)
            assert leaky_relu(x, 0.3, out) is out
            assert_same(out, expected)


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.3.0", reason="new in NumPy 2.3")
def test_ellipsis_as_out_keeps_an_array(way):
    y = leaky_relu(np.array(-2.0), 0.3, out=...)
    assert type(y) is np.ndarray
    assert_same(y, np.array(-0.6))
    assert_same(leaky_relu(X, 0.3, out=...), reference(leaky_relu, X, 0.3))


def test_many_dimensions(way):
    x = numbers(F32, (2,) * 6 + (1,) * 58)
    assert_same(leaky_relu(x, 0.3), reference(leaky_relu, x, 0.3))
    assert_same(leaky_relu(x.T, 0.3), reference(leaky_relu, x.T, 0.3))


def test_empty(way, ufunc):
    for shape in [(0,), (3, 0), (0, 3), (2, 0, 4)]:
        for order in "CF":
            x = np.zeros(shape, np.float32, order)
            y = ufunc(*(x,) * (ufunc.nin - 1), np.inf)
            assert (y.shape, y.dtype) == (shape, F32)
            assert ufunc(*(x,) * (ufunc.nin - 1), out=x) is x


def test_gradient_from_the_output():
    """Where the slope is not negative, the forward's output serves as well as its input."""
    g, x = numbers(F32, 1000, 1), numbers(F32, 1000)
    for slope in (0.0, 0.3, 2.0):
        assert_same(leaky_relu_grad(g, leaky_relu(x, slope), slope), reference(leaky_relu_grad, g, x, slope))
