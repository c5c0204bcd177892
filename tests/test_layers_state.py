"""What layers leave to files, copies and pickles."""

import base64
import copy
import io
import pickle

import numpy as np
import pytest
from example_layers import MAKE, G, X, every_layer
from helpers import assert_same
from leaky_relu import LeakyReLU, PReLU, RReLU
from leaky_relu.layers import Layer

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


@every_layer
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


@every_layer
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
    with pytest.raises(ValueError, match="weight has dtype float16 in the state, which bfloat16 of the"):
        other.load_state_dict({"weight": np.ones(4, np.float16)})
    assert_same(other.weight, layer.weight)


def stored(text):
    return np.frombuffer(text.encode(), np.uint8)


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("LeakyReLU", {"weight": 1}, "missing: nothing; unexpected: weight$"),
        ("PReLU", {}, "missing: weight; unexpected: nothing$"),
        ("PReLU", {"bias": 1, "scale": 1}, "missing: weight; unexpected: bias, scale$"),
        (
            "PReLU",
            {"weight": np.ones(4, np.float32), "bias": 1},
            "missing: nothing; unexpected: bias$",
        ),
        ("PReLU", {"weight": np.ones(3)}, r"weight has shape \(3,\) in the state, but \(4,\) in the layer$"),
        (
            "PReLU",
            {"weight": np.ones(4)},
            "weight has dtype float64 in the state, which float32 of the layer",
        ),
        ("RReLU", {}, "missing: rng; unexpected: nothing$"),
        ("RReLU", {"rng": np.ones(3, np.uint8)}, "rng is not the state of a PCG64, which the layer has"),
        ("RReLU", RReLU(rng=np.random.Generator(np.random.SFC64())).state_dict(), "not the state of a PCG64"),
        ("RReLU", {"rng": stored("{}")}, "not the state of a PCG64"),
        ("RReLU", {"rng": stored("[3]")}, "not the state of a PCG64"),
        ("RReLU", {"rng": stored('{"bit_generator": "PCG64"}')}, "not the state of a PCG64"),
    ],
)
def test_state_of_another_layer(name, state, words):
    layer = MAKE[name]()
    with pytest.raises(ValueError, match=rf"^{name}.load_state_dict\(\).*{words}"):
        layer.load_state_dict(state)
    assert_same(layer(X), MAKE[name]()(X))


def test_a_state_that_does_not_fit_changes_nothing():
    class Two(Layer):
        _learned = ("scale", "shift")
        _forward = _backward = None

        def __init__(self):
            super().__init__()
            self.scale, self.shift = np.ones(2), np.zeros(2)

    layer = Two()
    with pytest.raises(ValueError, match="shift has shape"):
        layer.load_state_dict({"scale": np.full(2, 7.0), "shift": np.ones(3)})
    assert layer.scale.tolist() == [1, 1]


@every_layer
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
    for parameter, original in zip(clone.parameters().values(), layer.parameters().values(), strict=True):
        assert (parameter is original) == (through is copy.copy)
    with pytest.raises(RuntimeError):
        clone.train().backward(G)
    layer.train().backward(G)  # which still has its pass
    assert_same(clone.eval()(X), layer.eval()(X))


@every_layer
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
