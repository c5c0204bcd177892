"""RReLU as a layer."""

from __future__ import annotations  # or np.random would be imported for the sake of an annotation

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaky_relu._core import leaky_relu, leaky_relu_grad
from leaky_relu._rrelu import check_bounds, rrelu
from leaky_relu.layers._layer import Layer
from leaky_relu.layers._output import stored
from leaky_relu.layers._settings import checked, name_of, real_number
from leaky_relu.layers._state import check_names


def _bound(layer: Any, name: str, value: Any) -> float:
    bound = float(real_number(layer, name, value))
    lower, upper = getattr(layer, "_lower", bound), getattr(layer, "_upper", bound)
    check_bounds(name_of(layer), *((bound, upper) if name == "lower" else (lower, bound)))
    return bound


def _generator(layer: Any, name: str, value: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(value)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{name_of(layer)}: {name} must be a numpy.random.Generator, a seed or None, got {value!r}"
        ) from error


class RReLU(Layer):
    """
    RReLU: random slopes in training, their mean in evaluation.

    Parameters
    ----------
    lower, upper : float, default 1/8 and 1/3
        In training the slopes are uniform in ``[lower, upper)``, in evaluation all are the mean of the two.
    rng : numpy.random.Generator or int, optional
        Where the slopes come from, or a seed; without it they are different every time.

    Attributes
    ----------
    lower, upper : float
        As above.
    rng : numpy.random.Generator
        The generator in use, which is shared if one was given.
    training : bool
        True at first; `train` and `eval` set it.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not what it is said to be, or `lower` is greater than `upper`, here and when they
        are assigned. By `forward` and `backward`: what `rrelu` and `leaky_relu_grad` refuse, and masked
        arrays.
    RuntimeError
        By `backward` without a `forward` of its own in training.

    See Also
    --------
    rrelu : what it computes in training.

    Notes
    -----
    A pass keeps a reference to its input, which must not change before `backward`, and in training the
    slopes. In evaluation `forward` keeps nothing.

    `state_dict` holds the state of the generator: a layer that has loaded it draws the same slopes from there
    on. The state goes into the generator that the layer has, and so to all who share that.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import RReLU
    >>> layer = RReLU(0.1, 0.3, rng=0).eval()
    >>> layer
    RReLU(lower=0.1, upper=0.3)
    >>> layer(np.array([-1.0, 2.0]))
    array([-0.2,  2. ])
    >>> layer.train()(np.array([-1.0, 2.0])).round(3)
    array([-0.227,  2.   ])
    """

    lower: float = checked(_bound)
    upper: float = checked(_bound)
    rng: np.random.Generator = checked(_generator)

    def __init__(
        self, lower: float = 1 / 8, upper: float = 1 / 3, rng: np.random.Generator | int | None = None
    ) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.rng = rng  # type: ignore[assignment]  # which makes a generator of a seed

    def _arguments(self) -> str:
        return f"lower={self.lower}, upper={self.upper}"

    def _forward(self, x: Any, out: Any) -> tuple[Any, Any]:
        x = np.asarray(x)
        if not self.training:
            slope = (self.lower + self.upper) / 2
            return leaky_relu(x, slope, out=out), (x, slope)
        y, slopes = rrelu(x, self.lower, self.upper, rng=self.rng)
        return y if out is None else stored(f"{name_of(self)}.forward()", y, out), (x, slopes)

    def _backward(self, grad_output: Any, kept: Any, out: Any) -> Any:
        x, slope = kept
        return leaky_relu_grad(grad_output, x, slope, out=out)

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """
        Copy the state of the generator.

        Returns
        -------
        dict of str to ndarray
            An array of bytes with the name ``"rng"``.
        """
        import json  # here, for it takes a sixth of the package's import

        state = json.dumps(self.rng.bit_generator.state, default=np.ndarray.tolist)
        return {"rng": np.frombuffer(state.encode(), np.uint8).copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """
        Set the generator of the layer to the state of another one of its kind.

        Parameters
        ----------
        state : mapping of str to array_like
            What `state_dict` returned, or a file that `numpy.load` has opened.

        Raises
        ------
        ValueError
            If names are missing or too many, or the state is that of another kind of generator.
        """
        import json

        where = f"{name_of(self)}.load_state_dict()"
        check_names(where, state, ["rng"])
        try:
            self.rng.bit_generator.state = json.loads(np.asarray(state["rng"], np.uint8).tobytes())
        except (TypeError, ValueError, KeyError) as error:
            kind = type(self.rng.bit_generator).__name__
            raise ValueError(f"{where}: rng is not the state of a {kind}, which the layer has") from error
