"""Leaky ReLU as a layer."""

from typing import Any

from leaky_relu._packed import leaky_relu_grad_packed, leaky_relu_packed
from leaky_relu._typing import Scalar
from leaky_relu.layers._layer import Layer
from leaky_relu.layers._output import writable_input
from leaky_relu.layers._settings import checked, flag, real_number


class LeakyReLU(Layer):
    """
    `leaky_relu` as a layer: keeps the signs of its input for the backward pass, one bit per element.

    That is a 32nd of a float32 input, which itself is not kept: it may be overwritten after, or by, the
    forward pass, whatever the slope.

    Parameters
    ----------
    negative_slope : scalar, default 0.01
        The factor where the input is not positive; any real number is allowed.
    inplace : bool, default False
        Whether `forward` writes its output over its input, which then has to be a writable array of a
        floating dtype. An `out` that is given comes first.

    Attributes
    ----------
    negative_slope, inplace
        As above; a pass that has gone forward keeps the slope that it had.
    training : bool
        True at first; `train` and `eval` set it.

    Raises
    ------
    TypeError, ValueError
        If `negative_slope` is not a real scalar or `inplace` not a bool, here and when they are assigned. By
        `forward` and `backward`: what `leaky_relu_packed` and `leaky_relu_grad_packed` refuse, masked
        arrays, and an input of ``inplace=True`` that is no array, not floating or read-only.
    RuntimeError
        By `backward` without a `forward` of its own in training.

    See Also
    --------
    leaky_relu_packed, leaky_relu_grad_packed : the functions behind the two passes.

    Notes
    -----
    At zero and NaN the derivative is the slope. Inputs and gradients may have any shape, and any dtype that
    `leaky_relu` takes; results are new arrays in C order, unless `out` or ``inplace=True`` says where they
    go. Subclasses of ndarray are taken as the arrays that they are; masked arrays are refused.

    `forward` and `backward` serve one pass at a time. `vjp` serves any number, also in several threads.

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

    Two passes that wait for their backward at the same time:

    >>> real, back_real = layer.vjp(np.array([-1.0, 1.0]))
    >>> fake, back_fake = layer.vjp(np.array([1.0, -1.0]))
    >>> back_real(np.ones(2)), back_fake(np.ones(2))
    (array([0.1, 1. ]), array([1. , 0.1]))
    """

    _keeps_input = False

    negative_slope: Scalar = checked(real_number)
    inplace: bool = checked(flag)
    _negative_slope: Scalar
    _inplace: bool

    def __init__(self, negative_slope: Scalar = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def _arguments(self) -> str:
        return f"negative_slope={self.negative_slope}" + ", inplace=True" * self.inplace

    def _forward(self, x: Any, out: Any) -> tuple[Any, Any]:
        slope = self._negative_slope
        if self._inplace and out is None:
            out = writable_input(self, x)
        y, positive = leaky_relu_packed(x, slope, out=out)
        return y, (positive, slope)

    def _backward(self, grad_output: Any, kept: Any, out: Any) -> Any:
        positive, slope = kept
        return leaky_relu_grad_packed(grad_output, positive, slope, out=out)
