"""Settings of layers: what they take, whenever they are assigned; the gain that goes with a slope."""

import inspect

import leaky_relu.layers
import numpy as np
import pytest
from example_layers import MAKE, G, X
from helpers import assert_same
from leaky_relu import LeakyReLU, PReLU, leaky_relu_grad
from leaky_relu.layers import he_gain

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
    ("BiasLeakyReLU", "negative_slope", None, TypeError, "must be a real number, got None of type NoneType"),
    ("BiasLeakyReLU", "negative_slope", True, TypeError, "must be a real number, got True of type bool"),
    ("BiasLeakyReLU", "channel_axis", 1.0, TypeError, "must be an integer, got 1.0"),
    ("BiasLeakyReLU", "inplace", 1, TypeError, "must be True or False, got 1"),
    ("BiasLeakyReLU", "bias", np.ones(3), ValueError, r"shape \(4,\), got shape \(3,\)"),
]
REQUIRED = {"BiasLeakyReLU": {"num_features": 4}}


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
            getattr(leaky_relu.layers, name)(**REQUIRED.get(name, {}), **{setting: value})


@pytest.mark.parametrize("number", [0, 0.0, -1.0])
def test_number_of_parameters(number):
    with pytest.raises((TypeError, ValueError), match=r"^PReLU: num_parameters must be "):
        PReLU(number)
    with pytest.raises(AttributeError):
        PReLU(4).num_parameters = 3


@pytest.mark.parametrize("init", [None, "a", True, [0.1, 0.2, 0.3, 0.4]])
def test_init_that_cannot_be(init):
    with pytest.raises((TypeError, ValueError), match=r"^PReLU: init must be "):
        PReLU(4, init)


@pytest.mark.parametrize("name", MAKE)
def test_classes_show_their_settings(name):
    """To documentation tools, say, that look at classes."""
    kind = getattr(leaky_relu.layers, name)
    settings = set(inspect.signature(kind).parameters) - {"num_features", "num_parameters", "init"}
    for setting in (*settings, "training"):
        assert inspect.isdatadescriptor(getattr(kind, setting))


def test_a_flag_is_a_bool():
    layer = LeakyReLU(inplace=np.True_).train(np.False_)
    assert layer.inplace is True
    assert layer.training is False


@pytest.mark.parametrize(
    "slope",
    [2, np.int64(2), -0.5, np.float16(0.1), np.longdouble("0.1"), np.array(0.25), np.inf, np.nan],
    ids=repr,
)
@pytest.mark.parametrize("dtype", [np.float32, np.longdouble], ids=["float32", "longdouble"])
def test_slopes_of_every_kind(dtype, slope):
    layer, x, g = LeakyReLU(), X.astype(dtype), G.astype(dtype)
    layer.negative_slope = slope
    assert_same(layer(x), leaky_relu.leaky_relu(x, slope))
    assert_same(layer.backward(g), leaky_relu_grad(g, x, slope))


def test_a_slope_is_a_value():
    slope = np.array(0.25)
    layer = LeakyReLU(slope)
    slope[...] = 7
    assert layer.negative_slope == 0.25


@pytest.mark.parametrize(
    ("slope", "gain"),
    [(0, 2**0.5), (1, 1), (-1, 1), (0.01, (2 / 1.0001) ** 0.5), (1e300, 2**0.5 / 1e300), (np.inf, 0)],
)
def test_he_gain(slope, gain):
    assert he_gain(slope) == pytest.approx(gain, rel=1e-15)
    assert he_gain() == he_gain(0.01)


def test_he_gain_is_torchs():
    torch = pytest.importorskip("torch")
    assert he_gain(0.2) == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", 0.2), rel=1e-15)


def test_he_gain_keeps_the_mean_square():
    rng, inputs, slope = np.random.default_rng(0), 200, 0.3
    x = rng.standard_normal((2000, inputs))
    y = leaky_relu.leaky_relu(x @ rng.normal(0, he_gain(slope) / inputs**0.5, (inputs, inputs)), slope)
    assert np.mean(y**2) == pytest.approx(np.mean(x**2), rel=0.05)


def test_messages_name_a_subclass():
    class Mine(LeakyReLU):
        pass

    with pytest.raises(TypeError, match=r"^Mine: negative_slope must be a real number"):
        Mine(None)
