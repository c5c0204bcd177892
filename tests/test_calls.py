"""Fast path and NumPy's machinery give the same for any call: result, layout, warnings, exception."""

import warnings

import numpy as np
import pytest
from helpers import DTYPES, assert_same
from leaky_relu import _core, leaky_relu, leaky_relu_grad

X = np.array([[-2.5, -0.0, 3.0], [0.0, 1.0, -7.25]])
DATA = {
    **{dtype.name: X.astype(dtype) for dtype in DTYPES},
    "Fortran": np.asfortranarray(X, np.float32),
    "strided": np.repeat(X, 2, axis=1)[:, ::2],
    "one row": X[:1].astype(np.float32),
    "one column": X[:, :1].astype(np.float32),
    "vector": X[0],
    "one element": X[:1, :1].astype(np.float16),
    "0-d": np.array(-2.5, np.float32),
    "scalar": np.float32(-2.5),
    "half scalar": np.float16(-2.5),
    "float": -2.5,
    "int": -3,
    "bool": True,
    "list": [[-1.0, 2.0, -3.0]],
    "tuple of ints": (1, -2, 3),
    "empty": np.empty((0, 3), np.float32),
    "empty list": [],
    "int8": np.array([1, -2, 3], np.int8),
    "int64": np.array([1, -2, 3]),
    "bools": np.array([True, False]),
    "byte-swapped": X.astype(np.dtype(np.float32).newbyteorder()),
    "read-only": np.frombuffer(np.float32([-1, 2, -3]).tobytes(), np.float32),
    "NaN and infinities": np.array([np.nan, np.inf, -np.inf], np.float32),
}
UNSUPPORTED = {"complex": np.array([1j]), "object": np.array([1.0], object), "None": None}
SLOPES = {
    "float": 0.25,
    "int": 2,
    "True": True,
    "int 2**24 + 1": 2**24 + 1,
    "int 2**53 + 1": 2**53 + 1,
    "int 2**62 + 2**38 + 1": 2**62 + 2**38 + 1,
    "int 10**30": 10**30,
    "int -10**30": -(10**30),
    "int 10**400": 10**400,
    "int 70000": 70000,
    "-0.0": -0.0,
    "nan": float("nan"),
    "-inf": -float("inf"),
    "1e300": 1e300,
    "1e-300": 1e-300,
    "1e-45": 1e-45,
    "int64": np.int64(-3),
    "int8": np.int8(-3),
    "uint64": np.uint64(2**64 - 1),
    "bool_": np.bool_(True),
    **{f"scalar {dtype.name}": np.ones((), dtype)[()] / dtype.type(3) for dtype in DTYPES},
    **{f"0-d {dtype.name}": np.array(np.ones((), dtype)[()] / dtype.type(3), dtype) for dtype in DTYPES},
    **{f"1-d {dtype.name}": np.full(1, 0.25, dtype) for dtype in DTYPES},
    **{f"2-d {name}": np.full((1, 1), 0.25, name) for name in ("float32", "float64")},
    "0-d int": np.array(3),
    "0-d byte-swapped": np.array(0.25, np.dtype(np.float64).newbyteorder()),
    "column": np.array([[0.25], [0.5]]),
    "list": [0.25],
    "empty": np.empty(0),
    "complex": 1j,
    "string": "0.1",
    "None": None,
    "object": np.array(None),
}

SCALARS = {
    "float": float,
    "int": int,
    **{dtype.name: dtype.type for dtype in DTYPES},
    "0-d float32": lambda value: np.array(value, np.float32),
}


def outs(x):
    """Make outputs for x: good ones, odd ones, impossible ones."""
    like = np.zeros_like(np.asarray(x))
    wide = np.zeros((*like.shape[:-1], 2 * like.shape[-1]) if like.ndim else 2, like.dtype)
    locked = like.copy()
    locked.flags.writeable = False
    return {
        "same": like.copy(),
        "Fortran": np.asfortranarray(like),
        "other dtype": like.astype(np.float64 if like.dtype == np.float32 else np.float32),
        "integer": np.zeros_like(like, np.int32),
        "strided": wide[..., ::2] if like.ndim else wide[0:1].reshape(()),
        "broadcasting": np.zeros((2, *like.shape), like.dtype),
        "an axis less": np.zeros(like.shape[:-1], like.dtype),
        "an axis more": np.zeros((*like.shape, 1), like.dtype),
        "too short": np.zeros((*like.shape[:-1], 1), like.dtype),
        "read-only": locked,
        "tuple": (like.copy(),),
        "tuple of two": (like.copy(), like.copy()),
        "tuple of None": (None,),
        "empty tuple": (),
        "list": [0.0],
        "None": None,
        "x itself": x,
    }


def describe(function, *args, **kwargs):
    """Call, and tell all that can be seen of it."""
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn"):
        warnings.simplefilter("always")
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            return type(error), str(error), None
    seen = [(warning.category, str(warning.message)) for warning in caught]
    layout = ()
    if isinstance(result, np.ndarray):
        strides = [stride for stride, n in zip(result.strides, result.shape, strict=True) if n > 1]
        flags = [result.flags[name] for name in ("C", "F", "A", "W", "O")]
        layout = (strides if result.size else None, flags)
    return type(result), (seen, layout), result


def assert_same_both_ways(make_call):
    """Compare what make_call() gives to describe(): fresh arguments each time, for calls write to them."""
    ways = []
    for fast in (True, False):
        before = _core._set_fast_call(fast)
        try:
            function, args, kwargs = make_call()
            given = kwargs.get("out", args[-1] if args else None)
            ways.append((*describe(function, *args, **kwargs), given))
        finally:
            _core._set_fast_call(before)
    (*seen_fast, fast, out_fast), (*seen_numpy, numpy, out_numpy) = ways
    assert seen_fast == seen_numpy
    if isinstance(numpy, np.ndarray | np.generic):
        assert_same(fast, numpy)
        assert (fast is out_fast) == (numpy is out_numpy)


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("data", [*DATA, *UNSUPPORTED])
def test_slopes(data, slope):
    x, s = (DATA | UNSUPPORTED)[data], SLOPES[slope]
    assert_same_both_ways(lambda: (leaky_relu, (x, s), {}))
    assert_same_both_ways(lambda: (leaky_relu, (x,), {"negative_slope": s}))
    assert_same_both_ways(lambda: (leaky_relu_grad, (x, x, s), {}))


@pytest.mark.parametrize("x", SCALARS)
@pytest.mark.parametrize("grad_output", SCALARS)
def test_scalars_of_two_kinds(grad_output, x):
    """Those of one kind are taken as they are, others go by NumPy's rules of promotion."""
    g, a = SCALARS[grad_output](2), SCALARS[x](-1)
    assert_same_both_ways(lambda: (leaky_relu_grad, (g, a, 0.5), {}))
    assert leaky_relu_grad(g, a, 0.5) == 1


@pytest.mark.parametrize("out", outs(0.0))
@pytest.mark.parametrize("data", DATA)
def test_outputs(data, out):
    def fresh():
        x = DATA[data].copy(order="K") if isinstance(DATA[data], np.ndarray) else DATA[data]
        return x, outs(x)[out]

    for slope in (0.25, np.float32(0.25), [0.25]):
        for function, copies in ((leaky_relu, 1), (leaky_relu_grad, 2)):

            def calls(function=function, copies=copies, slope=slope):
                x, y = fresh()
                yield function, (x,) * copies + (slope, y), {}
                x, y = fresh()
                yield function, (x,) * copies + (slope,), {"out": y}
                x, y = fresh()
                yield function, (x,) * copies, {"out": y, "negative_slope": slope}

            for i in range(3):
                assert_same_both_ways(lambda i=i, calls=calls: list(calls())[i])


def test_no_slope(ufunc, dtype):
    args = (X.astype(dtype),) * (ufunc.nin - 1)
    assert_same_both_ways(lambda: (ufunc, args, {}))
    assert_same_both_ways(lambda: (ufunc, args, {"out": np.zeros(X.shape, dtype)}))
    assert_same(ufunc(*args), ufunc(*args, 0.01))
    assert_same(ufunc(*args), ufunc(*args, negative_slope=np.float64(0.01)))


OUT = np.zeros(3)
WRONG = {
    "nothing": ((), {}),
    "only keywords": ((), {"x": OUT}),
    "too many": ((OUT, 0.1, OUT, OUT, OUT), {}),
    "far too many": ((OUT,) * 40, {}),
    "slope twice": ((OUT, OUT, OUT), {"negative_slope": 0.1}),
    "out twice": ((OUT, OUT, OUT, OUT), {"out": OUT}),
    "out twice, None first": ((OUT, 0.5, None), {"out": OUT}),
    "unknown": ((OUT, OUT), {"slope": 0.1}),
    "unknown and slope": ((OUT, OUT), {"slope": 0.1, "negative_slope": 0.1}),
    "many unknown": ((OUT, OUT), {f"k{i}": i for i in range(30)}),
    "x by keyword": ((OUT,), {"x": OUT}),
    "shapes": ((OUT, np.zeros(4)), {}),
    "bad where": ((OUT, OUT, OUT), {"where": np.ones(5, bool), "out": OUT}),
    "bad casting": ((OUT, OUT, OUT), {"casting": "loud"}),
}


@pytest.mark.parametrize("function", [leaky_relu, leaky_relu_grad])
@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments(function, name):
    args, kwargs = WRONG[name]
    assert_same_both_ways(lambda: (function, args, kwargs))
    if name not in ("slope twice", "shapes", "x by keyword") or function is leaky_relu_grad:
        with pytest.raises((TypeError, ValueError), match=r"\S"):
            function(*args, **kwargs)


def test_names_made_at_run_time(way):
    """Keyword names are compared as strings, not as objects."""
    names = ["".join(["negative", "_slope"]), "".join(["o", "ut"])]
    out = np.zeros(2)
    assert leaky_relu(np.array([-1.0, 2.0]), **dict(zip(names, [0.5, out], strict=True))) is out
    assert out.tolist() == [-0.5, 2.0]
