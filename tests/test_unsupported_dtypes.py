"""Unsupported dtypes: the message names the function, the dtype and those that are supported."""

from fractions import Fraction

import leaky_relu as lr
import numpy as np
import pytest
from helpers import F32, SUPPORTED, UNSUPPORTED
from leaky_relu import _dtypes, leaky_relu, leaky_relu_grad

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
    for out in (None, np.ones(3), np.ones(4)):
        with pytest.raises(ValueError, match="operands could not be broadcast together"):
            leaky_relu(x, np.ones(4), out)
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


@pytest.mark.parametrize("kind", [TypeError, ValueError])
def test_words_of_an_array_like_stand(way, kind):
    class ArrayLike:
        def __array__(self, dtype=None, copy=None):
            raise kind("mine")

    with pytest.raises(kind, match=r"^mine$"):
        leaky_relu(ArrayLike())
    with pytest.raises(kind, match=r"^mine$"):
        leaky_relu(np.ones(3), ArrayLike())


def test_no_words_where_all_dtypes_are_supported():
    assert _dtypes.reworded(TypeError("leaky_relu: something else"), "prelu", x=np.ones(3), weight=1) is None


def test_methods_give_numpys_words():
    with pytest.raises(TypeError, match=r"leaky_relu"):
        leaky_relu.outer(np.ones(2, complex), 0.1)
    with pytest.raises(TypeError, match=r"leaky_relu"):
        leaky_relu.at(np.ones(2, complex), [0], 0.1)


@pytest.mark.parametrize("ragged", [[[1.0], [1.0, 2.0]], [np.ones(2), 1.0]])
def test_ragged_lists(way, ragged):
    with pytest.raises(ValueError, match="inhomogeneous"):
        leaky_relu(ragged)


G = np.ones((1, 3), np.float32)
SIGNS = np.zeros(1, np.uint8)
# All that is public, with the operand in question in each place where a dtype counts, and the place's name.
CALLS = {
    "leaky_relu x": lambda a: leaky_relu(a),
    "leaky_relu negative_slope": lambda a: leaky_relu(G, a),
    "leaky_relu_grad grad_output": lambda a: leaky_relu_grad(a, G),
    "leaky_relu_grad x": lambda a: leaky_relu_grad(G, a),
    "leaky_relu_grad negative_slope": lambda a: leaky_relu_grad(G, G, a),
    "prelu x": lambda a: lr.prelu(a, 0.1),
    "prelu weight": lambda a: lr.prelu(G, a),
    "prelu_grad grad_output": lambda a: lr.prelu_grad(a, G, 0.1),
    "prelu_grad x": lambda a: lr.prelu_grad(G, a, 0.1),
    "prelu_grad weight": lambda a: lr.prelu_grad(G, G, a),
    "rrelu x": lambda a: lr.rrelu(a, rng=np.random.default_rng(0)),
    "leaky_relu_packed x": lambda a: lr.leaky_relu_packed(a),
    "leaky_relu_packed negative_slope": lambda a: lr.leaky_relu_packed(G, a.reshape(-1)[0:1].reshape(())),
    "leaky_relu_grad_packed grad_output": lambda a: lr.leaky_relu_grad_packed(a, SIGNS),
    "leaky_relu_grad_packed negative_slope": lambda a: lr.leaky_relu_grad_packed(
        G, SIGNS, a.reshape(-1)[0:1].reshape(())
    ),
    "bias_leaky_relu_grad grad_output": lambda a: lr.bias_leaky_relu_grad(a, G),
    "bias_leaky_relu_grad y": lambda a: lr.bias_leaky_relu_grad(G, a),
}


def new_style_array():
    """Give an array of a dtype of the new kind (NEP 42), whose number is -1; NumPy has one to test with."""
    scaled_float = np._core._multiarray_umath._get_sfloat_dtype()
    return np.array([[1 / 3, -1 / 3, 2.0]]).view(scaled_float(1.0))


@pytest.mark.parametrize("call", CALLS)
def test_new_style_dtype(way, call):
    function, place = call.split()
    with pytest.raises(TypeError, match=rf"^{function}: {place} has dtype _ScaledFloatTestDType") as error:
        CALLS[call](new_style_array())
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None


def test_new_style_dtype_before_ml_dtypes_is_imported(printed):
    """The number of bfloat16, which is not known then, must not be taken for -1."""
    printed("""
        import numpy as np
        from leaky_relu import leaky_relu, leaky_relu_packed
        dtype = np._core._multiarray_umath._get_sfloat_dtype()(1.0)
        x, out = np.array([1 / 3, -1 / 3, 2.0]).view(dtype), np.zeros(3).view(dtype)
        for call in (leaky_relu, lambda *a: leaky_relu(*a[:2]), lambda *a: leaky_relu_packed(x, 0.5)):
            try:
                call(x, 0.5, out)
            except TypeError as error:
                assert "x has dtype _ScaledFloatTestDType" in str(error), error
            else:
                raise SystemExit("no error")
        assert not out.view(float).any()
    """)


class Complaining:
    def __array_ufunc__(self, *args, **kwargs):
        raise TypeError("my own words")


class ComplainingArray(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs):
        raise TypeError("my own words")


@pytest.mark.parametrize("x", [np.ones(2, complex), np.ones(2, object), 1j, None, ["a"]], ids=repr)
def test_other_errors_keep_their_words(way, x):
    """Though x is of a dtype that is not supported."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'slope'"):
        leaky_relu(x, slope=0.1)
    with pytest.raises(TypeError, match="return arrays must be of ArrayType"):
        leaky_relu(x, 0.1, out=[0.0])
    with pytest.raises(TypeError, match=r"cannot specify both|not allowed to specify both"):
        leaky_relu(x, dtype=F32, signature="ff->f")
    for words in (
        lambda: leaky_relu(x, 0.1, out=Complaining()),
        lambda: leaky_relu(x, 0.1, where=Complaining()),
        lambda: leaky_relu(x, Complaining()),
        lambda: leaky_relu(x, np.ones(2).view(ComplainingArray)),
        lambda: leaky_relu(x, out=np.ones(2).view(ComplainingArray)),
        lambda: lr.prelu(x, [0.1], out=Complaining()),
        lambda: lr.prelu(Complaining(), np.ones(1)),
    ):
        with pytest.raises(TypeError, match=r"^my own words$"):
            words()


def test_cause_of_others_errors_is_kept():
    class Chained:
        def __array_ufunc__(self, *args, **kwargs):
            raise TypeError("mine") from KeyError("why")

    with pytest.raises(TypeError, match=r"^mine$") as error:
        lr.prelu(Chained(), 0.1)
    assert type(error.value.__cause__) is KeyError


ADVICE = [
    (np.ones(2, object), "x.astype(np.float32)"),
    (np.array(["1"]), "x.astype(np.float32)"),
    (np.ones(2, complex), "x.real"),
    (np.complex64(1j), "x.real"),
    (None, "(NoneType)"),
    (1j, "(complex)"),
    ("0.1", "(str)"),
    (Fraction(1, 3), "(Fraction)"),
    ([1j], "(list)"),
]


@pytest.mark.parametrize(("x", "words"), ADVICE, ids=[repr(x) for x, _ in ADVICE])
def test_advice_can_be_followed(way, x, words):
    for call in (leaky_relu, lr.leaky_relu_packed, lambda x: lr.prelu(x, 0.1), CALLS["rrelu x"]):
        with pytest.raises(TypeError) as error:
            call(x)
        assert words in str(error.value)
        assert ("pass a float, or an array" in str(error.value)) == words.startswith("(")
        assert ("astype" in str(error.value)) == ("astype" in words)


def test_sparse_matrices(way):
    sparse = pytest.importorskip("scipy.sparse")
    for x in (sparse.csr_array(np.eye(3)), sparse.coo_matrix(np.eye(3))):
        for call in (leaky_relu, lr.leaky_relu_packed, CALLS["rrelu x"], CALLS["prelu_grad x"]):
            with pytest.raises(
                TypeError, match=rf"x has dtype object \({type(x).__name__}\).* x.toarray\(\)$"
            ):
                call(x)


class Sparse:
    """As scipy's arrays are: with a dtype that counts for nothing, for there is no array to be had."""

    dtype = np.dtype(np.float64)
    shape = (1, 3)

    def toarray(self):
        return G


@pytest.mark.parametrize("call", ["leaky_relu x", "leaky_relu_packed x", "rrelu x", "prelu_grad x"])
def test_what_has_a_dtype_but_is_no_array(way, call):
    function, _ = call.split()
    with pytest.raises(TypeError, match=rf"^{function}: x has dtype object \(Sparse\).* by x.toarray\(\)$"):
        CALLS[call](Sparse())


MASKED = {
    "leaky_relu_packed x": lambda a: lr.leaky_relu_packed(a),
    "leaky_relu_packed out": lambda a: lr.leaky_relu_packed(G, out=a),
    "leaky_relu_packed negative_slope": lambda a: lr.leaky_relu_packed(G, a[0, :1].reshape(())),
    "leaky_relu_grad_packed grad_output": lambda a: lr.leaky_relu_grad_packed(a, SIGNS),
    "leaky_relu_grad_packed positive": lambda a: lr.leaky_relu_grad_packed(G, np.ma.array(SIGNS)),
    "prelu weight": lambda a: lr.prelu(G, a),
    "prelu_grad grad_output": lambda a: lr.prelu_grad(a, G, 0.1),
    "prelu_grad x": lambda a: lr.prelu_grad(G, a, 0.1),
    "prelu_grad weight": lambda a: lr.prelu_grad(G, G, a),
    "bias_leaky_relu_grad grad_output": lambda a: lr.bias_leaky_relu_grad(a, G),
    "bias_leaky_relu_grad y": lambda a: lr.bias_leaky_relu_grad(G, a),
    "bias_leaky_relu_grad out": lambda a: lr.bias_leaky_relu_grad(G, G, out=a),
}


class MaskedSubclass(np.ma.MaskedArray):
    """A masked array of another type."""


@pytest.mark.parametrize("kind", [np.ma.MaskedArray, MaskedSubclass], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("call", MASKED)
def test_masked_arrays_are_refused_where_the_mask_would_be_lost(call, kind):
    function, place = call.split()
    with pytest.raises(TypeError, match=rf"^{function}: {place} is a masked array.*{place}\.filled"):
        MASKED[call](kind(G, mask=[[False, True, False]]))


def test_masked_arrays_keep_their_mask_elsewhere():
    x = np.ma.array(-G, mask=[[False, True, False]])
    for y in (
        leaky_relu(x, 0.5),
        lr.prelu(x, [0.5] * 3),
        lr.rrelu(x, 0.5, 0.5, rng=np.random.default_rng(0))[0],
    ):
        assert y.tolist() == [[-0.5, None, -0.5]]
