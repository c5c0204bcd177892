"""A bias for each channel and Leaky ReLU as one layer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaky_relu import _core
from leaky_relu._packed import leaky_relu_grad_packed, leaky_relu_packed
from leaky_relu._prelu import checked_axis
from leaky_relu._typing import Scalar
from leaky_relu.layers._one_parameter import OneParameterLayer
from leaky_relu.layers._output import writable_input
from leaky_relu.layers._settings import checked, count, flag, integer, name_of, parameter, real_number


class BiasLeakyReLU(OneParameterLayer):
    """
    Add a bias to each channel, then Leaky ReLU: the bias is to be learned.

    Keeps the signs of the sums for the backward pass, one bit per element, and neither input nor output: the
    pass may work in place with any slope.

    Parameters
    ----------
    num_features : int
        The number of channels.
    negative_slope : scalar, default 0.01
        The factor where the sum is not positive; any real number is allowed.
    channel_axis : int, default 1
        Where the channels of the input are: 1 after a dense layer and for NCHW, -1 for NHWC. With less than
        two dimensions the input has one channel.
    inplace : bool, default False
        Whether `forward` writes its output over its input, which then has to be a writable array of a
        floating dtype. An `out` that is given comes first.

    Attributes
    ----------
    bias : ndarray of shape (num_features,)
        What is added: zeros of float32 at first; an array of another floating dtype may take its place.
    grad : ndarray or None
        Gradient of the loss with respect to `bias`, of its shape: the sum over all backward passes since it
        was None or zero. None at first, then in the dtype that `bias` has. A pass adds in place, so an array
        that was read earlier changes; an array that is assigned is what passes to come add into.
    num_features, negative_slope, channel_axis, inplace
        As above; the number cannot be changed.
    training : bool
        True at first; `train` and `eval` set it.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not what it is said to be, here and when it is assigned; `bias` and `grad` too. By
        `forward`: if the input does not have `num_features` channels. By both passes: what
        `bias_leaky_relu` and `leaky_relu_grad_packed` refuse, and masked arrays.
    RuntimeError
        By `backward` without a `forward` of its own in training.

    See Also
    --------
    bias_leaky_relu : the function.
    bias_leaky_relu_grad : both gradients in one pass over the data.

    Notes
    -----
    The derivative is the slope where the sum, rounded to the dtype of the output, is zero or NaN.

    The gradient of the bias is the sum of the gradient of the input over the channel, taken by NumPy in
    float64 (longdouble for longdouble) and rounded to the dtype of `bias` once. NumPy decides the order of
    the additions, so the last bit may differ between machines.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import BiasLeakyReLU
    >>> layer = BiasLeakyReLU(2, 0.1)
    >>> layer
    BiasLeakyReLU(num_features=2, negative_slope=0.1)
    >>> layer.bias[...] = [1.0, -1.0]
    >>> layer(np.array([[-2.0, 3.0], [0.0, 0.0]]))
    array([[-0.1,  2. ],
           [ 1. , -0.1]])
    >>> layer.backward(np.ones((2, 2)))
    array([[0.1, 1. ],
           [1. , 0.1]])
    >>> layer.grad
    array([1.1, 1.1], dtype=float32)
    """

    _learned = ("bias",)
    _keeps_input = False

    bias: NDArray[np.floating[Any]] = checked(parameter)
    negative_slope: Scalar = checked(real_number)
    channel_axis: int = checked(integer)
    inplace: bool = checked(flag)

    def __init__(
        self, num_features: int, negative_slope: Scalar = 0.01, channel_axis: int = 1, inplace: bool = False
    ) -> None:
        super().__init__()
        self.bias = np.zeros(count(self, "num_features", num_features), np.float32)
        self.negative_slope = negative_slope
        self.channel_axis = channel_axis
        self.inplace = inplace

    @property
    def num_features(self) -> int:
        """The number of channels."""
        return self.bias.size

    def _arguments(self) -> str:
        channel_axis = f", channel_axis={self.channel_axis}" * (self.channel_axis != 1)
        return (
            f"num_features={self.num_features}, negative_slope={self.negative_slope}{channel_axis}"
            + ", inplace=True" * self.inplace
        )

    def _along_channels(self, shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shape in which the bias broadcasts, and the axes that do not tell channels apart."""
        if len(shape) < 2:
            channels, along, others = 1, shape[:0], tuple(range(len(shape)))
        else:
            axis = checked_axis(name_of(self), shape, self.channel_axis)
            channels, along = shape[axis], (-1, *[1] * (len(shape) - 1 - axis))
            others = tuple(other for other in range(len(shape)) if other != axis)
        if channels != self.num_features:
            raise ValueError(
                f"{name_of(self)}: x of shape {shape} has {channels} channels, "
                f"but num_features is {self.num_features}"
            )
        return along, others

    def _forward(self, x: Any, out: Any) -> tuple[Any, Any]:
        slope = self.negative_slope
        if self.inplace and out is None:
            out = writable_input(self, x)
        x = np.asarray(x)
        along, others = self._along_channels(x.shape)
        bias = self.bias.reshape(along)
        bias_leaky_relu = _core.bias_leaky_relu
        sums = None if slope >= 0 else bias_leaky_relu(x, bias, 1.0)  # now, as `out` may be x
        y = bias_leaky_relu(x, bias, slope, out=out)
        return y, (_signs(y if sums is None else sums), slope, others)

    def _backward(self, grad_output: Any, kept: Any, out: Any) -> Any:
        positive, slope, others = kept
        grad_x = leaky_relu_grad_packed(grad_output, positive, slope, out=out)
        self._add_gradient("bias", _sum(grad_x, others).astype(self.bias.dtype).reshape(self.bias.shape))
        return grad_x


def _signs(values: NDArray[Any]) -> NDArray[np.uint8]:
    values = np.asarray(values)  # of no dimensions, they are a scalar
    positive: NDArray[np.uint8] = leaky_relu_packed(values, 1.0, out=values)[1]
    return positive  # values have not changed, and nothing else was allocated


def _sum(grad_x: Any, axes: tuple[int, ...]) -> Any:
    return np.add.reduce(grad_x, axes, np.result_type(grad_x.dtype, np.float64))
