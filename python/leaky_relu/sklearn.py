"""
scikit-learn's multi-layer perceptrons, with Leaky ReLU among their activations.

scikit-learn looks activations up by name in a private table, and calls them without the estimator. So they
are entered there, and take the slope from the estimator whose pass is under way in their thread.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real
from typing import Any

from numpy.typing import NDArray

from leaky_relu import leaky_relu, leaky_relu_grad
from leaky_relu._extras import needs

with needs("scikit-learn", user=__name__, extra="sklearn"):
    import sklearn
    from sklearn import neural_network

__all__ = ["MLPClassifier", "MLPRegressor"]

_NAME = "leaky_relu"
_slope: ContextVar[float] = ContextVar("negative_slope of the estimator whose pass is under way")


def _activate(x: NDArray[Any]) -> None:
    leaky_relu(x, _slope.get(), out=x)


def _multiply_by_derivative(y: NDArray[Any], delta: NDArray[Any]) -> None:
    leaky_relu_grad(delta, y, _slope.get(), out=delta)


try:
    # All that is private and used here. The passes look the activation up, _backprop its derivative too.
    from sklearn.neural_network._multilayer_perceptron import (
        ACTIVATIONS,
        DERIVATIVES,
        BaseMultilayerPerceptron,
    )
    from sklearn.utils._param_validation import Interval, StrOptions

    for _pass in ("_forward_pass", "_forward_pass_fast", "_backprop"):
        getattr(BaseMultilayerPerceptron, _pass)
    (_named,) = BaseMultilayerPerceptron._parameter_constraints["activation"]
    _CONSTRAINTS = {
        "activation": [StrOptions(_named.options | {_NAME})],
        "negative_slope": [Interval(Real, 0, None, closed="left")],
    }
    if getattr(ACTIVATIONS.get(_NAME), "__module__", __name__) != __name__:
        raise ValueError(f"there is an activation {_NAME!r} already")
    ACTIVATIONS[_NAME] = _activate
    DERIVATIVES[_NAME] = _multiply_by_derivative
except (ImportError, AttributeError, LookupError, TypeError, ValueError) as _error:
    raise ImportError(
        f"{__name__} builds on private things of scikit-learn 1.4.2 to 1.9, which {sklearn.__version__} "
        f"has not ({_error}): pip install 'scikit-learn<1.10'"
    ) from _error


@contextmanager
def _slope_of(estimator: Any) -> Iterator[None]:
    token = _slope.set(estimator.negative_slope)
    try:
        yield
    finally:
        _slope.reset(token)


def _parameters_of(base: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give an `__init__` the signature of a base, by which scikit-learn knows parameters, and the slope."""

    def decorate(init: Callable[..., None]) -> Callable[..., None]:
        slope = inspect.signature(init).parameters["negative_slope"]
        signature = inspect.signature(base.__init__)  # type: ignore[misc]
        parameters = [*signature.parameters.values(), slope]
        init.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return init

    return decorate


class _LeakyReLUMixin:
    """The passes of a perceptron, during which the activation finds the slope."""

    def _forward_pass(self, *args: Any, **kwargs: Any) -> Any:
        with _slope_of(self):
            return super()._forward_pass(*args, **kwargs)  # type: ignore[misc]

    def _forward_pass_fast(self, *args: Any, **kwargs: Any) -> Any:
        with _slope_of(self):
            return super()._forward_pass_fast(*args, **kwargs)  # type: ignore[misc]

    def _backprop(self, *args: Any, **kwargs: Any) -> Any:
        with _slope_of(self):
            return super()._backprop(*args, **kwargs)  # type: ignore[misc]


class MLPClassifier(_LeakyReLUMixin, neural_network.MLPClassifier):  # type: ignore[misc]
    r"""
    `sklearn.neural_network.MLPClassifier`, which takes ``activation="leaky_relu"`` too.

    Parameters
    ----------
    \*args, \**params : object
        All parameters of scikit-learn's class, with its defaults. `activation` may also be ``"leaky_relu"``;
        with any other the results are scikit-learn's.
    negative_slope : float, default 0.01
        The slope of Leaky ReLU. Not negative: scikit-learn keeps what came out of an activation, not what
        went in, and they must have the same sign. With 0 it is ReLU.

    See Also
    --------
    MLPRegressor : the same for regression.

    Notes
    -----
    The initial weights are those that scikit-learn gives ReLU.

    Examples
    --------
    >>> from sklearn.datasets import make_moons
    >>> from leaky_relu.sklearn import MLPClassifier
    >>> X, y = make_moons(noise=0.1, random_state=0)
    >>> mlp = MLPClassifier(activation="leaky_relu", negative_slope=0.2, solver="lbfgs", random_state=0)
    >>> mlp.fit(X, y).score(X, y)
    1.0
    """

    _parameter_constraints = neural_network.MLPClassifier._parameter_constraints | _CONSTRAINTS

    @_parameters_of(neural_network.MLPClassifier)
    def __init__(self, *args: Any, negative_slope: float = 0.01, **params: Any) -> None:
        super().__init__(*args, **params)
        self.negative_slope = negative_slope


class MLPRegressor(_LeakyReLUMixin, neural_network.MLPRegressor):  # type: ignore[misc]
    r"""
    `sklearn.neural_network.MLPRegressor`, which takes ``activation="leaky_relu"`` too.

    Parameters
    ----------
    \*args, \**params : object
        All parameters of scikit-learn's class, with its defaults. `activation` may also be ``"leaky_relu"``;
        with any other the results are scikit-learn's.
    negative_slope : float, default 0.01
        The slope of Leaky ReLU, as in `MLPClassifier`.

    See Also
    --------
    MLPClassifier : the same for classification; says more.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu.sklearn import MLPRegressor
    >>> X = np.linspace(-1, 1, 101)[:, np.newaxis]
    >>> mlp = MLPRegressor(activation="leaky_relu", negative_slope=0.2, solver="lbfgs", random_state=0)
    >>> mlp.fit(X, np.abs(X[:, 0])).predict([[-0.5], [0.5]]).round(1)
    array([0.5, 0.5])
    """

    _parameter_constraints = neural_network.MLPRegressor._parameter_constraints | _CONSTRAINTS

    @_parameters_of(neural_network.MLPRegressor)
    def __init__(self, *args: Any, negative_slope: float = 0.01, **params: Any) -> None:
        super().__init__(*args, **params)
        self.negative_slope = negative_slope
