"""No reference is lost or kept, whether a call succeeds or fails."""

import contextlib
import sys
import tracemalloc

import numpy as np
import pytest
from leaky_relu import (
    _dtypes,
    affine_leaky_relu,
    bias_leaky_relu,
    bias_leaky_relu_grad,
    leaky_relu,
    leaky_relu_grad,
    leaky_relu_packed,
)


def make():
    """Objects that nobody else holds, by the names that the calls below use."""
    return {
        "x": np.linspace(-1, 1, 40, dtype=np.float32),
        "g": np.linspace(1, 2, 40, dtype=np.float32),
        "column": np.ones((3, 1), np.float32),
        "fortran": np.ones((4, 5), np.float32, order="F"),
        "doubles": np.linspace(-1, 1, 40),
        "integers": np.arange(40),
        "half": np.ones(40, np.float16),
        "list": [-1.0, 2.0],
        "nothing": np.array(["a"]),
        "overflowing": np.full(40, -3e38, np.float32),
        "out": np.empty(40, np.float32),
        "short": np.empty(7, np.float32),
        "scalar": np.float32(1.25),
        "number": 1.7325,
        "huge": 10**30 + 1,
        "zero_d": np.array(1.25),
        "slopes": np.full(40, 0.5),
        "bytes": np.arange(-20, 20).astype(np.int8),
        "square": np.linspace(-1, 1, 64, dtype=np.float32).reshape(8, 8),
        "result": np.empty((8, 8), np.float32),
        "row": np.linspace(-1, 1, 8),
        "axes": np.ones((2,) * 9, np.float32),
        "extended": np.linspace(-1, 1, 8, dtype=np.longdouble),
        "one": np.int8(1),
    }


CALLS = {
    "new": lambda o: leaky_relu(o["x"]),
    "Fortran order": lambda o: leaky_relu(o["fortran"], o["number"]),
    "slope by position": lambda o: leaky_relu(o["x"], o["number"]),
    "slope by keyword": lambda o: leaky_relu(o["x"], negative_slope=o["scalar"]),
    "0-d slope": lambda o: leaky_relu(o["x"], o["zero_d"]),
    "huge slope": lambda o: leaky_relu(o["doubles"], o["huge"]),
    "slopes": lambda o: leaky_relu(o["x"], o["slopes"]),
    "out by position": lambda o: leaky_relu(o["x"], o["number"], o["out"]),
    "out by keyword": lambda o: leaky_relu(o["x"], out=o["out"]),
    "in place": lambda o: leaky_relu(o["x"], out=o["x"]),
    "overlap": lambda o: leaky_relu(o["x"][1:], out=o["x"][:-1]),
    "cast": lambda o: leaky_relu(o["integers"], o["scalar"]),
    "list": lambda o: leaky_relu(o["list"], o["list"]),
    "scalar": lambda o: leaky_relu(o["scalar"], o["number"]),
    "Python number": lambda o: leaky_relu(o["number"], o["scalar"]),
    "half": lambda o: leaky_relu(o["half"], o["half"]),
    "view": lambda o: leaky_relu(o["x"][::2], o["number"]),
    "view, out": lambda o: leaky_relu(o["square"][:, 1:], o["scalar"], o["result"][:, 1:]),
    "view in place": lambda o: leaky_relu(o["square"][::-2], out=o["square"][::-2]),
    "interleaved": lambda o: leaky_relu(o["x"][::2], out=o["x"][1::2]),
    "transposed": lambda o: leaky_relu(o["square"].T, o["row"], o["result"]),
    "many axes": lambda o: leaky_relu(o["axes"][..., ::-1], o["number"]),
    "8-bit integers": lambda o: leaky_relu(o["bytes"], o["scalar"]),
    "slopes of integers": lambda o: leaky_relu(o["x"], o["bytes"]),
    "slope per row": lambda o: leaky_relu(o["square"], o["row"][:, None], out=o["result"]),
    "longdouble": lambda o: leaky_relu(o["extended"], o["number"]),
    "longdouble slopes": lambda o: leaky_relu(o["square"], o["extended"]),
    "0-d": lambda o: leaky_relu(o["zero_d"], o["zero_d"]),
    "bias": lambda o: bias_leaky_relu(o["square"], o["row"], o["number"]),
    "bias, out": lambda o: bias_leaky_relu(o["square"], o["square"], o["number"], o["result"]),
    "affine": lambda o: affine_leaky_relu(o["square"], o["row"], o["row"][:, None], out=o["result"]),
    "outer": lambda o: leaky_relu.outer(o["row"], o["row"]),
    "accumulate": lambda o: leaky_relu.accumulate(o["bytes"]),
    "gradient": lambda o: leaky_relu_grad(o["g"], o["x"], o["number"]),
    "gradient in place": lambda o: leaky_relu_grad(o["g"], o["x"], o["scalar"], out=o["g"]),
    "gradient, cast": lambda o: leaky_relu_grad(o["integers"], o["x"], o["slopes"], out=o["out"]),
    "gradient, broadcast": lambda o: leaky_relu_grad(o["g"], o["column"]),
    "packed, slope that is prepared": lambda o: leaky_relu_packed(o["x"], o["one"]),
    "bias gradient, slope that is prepared": lambda o: bias_leaky_relu_grad(o["g"], o["x"], o["one"]),
}
FAILING = {
    "bad dtype": lambda o: leaky_relu(o["nothing"], o["number"]),
    "string scalar": lambda o: leaky_relu(o["nothing"][0], o["number"]),
    "date as slope": lambda o: leaky_relu(o["x"], np.datetime64(1, "s")),
    "bad slope": lambda o: leaky_relu(o["x"], o["nothing"]),
    "bad shape": lambda o: leaky_relu(o["x"], o["number"], o["short"]),
    "bad out": lambda o: leaky_relu(o["x"], out=o["list"]),
    "unknown keyword": lambda o: leaky_relu(o["x"], slope=o["number"]),
    "two slopes": lambda o: leaky_relu(o["x"], o["number"], negative_slope=o["scalar"]),
    "two slopes, and keywords": lambda o: leaky_relu(
        o["x"], 1, negative_slope=o["scalar"], where=o["g"], order="K", casting="no", subok=1, dtype=float
    ),
    "two outs": lambda o: leaky_relu(o["x"], o["number"], o["out"], out=o["out"]),
    "too many": lambda o: leaky_relu(o["x"], o["number"], o["out"], o["g"]),
    "floating-point error": lambda o: leaky_relu(o["overflowing"], 10.0),
    "floating-point error, out": lambda o: leaky_relu(o["overflowing"], 10.0, o["out"]),
    "floating-point error in the slope": lambda o: leaky_relu(o["x"], 1e300, o["out"]),
    "floating-point error, view": lambda o: leaky_relu(o["overflowing"][::2], 10.0, o["out"][::2]),
    "floating-point error, slopes": lambda o: leaky_relu(o["square"], o["row"] * 1e300, o["result"]),
    "floating-point error, scalar": lambda o: leaky_relu(o["overflowing"][0], 10.0),
    "bias, missing": lambda o: bias_leaky_relu(o["square"]),
    "bias, bad shape": lambda o: bias_leaky_relu(o["square"], o["x"]),
    "bias gradient, bad shape": lambda o: bias_leaky_relu_grad(o["square"], o["x"]),
    "affine, bad dtype": lambda o: affine_leaky_relu(o["square"], o["nothing"], o["row"]),
    "affine, bad out": lambda o: affine_leaky_relu(o["square"], o["row"], o["row"], o["number"], o["out"]),
    "gradient, x missing": lambda o: leaky_relu_grad(o["g"]),
    "gradient, bad shape": lambda o: leaky_relu_grad(o["g"], o["short"]),
    "gradient, bad dtype": lambda o: leaky_relu_grad(o["g"], o["nothing"], o["number"]),
}


def counts(objects):
    return {name: sys.getrefcount(value) for name, value in objects.items()}


@pytest.mark.parametrize("name", CALLS)
def test_success(way, name):
    objects, call = make(), CALLS[name]
    before = counts(objects)
    for _ in range(10):
        call(objects)
    assert counts(objects) == before


@pytest.mark.parametrize("name", FAILING)
def test_failure(way, name):
    objects, call = make(), FAILING[name]
    before = counts(objects)
    for _ in range(10):
        with np.errstate(all="raise"):
            try:
                call(objects)
            except (TypeError, ValueError, FloatingPointError):
                continue
        pytest.fail("did not raise")
    assert counts(objects) == before


def test_result_is_held_once(way):
    x, out = np.ones(5, np.float32), np.empty(5, np.float32)
    assert sys.getrefcount(leaky_relu(x)) == sys.getrefcount(np.negative(x))
    before = sys.getrefcount(out)
    result = leaky_relu(x, out=out)
    assert sys.getrefcount(out) == before + 1
    assert result is out


SHARED = [NotImplemented, _dtypes, *map(np.dtype, ("float16", "float32", "float64"))]


@pytest.mark.parametrize("name", [*CALLS, *FAILING])
def test_what_everybody_shares(way, name):
    """Other code changes these counts a little; one reference kept or lost by each of 100 calls is seen."""
    objects, call = make(), (CALLS | FAILING)[name]
    before = [sys.getrefcount(thing) for thing in SHARED]
    for _ in range(100):
        with np.errstate(all="raise"), contextlib.suppress(TypeError, ValueError, FloatingPointError):
            call(objects)
    after = [sys.getrefcount(thing) for thing in SHARED]
    assert all(abs(a - b) < 90 for a, b in zip(after, before, strict=True)), (before, after)


@pytest.mark.parametrize("name", [*CALLS, *FAILING])
def test_no_memory_is_lost(way, name):
    objects, call = make(), (CALLS | FAILING)[name]

    def often():
        for _ in range(200):
            try:
                with np.errstate(all="raise"):
                    call(objects)
            except (TypeError, ValueError, FloatingPointError):
                pass

    def traced():
        # The interpreter's cache of attributes holds up to 4,096 names, of failing calls new ones each time.
        getattr(sys, "_clear_internal_caches", getattr(sys, "_clear_type_cache", None))()
        return tracemalloc.get_traced_memory()[0]

    def lost():
        before = traced()
        often()
        often()
        return traced() - before

    often()
    tracemalloc.start()
    try:
        often()
        # One object lost in each of 400 calls would be 10 kB; the interpreter itself may keep a little.
        # What other threads allocate meanwhile, as those of pytest-xdist do, is counted, but not each time.
        # And CPython 3.11 may fill a list of up to 2,000 tuples to use again, one with each call.
        assert any(lost() < 5000 for _ in range(6))
    finally:
        tracemalloc.stop()
