"""What every layer can do: passes that wait, modes, parameters, state, copies; settings that cannot be."""

import base64
import copy
import gc
import io
import pickle
import re
import weakref

import numpy as np
import pytest
from helpers import assert_same
from leaky_relu import LeakyReLU, PReLU, RReLU, leaky_relu, leaky_relu_grad
from leaky_relu.layers import Layer, he_gain

X, G = np.random.default_rng(1).standard_normal((2, 3, 4, 5)).astype(np.float32)

MAKE = {
    "LeakyReLU": lambda: LeakyReLU(-0.5),
    "PReLU": lambda: PReLU(4, 0.125),
    "RReLU": lambda: RReLU(0.1, 0.4, rng=3),
}

# Pickles of version 0.1.0: a LeakyReLU between its passes, a PReLU with a gradient, an RReLU in evaluation.
OLD_LEAKY_RELU = """
gASV8gAAAAAAAACMEWxlYWt5X3JlbHUubGF5ZXJzlIwJTGVha3lSZUxVlJOUKYGUfZQojA5uZWdhdGl2ZV9zbG9wZZRHP8mZmZmZmZqMB2lucGxh
Y2WUiIwFX2tlcHSUSwOFlIwWbnVtcHkuX2NvcmUubXVsdGlhcnJheZSMDF9yZWNvbnN0cnVjdJSTlIwFbnVtcHmUjAduZGFycmF5lJOUSwCFlEMB
YpSHlFKUKEsBSwGFlGgMjAVkdHlwZZSTlIwCdTGUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LAHSUYolDAQWUdJRiRz/JmZmZmZmahpSGlHVi
Lg==
"""
OLD_PRELU = """
gASVdAEAAAAAAACMEWxlYWt5X3JlbHUubGF5ZXJzlIwFUFJlTFWUk5QpgZR9lCiMDm51bV9wYXJhbWV0ZXJzlEsCjAxjaGFubmVsX2F4aXOUSv//
//+MBndlaWdodJSMFm51bXB5Ll9jb3JlLm11bHRpYXJyYXmUjAxfcmVjb25zdHJ1Y3SUk5SMBW51bXB5lIwHbmRhcnJheZSTlEsAhZRDAWKUh5RS
lChLAUsChZRoC4wFZHR5cGWUk5SMAmY0lImIh5RSlChLA4wBPJROTk5K/////0r/////SwB0lGKJQwgAAMA+AADAPpR0lGKMBGdyYWSUaApoDUsA
hZRoD4eUUpQoSwFLAoWUaBeJQwgAAIC/AACAv5R0lGKMBV9rZXB0lEsBSwKGlGgKaA1LAIWUaA+HlFKUKEsBSwFLAoaUaBeJQwgAAIA/AACAP5R0
lGJoCmgNSwCFlGgPh5RSlChLAUsChZRoF4lDCAAAwD4AAMA+lHSUYoaUhpR1Yi4=
"""
OLD_RRELU = """
gASVRAIAAAAAAACMEWxlYWt5X3JlbHUubGF5ZXJzlIwFUlJlTFWUk5QpgZR9lCiMBWxvd2VylEc/uZmZmZmZmowFdXBwZXKURz/TMzMzMzMzjANy
bmeUjBRudW1weS5yYW5kb20uX3BpY2tsZZSMEF9fZ2VuZXJhdG9yX2N0b3KUk5RoCIwUX19iaXRfZ2VuZXJhdG9yX2N0b3KUk5SME251bXB5LnJh
bmRvbS5fcGNnNjSUjAVQQ0c2NJSTlIWUUpR9lCiMDWJpdF9nZW5lcmF0b3KUjAVQQ0c2NJSMBXN0YXRllH2UKGgVihDfnZCd3oIRlpb+IeHbSD49
jANpbmOUihFZ2XDAWn+IZr/Ois6WGHXEAHWMCmhhc191aW50MzKUSwCMCHVpbnRlZ2VylEsAdYwabnVtcHkucmFuZG9tLmJpdF9nZW5lcmF0b3KU
jBtfX3B5eF91bnBpY2tsZV9TZWVkU2VxdWVuY2WUk5RoGowMU2VlZFNlcXVlbmNllJOUSiKi6gNOh5RSlChLB0sAjBZudW1weS5fY29yZS5tdWx0
aWFycmF5lIwMX3JlY29uc3RydWN0lJOUjAVudW1weZSMB25kYXJyYXmUk5RLAIWUQwFilIeUUpQoSwFLBIWUaCSMBWR0eXBllJOUjAJ1NJSJiIeU
UpQoSwOMATyUTk5OSv////9K/////0sAdJRiiUMQJ9gncSRq2Nqh11A9DK/qO5R0lGJLBCl0lGKGlGKFlFKUjAh0cmFpbmluZ5SJjAVfa2VwdJRO
dWIu
"""


@pytest.fixture(params=MAKE)
def make(request):
    return MAKE[request.param]


def test_passes_that_wait_have_their_own_context(make):
    layer, xs = make(), [X, -X, X[:2]]
    passes = [layer.vjp(x) for x in xs]
    same = make()
    for x, (y, backward) in zip(xs, passes, strict=True):
        assert_same(y, same(x))
        assert_same(backward(G[: len(x)]), same.backward(G[: len(x)]))
    for name, grad in same.grads().items():
        assert_same(layer.grads()[name], grad)


def test_vjp_leaves_the_pass_of_forward_alone(make):
    layer, same = make(), make()
    layer(X)
    same(X)
    _, backward = layer.vjp(-X)
    backward(G)
    assert_same(layer.backward(G), same.backward(G))


def test_a_way_back_may_be_taken_again_and_frees_what_it_kept(make):
    layer, x = make(), X.copy()
    _, backward = layer.vjp(x)
    first = backward(G)
    assert_same(backward(G), first)
    there = weakref.ref(x)
    del x, backward
    gc.collect()
    assert there() is None


def test_evaluation_keeps_nothing(make):
    layer = make().eval()
    assert not layer.training
    x = X.copy()
    there = weakref.ref(x)
    layer(x)
    del x
    gc.collect()
    assert there() is None
    with pytest.raises(
        RuntimeError, match=r"in evaluation forward\(\) keeps nothing; call train\(\) before it"
    ):
        layer.backward(G)
    layer.train()(X)
    layer.backward(G)


def test_evaluation_forgets_the_pass_before_it(make):
    layer = make()
    layer(X)
    layer.eval()(X)
    with pytest.raises(RuntimeError):
        layer.train().backward(G)


@pytest.mark.parametrize("training", [True, False])
def test_out(make, training):
    layer, same = make().train(training), make().train(training)
    y, expected = np.empty_like(X), same(X)
    assert layer(X, out=y) is y
    assert_same(y, expected)
    _, backward = layer.vjp(X)
    _, same_backward = same.vjp(X)
    g = G.copy()
    assert backward(g, out=g) is g
    assert_same(g, same_backward(G))


@pytest.mark.parametrize("name", ["PReLU", "RReLU"])
def test_out_over_an_input_that_is_needed(name):
    layer, x = MAKE[name](), X.copy()
    with pytest.raises(ValueError, match=f"^{name}: out shares memory with x, which the backward pass needs"):
        layer(x, out=x)
    assert_same(x, X)
    expected = layer.eval()(X)
    assert layer(x, out=x) is x
    assert_same(x, expected)


def test_out_comes_before_in_place():
    x, y = X.copy(), np.empty_like(X)
    assert LeakyReLU(inplace=True)(x, out=y) is y
    assert_same(x, X)
    assert LeakyReLU()(x, out=x) is x


@pytest.mark.parametrize("out", [np.empty((4, 5), np.float32), [0.0]])
def test_out_that_cannot_be(make, out):
    layer = make()
    layer(X)
    with pytest.raises((TypeError, ValueError), match="out|return arrays"):
        layer.backward(G, out=out)
    assert layer.grads() == {}
    layer.backward(G)  # the forward pass still counts


def test_masked_arrays_are_refused(make):
    layer = make()
    with pytest.raises(TypeError, match=r"x is a masked array, .* pass x.filled\(0\) or x.data$"):
        layer(np.ma.masked_less(X, 0))
    layer(X)
    with pytest.raises(TypeError, match="grad_output is a masked array"):
        layer.backward(np.ma.masked_less(G, 0))
    layer.backward(G)


def test_parameters_and_gradients():
    layer = PReLU(4)
    assert layer.parameters().keys() == {"weight"}
    assert layer.parameters()["weight"] is layer.weight
    assert layer.grads() == {}
    layer.zero_grad()
    assert layer.grad is None
    layer(X)
    layer.backward(G)
    assert layer.grads()["weight"] is layer.grad
    for layer in (LeakyReLU(), RReLU()):
        assert layer.parameters() == layer.grads() == {}


def test_resuming_is_exact(make):
    layer = make()
    layer(X)
    layer.backward(G)
    for parameter, grad in zip(layer.parameters().values(), layer.grads().values(), strict=True):
        parameter -= np.float32(0.1) * grad
    file = io.BytesIO()
    np.savez(file, **layer.state_dict())
    file.seek(0)
    resumed = make()
    before = resumed.parameters()
    with np.load(file, allow_pickle=False) as state:
        resumed.load_state_dict(state)
    for name, parameter in resumed.parameters().items():
        assert parameter is before[name]
    for _ in range(2):
        assert_same(resumed(X), layer(X))


def test_state_is_a_copy(make):
    layer = make()
    state = layer.state_dict()
    for value in state.values():
        assert type(value) is np.ndarray
        value[...] = 0
    assert_same(layer(X), make()(X))


@pytest.mark.parametrize("kind", ["PCG64", "MT19937", "Philox", "SFC64"])
def test_state_of_every_generator(kind):
    make = getattr(np.random, kind)
    layer, other = (RReLU(rng=np.random.Generator(make(seed))) for seed in (1, 2))
    layer(X[0, 0, :3])  # an odd number of 32-bit draws, half of a 64-bit one being left
    other.load_state_dict(layer.state_dict())
    assert_same(other(X), layer(X))


def test_state_of_bfloat16():
    dtype = pytest.importorskip("ml_dtypes").bfloat16
    layer, file = PReLU(4, 0.1), io.BytesIO()
    layer.weight = layer.weight.astype(dtype)
    np.savez(file, **layer.state_dict())
    file.seek(0)
    other = PReLU(4)
    other.weight = other.weight.astype(dtype)
    other.load_state_dict(np.load(file))
    assert_same(other.weight, layer.weight)


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("LeakyReLU", {"weight": 1}, "missing: nothing; unexpected: weight$"),
        ("PReLU", {}, "missing: weight; unexpected: nothing$"),
        ("PReLU", {"bias": 1, "scale": 1}, "missing: weight; unexpected: bias, scale$"),
        ("PReLU", {"weight": np.ones(3)}, r"weight has shape \(3,\) in the state, but \(4,\) in the layer$"),
        (
            "PReLU",
            {"weight": np.ones(4)},
            "weight has dtype float64 in the state, which float32 of the layer",
        ),
        ("RReLU", {}, "missing: rng; unexpected: nothing$"),
        ("RReLU", {"rng": np.ones(3, np.uint8)}, "rng is not the state of a PCG64, which the layer has"),
        ("RReLU", RReLU(rng=np.random.Generator(np.random.SFC64())).state_dict(), "not the state of a PCG64"),
    ],
)
def test_state_of_another_layer(name, state, words):
    layer = MAKE[name]()
    with pytest.raises(ValueError, match=rf"^{name}.load_state_dict\(\).*{words}"):
        layer.load_state_dict(state)
    assert_same(layer(X), MAKE[name]()(X))


@pytest.mark.parametrize(
    "through", [copy.copy, copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))]
)
def test_copies_carry_settings_weights_and_mode(make, through):
    layer = make()
    layer(X)
    layer.backward(G)
    layer(X)
    clone = through(layer.eval())
    assert type(clone) is type(layer)
    assert repr(clone) == repr(layer)
    assert not clone.training
    assert clone.grads() == {}
    with pytest.raises(RuntimeError):
        clone.train().backward(G)
    layer.train().backward(G)  # which still has its pass
    assert_same(clone.eval()(X), layer.eval()(X))


def test_pickles_are_small_and_found_in_public(make):
    layer = make()
    layer(np.ones((1, 4, 10_000)))
    stored = pickle.dumps(layer)
    assert len(stored) < 2000
    assert b"leaky_relu.layers" in stored
    assert b"leaky_relu.layers._" not in stored


def test_subclasses_keep_their_own_attributes():
    layer = LeakyReLU(0.5)
    layer._note = "mine"
    assert copy.deepcopy(layer)._note == "mine"


def test_pickles_of_version_0_1_0():
    layer, prelu, rrelu = (
        pickle.loads(base64.b64decode(text)) for text in (OLD_LEAKY_RELU, OLD_PRELU, OLD_RRELU)
    )
    assert repr(layer) == "LeakyReLU(negative_slope=0.2, inplace=True)"
    assert repr(prelu) == "PReLU(num_parameters=2, channel_axis=-1)"
    assert_same(prelu.weight, np.full(2, 0.375, np.float32))
    assert prelu.grad is None
    assert repr(rrelu) == "RReLU(lower=0.1, upper=0.3)"
    assert rrelu.rng.random(2).round(8).tolist() == [0.22520719, 0.30016628]
    assert [layer.training, prelu.training, rrelu.training] == [True, True, False]
    for old in (layer, prelu, rrelu):
        with pytest.raises(RuntimeError):
            old.backward(G)
        old.train()(np.ones((1, 2)))
        old.backward(np.ones((1, 2)))
        pickle.loads(pickle.dumps(old))


BAD_SETTINGS = [
    ("LeakyReLU", "negative_slope", None, TypeError, "must be a real number, got None of type NoneType"),
    ("LeakyReLU", "negative_slope", "0.1", TypeError, "must be a real number, got '0.1' of type str"),
    ("LeakyReLU", "negative_slope", 1j, TypeError, "must be a real number, got 1j of type complex"),
    ("LeakyReLU", "negative_slope", True, TypeError, "must be a real number, got True of type bool"),
    ("LeakyReLU", "negative_slope", [0.1], ValueError, r"must be a scalar, got an array of shape \(1,\)"),
    ("LeakyReLU", "inplace", 1, TypeError, "must be True or False, got 1"),
    ("LeakyReLU", "training", "no", TypeError, "must be True or False, got 'no'"),
    ("PReLU", "weight", 0.3, TypeError, r"must be an array of a floating dtype and shape \(4,\), got float"),
    ("PReLU", "weight", np.ones(4, int), TypeError, "of a floating dtype and .*, got dtype int64"),
    ("PReLU", "weight", np.ones(4, complex), TypeError, "of a floating dtype and .*, got dtype complex128"),
    ("PReLU", "weight", np.ones(3), ValueError, r"shape \(4,\), got shape \(3,\)"),
    ("PReLU", "weight", np.ma.ones(4), TypeError, "got MaskedArray"),
    (
        "PReLU",
        "grad",
        0.0,
        TypeError,
        r"must be None or an array of a floating dtype and shape \(4,\), got float",
    ),
    ("PReLU", "grad", np.ones(3), ValueError, r"got shape \(3,\)"),
    ("PReLU", "grad", np.broadcast_to(1.0, 4), ValueError, "got one that is read-only"),
    ("PReLU", "channel_axis", 1.0, TypeError, "must be an integer, got 1.0"),
    ("RReLU", "lower", "0", TypeError, "must be a real number"),
    ("RReLU", "lower", 0.5, ValueError, "lower must not be greater than upper, got 0.5 and 0.4"),
    ("RReLU", "upper", 0.0, ValueError, "lower must not be greater than upper, got 0.1 and 0.0"),
    ("RReLU", "upper", np.inf, ValueError, "must be finite"),
    ("RReLU", "rng", "dice", TypeError, "must be a numpy.random.Generator, a seed or None, got 'dice'"),
    ("RReLU", "rng", -1, ValueError, "must be a numpy.random.Generator, a seed or None, got -1"),
]


@pytest.mark.parametrize(
    ("name", "setting", "value", "error", "words"), BAD_SETTINGS, ids=lambda value: str(value)[:30]
)
def test_settings_that_cannot_be(name, setting, value, error, words):
    layer = MAKE[name]()
    before = getattr(layer, setting)
    with pytest.raises(error, match=f"^{name}: .*{words}"):
        setattr(layer, setting, value)
    assert getattr(layer, setting) is before
    if setting in ("negative_slope", "inplace", "channel_axis", "lower", "upper", "rng"):
        with pytest.raises(error, match=f"^{name}: "):
            globals()[name](**{setting: value})


@pytest.mark.parametrize("number", [0, 0.0, -1.0])
def test_number_of_parameters(number):
    with pytest.raises((TypeError, ValueError), match="^PReLU: num_parameters must be "):
        PReLU(number)
    with pytest.raises(AttributeError):
        PReLU(4).num_parameters = 3


@pytest.mark.parametrize(
    "slope", [2, -0.5, np.float16(0.1), np.longdouble("0.1"), np.array(0.25), np.inf, np.nan]
)
def test_slopes_of_every_kind(slope):
    layer = LeakyReLU()
    layer.negative_slope = slope
    assert_same(layer(X), leaky_relu(X, slope))
    assert_same(layer.backward(G), leaky_relu_grad(G, X, slope))


def test_a_slope_is_a_value():
    slope = np.array(0.25)
    layer = LeakyReLU(slope)
    slope[...] = 7
    assert layer.negative_slope == 0.25


def test_a_layer_of_ones_own():
    class Scale(Layer):
        _learned = ("factor",)

        def __init__(self):
            super().__init__()
            self.factor = np.full(1, 2.0)

        def _forward(self, x, out):
            return np.multiply(x, self.factor, out=out), x

        def _backward(self, grad_output, kept, out):
            self._add_gradient("factor", np.sum(grad_output * kept, keepdims=True).reshape(1))
            return np.multiply(grad_output, self.factor, out=out)

    layer = Scale()
    assert layer([1.0, 2.0]).tolist() == [2, 4]
    assert layer.backward([1.0, 1.0]).tolist() == [2, 2]
    assert layer.grads()["factor"].tolist() == [3]
    other = Scale()
    other.factor[...] = 5
    other.load_state_dict(layer.state_dict())
    assert other.factor.tolist() == [2]


@pytest.mark.parametrize(
    ("slope", "gain"),
    [(0, 2**0.5), (1, 1), (-1, 1), (0.01, (2 / 1.0001) ** 0.5), (1e300, 2**0.5 / 1e300), (np.inf, 0)],
)
def test_he_gain(slope, gain):
    assert he_gain(slope) == pytest.approx(gain, rel=1e-15)


def test_he_gain_is_torchs():
    torch = pytest.importorskip("torch")
    assert he_gain(0.2) == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", 0.2), rel=1e-15)


def test_he_gain_keeps_the_mean_square():
    rng, inputs, slope = np.random.default_rng(0), 200, 0.3
    x = rng.standard_normal((2000, inputs))
    y = leaky_relu(x @ rng.normal(0, he_gain(slope) / inputs**0.5, (inputs, inputs)), slope)
    assert np.mean(y**2) == pytest.approx(np.mean(x**2), rel=0.05)


def test_messages_name_a_subclass():
    class Mine(LeakyReLU):
        pass

    with pytest.raises(TypeError, match=re.escape("Mine: negative_slope must be a real number")):
        Mine(None)
