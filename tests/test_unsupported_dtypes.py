"""Unsupported dtypes: the message names the function, the dtype and those that are supported."""

import numpy as np
import pytest
from helpers import SUPPORTED, UNSUPPORTED
from leaky_relu import leaky_relu, leaky_relu_grad

IN_LISTS = {
    "complex128": [1j, 2.0],
    "object": [None, 1.0],
    "<U3": ["abc", "b"],
    "|S2": [b"ab", b"b"],
    "datetime64[D]": [np.datetime64("2020-01-01")],
    "timedelta64[s]": (np.timedelta64(1, "s"),),
}
SCALARS = {"complex128": 1j, "<U1": "a", "|S1": b"a", "object": None, "complex64": np.complex64(1)}
ALL = [*UNSUPPORTED.items(), *IN_LISTS.items(), *SCALARS.items()]


def check(error, function, argument, dtype):
    message = str(error.value)
    for word in (function, argument, dtype, *SUPPORTED):
        assert word in message, message
    assert error.value.__cause__ is None


@pytest.mark.parametrize(("dtype", "bad"), ALL, ids=[f"{dtype}{i}" for i, (dtype, _) in enumerate(ALL)])
def test_each_argument(way, dtype, bad):
    good = np.ones(2, np.float32)
    for arguments in ((bad,), (bad, 0.1), (bad, good), (bad, 0.1, good)):
        with pytest.raises(TypeError) as error:
            leaky_relu(*arguments)
        check(error, "leaky_relu:", "x has", dtype)
    for x in (good, 1.0, [1.0]):
        with pytest.raises(TypeError) as error:
            leaky_relu(x, bad)
        check(error, "leaky_relu:", "negative_slope", dtype)
        with pytest.raises(TypeError) as error:
            leaky_relu(x, negative_slope=bad)
        check(error, "leaky_relu:", "negative_slope", dtype)
    for position, name in enumerate(["grad_output", "x has", "negative_slope"]):
        arguments = [good, good, 0.5]
        arguments[position] = bad
        with pytest.raises(TypeError) as error:
            leaky_relu_grad(*arguments)
        check(error, "leaky_relu_grad:", name, dtype)


@pytest.mark.parametrize(("dtype", "bad"), UNSUPPORTED.items(), ids=UNSUPPORTED)
def test_output_is_untouched(way, dtype, bad):
    out = np.full(2, 7.0)
    with pytest.raises(TypeError):
        leaky_relu(bad, 0.1, out)
    with pytest.raises(TypeError):
        leaky_relu(out, bad, out)
    assert out.tolist() == [7, 7]


def test_numpys_words_stand_where_the_dtypes_are_fine(way):
    x = np.ones(3)
    with pytest.raises(TypeError, match=r"^unexpected keyword|got an unexpected keyword argument 'slope'"):
        leaky_relu(x, slope=0.1)
    with pytest.raises(ValueError, match="operands could not be broadcast together"):
        leaky_relu(x, np.ones(4))
    with pytest.raises(ValueError, match="non-broadcastable output operand"):
        leaky_relu(x, 0.1, np.ones((3, 1))[:1])
    with pytest.raises(TypeError, match="return arrays must be of ArrayType"):
        leaky_relu(x, 0.1, out=[0.0])
    with pytest.raises(TypeError, match="Cannot cast ufunc 'leaky_relu' output"):
        leaky_relu(x, 0.1, out=np.zeros(3, int))
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        leaky_relu(x, 0.1, out=x)
    with pytest.raises(TypeError, match=r"leaky_relu_grad.*got 1 positional argument"):
        leaky_relu_grad(x)
    with pytest.raises(TypeError, match=r"leaky_relu.*got 0 positional arguments"):
        leaky_relu()


def test_methods_give_numpys_words():
    with pytest.raises(TypeError, match=r"leaky_relu"):
        leaky_relu.outer(np.ones(2, complex), 0.1)
    with pytest.raises(TypeError, match=r"leaky_relu"):
        leaky_relu.at(np.ones(2, complex), [0], 0.1)


@pytest.mark.parametrize("ragged", [[[1.0], [1.0, 2.0]], [np.ones(2), 1.0]])
def test_ragged_lists(way, ragged):
    with pytest.raises(ValueError, match="inhomogeneous"):
        leaky_relu(ragged)
