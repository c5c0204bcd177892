"""Whatever is passed, and by whatever name: a result or a documented exception, the same either way."""

import fractions
import re
import warnings

import leaky_relu as lr
import numpy as np
import pytest
from helpers import DTYPES, INTEGERS, UNSUPPORTED, using

pytest.importorskip("hypothesis")
from hypothesis import given
from hypothesis import strategies as st
from reference import OPERATIONS


class Subclass(np.ndarray):
    """An array of another type."""


class Array:
    """What is no array, but can be made one."""

    def __array__(self, dtype=None, copy=None):
        return np.array([1.0, -2.0, 3.0], dtype)


class Refusing:
    """What says no to every ufunc."""

    __array_ufunc__ = None


class Overriding:
    """What takes every ufunc into its own hands."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return "taken", method, len(inputs), sorted(kwargs)


class Failing:
    """What cannot be made an array, nor a number."""

    def __array__(self, dtype=None, copy=None):
        raise ValueError("not today")

    def __float__(self):
        raise ValueError("nor today")


class Name(str):
    """A keyword that is not exactly a str."""

    __slots__ = ()


class Number(float):
    """A float that is not exactly one."""


class Integer(int):
    """An int that is not exactly one."""


def read_only():
    a = np.ones(3, np.float32)
    a.flags.writeable = False
    return a


MAKERS = [
    *[lambda dtype=dtype: np.array([1, 0, 3]).astype(dtype) for dtype in [*DTYPES, *INTEGERS]],
    *[lambda dtype=dtype: np.array([1]).astype(dtype)[0] for dtype in [*DTYPES, *INTEGERS]],
    *[lambda a=a: a.copy() for a in UNSUPPORTED.values()],
    lambda: np.array([-1.0, 2.0, 3.0]),
    lambda: np.array([-1.0, 2.0, 3.0], np.float32),
    lambda: np.array([[-1.0, 2.0, 3.0]] * 2, np.float32).T,
    lambda: np.zeros((2, 3), np.float32),
    lambda: np.zeros(7, np.float32),
    lambda: np.zeros((0, 3), np.float32),
    lambda: np.zeros(12, np.float32)[::-4],
    lambda: np.zeros(3, ">f4"),
    lambda: np.array(-1.5),
    lambda: np.array(None),
    lambda: np.broadcast_to(np.float32(1), 3),
    lambda: np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0]),
    lambda: np.ones(3, np.float32).view(Subclass),
    lambda: (np.zeros(3, np.float32),),
    lambda: (None,),
    lambda: memoryview(np.ones(3, np.float32)),
    read_only,
    Array,
    Refusing,
    Overriding,
    Failing,
    *[
        lambda value=value: value
        for value in (
            0.5, -1, True, None, 10**400, -(10**30), 2**53 + 1, 1j, "same_kind", "K", "f", "", b"x",
            float("nan"), [], [1.0, -2.0], [[1], [2, 3]], {}, {1}, (), ..., NotImplemented, object, len,
            range(3), np.float32, np.dtype("f"), fractions.Fraction(1, 3), Number(0.5), Integer(2), "unsafe",
            "ff->f", (None, None, "f"),
        )
    ],
]  # fmt: skip
# Likelier, so that not every call fails for its first argument.
GOOD = [
    lambda: np.array([-1.0, 2.0, 3.0], np.float32),
    lambda: np.array([[-1.0, 2.0, 3.0]] * 2, np.float32),
    lambda: np.array([-1.0, 2.0, 3.0]),
    lambda: np.float32(-1.25),
    lambda: 0.25,
]
NAMES = [
    "out", "where", "casting", "order", "dtype", "subok", "signature", "sig", "negative_slope", "x", "axis",
    "axes", "keepdims", "grad_output", "bias", "extobj", "", "é", "out ", Name("out"), Name("negative_slope"),
]  # fmt: skip
DOCUMENTED = (TypeError, ValueError, OverflowError, FloatingPointError)


ADDRESS = re.compile("0x[0-9a-f]+")


def outcome(fast, function, args, kwargs):
    """Tell how a call ends: what is the same whichever way it takes."""
    with using(fast, lr.simd_target()), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = function(*args, **kwargs)
        except DOCUMENTED as error:
            return type(error), ADDRESS.sub("", str(error))
    warned = sorted({f"{warning.category.__name__}: {warning.message}" for warning in caught})
    if isinstance(result, np.ndarray | np.generic):
        return type(result), result.dtype, result.shape, np.asarray(result).tolist(), warned
    return type(result), ADDRESS.sub("", repr(result)), warned


@given(
    st.sampled_from(list(OPERATIONS)),
    st.lists(st.sampled_from([*MAKERS, *GOOD * 30]), min_size=5, max_size=5),
    st.integers(-1, 3),
    st.dictionaries(st.sampled_from(["out", *NAMES]), st.sampled_from([*MAKERS, *GOOD * 10]), max_size=2),
)
def test_ufunc(operation, args, extra, kwargs):
    args = args[: len(OPERATIONS[operation]) - 1 + extra]
    ways = []
    for fast in (True, False):
        given_args = [make() for make in args]
        given_kwargs = {name: make() for name, make in kwargs.items()}
        ways.append(outcome(fast, getattr(lr, operation), given_args, given_kwargs))
    assert repr(ways[0]) == repr(ways[1])


SHAPED = [lambda: np.array([[-1.0, 2.0], [3.0, -4.0]], np.float32), lambda: np.ones((2, 2), np.float64)]
FUNCTIONS = {
    "prelu": ("channel_axis", "out"),
    "prelu_grad": ("channel_axis",),
    "rrelu": ("lower", "upper", "rng"),
    "leaky_relu_packed": ("negative_slope", "out"),
    "leaky_relu_grad_packed": ("negative_slope", "out"),
    "bias_leaky_relu_grad": ("negative_slope", "channel_axis", "out"),
    "set_num_threads": ("n",),
}


@given(st.sampled_from(list(FUNCTIONS)), st.data())
def test_function(name, data):
    """Names of keywords are, most of the time, those that the function has."""
    args = data.draw(st.lists(st.sampled_from([*MAKERS, *SHAPED * 10]), max_size=4))
    names = data.draw(st.lists(st.sampled_from([*FUNCTIONS[name] * 4, *NAMES]), max_size=3))
    kwargs = {name: data.draw(st.sampled_from(MAKERS))() for name in names}
    threads = lr.get_num_threads()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            getattr(lr, name)(*[make() for make in args], **kwargs)
    except DOCUMENTED:
        pass
    finally:
        lr.set_num_threads(threads)
