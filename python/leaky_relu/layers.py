"""Layers: a forward pass keeps what its backward pass needs, and no more."""

from __future__ import annotations  # or np.random would be imported for the sake of an annotation

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leaky_relu._core import leaky_relu, leaky_relu_grad
from leaky_relu._operands import Scalar
from leaky_relu._packed import leaky_relu_grad_packed, leaky_relu_packed
from leaky_relu._prelu import prelu, prelu_grad
from leaky_relu._rrelu import check_bounds, rrelu


class _Layer(ABC):
    """
    What layers share: each backward pass takes what the forward pass before it has kept.

    A layer says what to compute in `_forward` and `_backward` and how it was made in `_arguments`.
    """

    _kept: tuple[tuple[int, ...], Any] | None = None  # the shape of the forward pass, and what it kept

    @abstractmethod
    def _forward(self, x: ArrayLike) -> tuple[NDArray[Any], Any]:
        """Return the output, and what `_backward` will need."""

    @abstractmethod
    def _backward(self, grad_output: ArrayLike, kept: Any) -> NDArray[Any]:
        """Return the gradient with respect to the input; grad_output has the shape of the output."""

    @abstractmethod
    def _arguments(self) -> str:
        """Return the arguments as they stand in the repr."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._arguments()})"

    def __call__(self, x: ArrayLike) -> NDArray[Any]:
        """Do what `forward` does."""
        return self.forward(x)

    def forward(self, x: ArrayLike) -> NDArray[Any]:
        """
        Compute the output, and keep what one `backward` needs.

        Parameters
        ----------
        x : array_like
            Input of any shape.

        Returns
        -------
        ndarray
            Output of the shape of `x`.
        """
        self._kept = None  # so that no backward pass goes through an older one if this one fails
        y, kept = self._forward(x)
        self._kept = np.shape(y), kept
        return y

    def backward(self, grad_output: ArrayLike) -> NDArray[Any]:
        """
        Compute the gradient with respect to the input of the last forward pass, and drop what that kept.

        Parameters
        ----------
        grad_output : array_like
            Gradient of the loss with respect to the output, of its shape.

        Returns
        -------
        ndarray
            Gradient of the loss with respect to the input.

        Raises
        ------
        RuntimeError
            If there was no forward pass, or none since the last backward pass.
        ValueError
            If `grad_output` does not have the shape of the output.
        """
        name = type(self).__name__
        if self._kept is None:
            raise RuntimeError(
                f"{name}.backward() has no forward pass to go back through: "
                "call forward(x) first, once for each backward()"
            )
        shape, kept = self._kept
        if np.shape(grad_output) != shape:
            raise ValueError(
                f"{name}.backward(): grad_output has shape {np.shape(grad_output)}, "
                f"but the output of forward() had {shape}"
            )
        grad_x = self._backward(grad_output, kept)
        self._kept = None
        return grad_x


class LeakyReLU(_Layer):
    """
    `leaky_relu` as a layer: keeps the signs of its input for the backward pass, one bit an element.

    That is a 32nd of a float32 input, which itself is not kept: it may be overwritten after, or by, the
    forward pass, whatever the slope.

    Parameters
    ----------
    negative_slope : scalar, default 0.01
        The factor where the input is not positive; any value is allowed.
    inplace : bool, default False
        Whether `forward` writes its output over its input, which then has to be a writable array of a
        floating dtype.

    Raises
    ------
    TypeError, ValueError
        By `forward` and `backward`: what `leaky_relu_packed` and `leaky_relu_grad_packed` refuse, and an
        input of ``inplace=True`` that is no array or read-only.
    RuntimeError
        By `backward` without a `forward` of its own.

    See Also
    --------
    leaky_relu_packed, leaky_relu_grad_packed : the functions behind the two passes.

    Notes
    -----
    At zero and NaN the derivative is the slope. Inputs and gradients may have any shape, and any dtype that
    `leaky_relu` takes; results are new arrays in C order, except for the output of ``inplace=True``. A layer
    serves one pair of passes at a time, so threads need one each.

    References
    ----------
    .. [1] A. L. Maas, A. Y. Hannun, A. Y. Ng, "Rectifier nonlinearities improve neural network acoustic
       models", ICML Workshop on Deep Learning for Audio, Speech and Language Processing, 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import LeakyReLU
    >>> layer = LeakyReLU(0.1)
    >>> layer
    LeakyReLU(negative_slope=0.1)
    >>> layer(np.array([-2.0, 0.0, 3.0]))
    array([-0.2,  0. ,  3. ])
    >>> layer.backward(np.ones(3))
    array([0.1, 0.1, 1. ])
    """

    def __init__(self, negative_slope: Scalar = 0.01, inplace: bool = False) -> None:
        self.negative_slope = negative_slope
        self.inplace = inplace

    def _arguments(self) -> str:
        return f"negative_slope={self.negative_slope}" + ", inplace=True" * self.inplace

    def _forward(self, x: ArrayLike) -> tuple[NDArray[Any], Any]:
        out = None
        if self.inplace:
            if not isinstance(x, np.ndarray):
                raise TypeError(f"LeakyReLU(inplace=True) works on arrays, got {type(x).__name__}")
            if not x.flags.writeable:
                raise ValueError("LeakyReLU(inplace=True) cannot write to its input, which is read-only")
            out = x
        y, positive = leaky_relu_packed(x, self.negative_slope, out=out)
        return y, (positive, self.negative_slope)

    def _backward(self, grad_output: ArrayLike, kept: Any) -> NDArray[Any]:
        positive, negative_slope = kept
        return leaky_relu_grad_packed(grad_output, positive, negative_slope)


class PReLU(_Layer):
    """
    PReLU with its slopes, one for all channels or one for each: to be learned.

    Parameters
    ----------
    num_parameters : int, default 1
        How many slopes: 1, or the number of channels.
    init : float, default 0.25
        What they are at first.
    channel_axis : int, default 1
        Where the channels of the input are: 1 for NCHW, -1 for NHWC.

    Attributes
    ----------
    weight : ndarray
        The slopes, float32 at first, as in PyTorch; an array of another dtype may take its place.
    grad : ndarray or None
        Gradient of the loss with respect to `weight`, in its dtype: the sum of all backward passes since it
        was None, as in PyTorch. Set it to None once `weight` is updated.

    See Also
    --------
    prelu, prelu_grad : what it computes.

    Notes
    -----
    `forward` keeps a reference to its input, which must not change before `backward`.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import PReLU
    >>> layer = PReLU(2)
    >>> layer
    PReLU(num_parameters=2)
    >>> layer(np.array([[-2.0, 3.0], [-1.0, -4.0]]))
    array([[-0.5 ,  3.  ],
           [-0.25, -1.  ]])
    >>> layer.backward(np.ones((2, 2)))
    array([[0.25, 1.  ],
           [0.25, 0.25]])
    >>> layer.weight -= 0.01 * layer.grad
    >>> layer.weight
    array([0.28, 0.29], dtype=float32)
    >>> layer.grad = None
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, channel_axis: int = 1) -> None:
        if num_parameters < 1:
            raise ValueError(f"PReLU: num_parameters must be at least 1, got {num_parameters}")
        self.num_parameters = num_parameters
        self.channel_axis = channel_axis
        self.weight: NDArray[Any] = np.full(num_parameters, init, np.float32)
        self.grad: NDArray[Any] | None = None

    def _arguments(self) -> str:
        return f"num_parameters={self.num_parameters}"

    def _forward(self, x: ArrayLike) -> tuple[NDArray[Any], Any]:
        x, weight = np.asarray(x), self.weight.copy()  # an update in place may come before the backward pass
        return prelu(x, weight, channel_axis=self.channel_axis), (x, weight)

    def _backward(self, grad_output: ArrayLike, kept: Any) -> NDArray[Any]:
        grad_x, grad = prelu_grad(grad_output, *kept, channel_axis=self.channel_axis)
        self.grad = grad if self.grad is None else self.grad + grad
        return grad_x


class RReLU(_Layer):
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
    training : bool
        True at first; `train` and `eval` set it.

    See Also
    --------
    rrelu : what it computes in training.

    Notes
    -----
    `forward` keeps a reference to its input, which must not change before `backward`, and in training the
    slopes.

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

    def __init__(
        self, lower: float = 1 / 8, upper: float = 1 / 3, rng: np.random.Generator | int | None = None
    ) -> None:
        check_bounds("RReLU", lower, upper)
        self.lower = lower
        self.upper = upper
        self.rng = np.random.default_rng(rng)
        self.training = True

    def train(self, mode: bool = True) -> Self:
        """Take random slopes from now on, or not, as `mode` says; return the layer."""
        self.training = mode
        return self

    def eval(self) -> Self:
        """Take the mean slope from now on; return the layer."""
        return self.train(False)

    def _arguments(self) -> str:
        return f"lower={self.lower}, upper={self.upper}"

    def _forward(self, x: ArrayLike) -> tuple[NDArray[Any], Any]:
        x = np.asarray(x)
        if self.training:
            y, slopes = rrelu(x, self.lower, self.upper, rng=self.rng)
            return y, (x, slopes)
        slope = (self.lower + self.upper) / 2
        return leaky_relu(x, slope), (x, slope)

    def _backward(self, grad_output: ArrayLike, kept: Any) -> NDArray[Any]:
        x, slope = kept
        grad_x: NDArray[Any] = leaky_relu_grad(np.asarray(grad_output), x, slope)
        return grad_x
