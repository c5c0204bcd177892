"""scikit-learn's perceptrons with Leaky ReLU; what else they do is scikit-learn's own."""

import importlib
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers import assert_same

sklearn = pytest.importorskip("sklearn")
ours = importlib.import_module("leaky_relu.sklearn")
theirs = importlib.import_module("sklearn.neural_network")
private = importlib.import_module("sklearn.neural_network._multilayer_perceptron")
model_selection = importlib.import_module("sklearn.model_selection")
estimator_checks = importlib.import_module("sklearn.utils.estimator_checks")

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore:scipy.optimize:DeprecationWarning",  # of an option that old versions of scikit-learn pass on
)

rng = np.random.default_rng(0)
X = rng.standard_normal((60, 5))
CLASSES, TARGETS = (X[:, 0] * X[:, 1] > 0).astype(int), X[:, 0] * X[:, 1]
NAMES = ["MLPClassifier", "MLPRegressor"]
FEW = {"hidden_layer_sizes": (7, 4), "max_iter": 5, "random_state": 0}
SMALL = {"activation": "leaky_relu", "negative_slope": 0.1, "hidden_layer_sizes": 20}


def fitted(module, name, x=X, **parameters):
    y = CLASSES if name == "MLPClassifier" else TARGETS
    return getattr(module, name)(**FEW | parameters).fit(x, y)


def assert_same_model(actual, expected):
    """Compare weights and predictions to the bit, but for the signs of zeros."""
    assert actual.n_iter_ == expected.n_iter_
    weights = zip(actual.coefs_ + actual.intercepts_, expected.coefs_ + expected.intercepts_, strict=True)
    for a, b in weights:
        assert_same(a + 0, b + 0)
    np.testing.assert_array_equal(actual.predict(X), expected.predict(X), strict=True)


@pytest.mark.parametrize("solver", ["lbfgs", "sgd", "adam"])
@pytest.mark.parametrize("name", NAMES)
class TestResults:
    @pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
    def test_other_activations(self, name, solver, activation):
        same = {"activation": activation, "solver": solver}
        assert_same_model(fitted(ours, name, **same), fitted(theirs, name, **same))

    @pytest.mark.parametrize(("slope", "activation"), [(0, "relu"), (1.0, "identity")])
    def test_special_slopes(self, name, solver, slope, activation):
        leaky = fitted(ours, name, activation="leaky_relu", negative_slope=slope, solver=solver)
        assert_same_model(leaky, fitted(theirs, name, activation=activation, solver=solver))

    def test_formula(self, name, solver, monkeypatch):
        """It is what scikit-learn computes if its ReLU is replaced by the formula."""

        def activation(x):
            x *= np.where(x > 0, 1, 0.2)

        def derivative(y, delta):
            delta *= np.where(y > 0, 1, 0.2)

        leaky = fitted(ours, name, activation="leaky_relu", negative_slope=0.2, solver=solver)
        monkeypatch.setitem(private.ACTIVATIONS, "relu", activation)
        monkeypatch.setitem(private.DERIVATIVES, "relu", derivative)
        assert_same_model(leaky, fitted(theirs, name, solver=solver))


@pytest.mark.parametrize("name", NAMES)
class TestUse:
    def test_defaults(self, name):
        expected = getattr(theirs, name)().get_params() | {"negative_slope": 0.01}
        assert getattr(ours, name)().get_params() == expected

    def test_float32_stays_float32(self, name):
        leaky = fitted(ours, name, X.astype(np.float32), activation="leaky_relu", negative_slope=0.1)
        assert {a.dtype for a in leaky.coefs_ + leaky.intercepts_} == {np.dtype(np.float32)}

    def test_partial_fit(self, name):
        fit_once = fitted(ours, name, activation="leaky_relu", negative_slope=0.3, max_iter=1)
        leaky = sklearn.clone(fit_once)
        if name == "MLPClassifier":
            leaky.partial_fit(X, CLASSES, classes=[0, 1])
        else:
            leaky.partial_fit(X, TARGETS)
        assert_same_model(leaky, fit_once)

    def test_early_stopping(self, name):
        leaky = fitted(ours, name, activation="leaky_relu", negative_slope=0, early_stopping=True)
        expected = fitted(theirs, name, early_stopping=True)
        assert leaky.validation_scores_ == expected.validation_scores_
        assert_same_model(leaky, expected)

    def test_grid_search(self, name):
        y, scoring = (CLASSES, "neg_log_loss") if name == "MLPClassifier" else (TARGETS, "r2")
        grid = {"activation": ["tanh", "leaky_relu"], "negative_slope": [0.0, 0.5]}
        search = model_selection.GridSearchCV(getattr(ours, name)(**FEW), grid, cv=2, scoring=scoring)
        tanh, also_tanh, relu, leaky = search.fit(X, y).cv_results_["mean_test_score"]
        assert tanh == also_tanh
        assert leaky not in (tanh, relu)
        search = model_selection.GridSearchCV(getattr(theirs, name)(**FEW), {}, cv=2, scoring=scoring)
        assert relu == search.fit(X, y).best_score_

    def test_threads(self, name):
        """Estimators of different slopes at work in one process do not disturb each other."""

        def fit(slope):
            return fitted(ours, name, activation="leaky_relu", negative_slope=slope, max_iter=30)

        slopes = [0.01, 0.1, 0.5, 0.9] * 2
        with ThreadPoolExecutor(4) as pool:
            for model, slope in zip(pool.map(fit, slopes), slopes, strict=True):
                assert_same_model(model, fit(slope))

    def test_pickle(self, name, tmp_path, printed):
        """It predicts the same in a process that imports nothing of ours itself."""
        model = fitted(ours, name, activation="leaky_relu", negative_slope=0.3)
        (tmp_path / "model").write_bytes(pickle.dumps((model, X)))
        code = f"""
            import pathlib, pickle
            model, x = pickle.loads(pathlib.Path({str(tmp_path / "model")!r}).read_bytes())
            print(model.predict(x).tobytes().hex())
        """
        assert printed(code) == model.predict(X).tobytes().hex()

    def test_wrong_parameters(self, name):
        for slope in (-0.1, np.nan, "0.1", None):
            with pytest.raises(ValueError, match=r"^The 'negative_slope' parameter of MLP.* must be"):
                fitted(ours, name, activation="leaky_relu", negative_slope=slope)
        with pytest.raises(ValueError, match=r"^The 'activation' parameter .*'leaky_relu'.* Got 'leaky'"):
            fitted(ours, name, activation="leaky")
        with pytest.raises(ValueError, match=r"^The 'activation' parameter"):
            fitted(theirs, name, activation="leaky_relu")


@estimator_checks.parametrize_with_checks([getattr(ours, name)(**SMALL) for name in NAMES])
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("home", "name"),
    [
        (private, "ACTIVATIONS"),
        (private, "DERIVATIVES"),
        (private, "BaseMultilayerPerceptron"),
        (private.BaseMultilayerPerceptron, "_backprop"),
        (private.BaseMultilayerPerceptron, "_forward_pass"),
        (private.BaseMultilayerPerceptron, "_forward_pass_fast"),
        (private.BaseMultilayerPerceptron, "_parameter_constraints"),
    ],
)
def test_private_things_that_are_gone(monkeypatch, home, name):
    monkeypatch.delitem(sys.modules, "leaky_relu.sklearn")
    monkeypatch.delattr(home, name)
    with pytest.raises(ImportError, match=rf"{name}.*pip install 'scikit-learn<") as raised:
        importlib.import_module("leaky_relu.sklearn")
    assert f"which {sklearn.__version__} has not" in str(raised.value)


def test_activation_that_is_ours_already(printed):
    printed("""
        import importlib, leaky_relu.sklearn
        module = importlib.reload(leaky_relu.sklearn)
        model = module.MLPRegressor(activation="leaky_relu", max_iter=1, solver="lbfgs")
        import warnings; warnings.simplefilter("ignore")
        model.fit([[0.0], [1.0]], [0.0, 1.0])
    """)


def test_activation_that_is_there_already(monkeypatch):
    monkeypatch.delitem(sys.modules, "leaky_relu.sklearn")
    monkeypatch.setitem(private.ACTIVATIONS, "leaky_relu", np.negative)
    with pytest.raises(ImportError, match=r"there is an activation 'leaky_relu' already"):
        importlib.import_module("leaky_relu.sklearn")
    assert private.ACTIVATIONS["leaky_relu"] is np.negative
