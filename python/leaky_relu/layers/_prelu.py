"""PReLU as a layer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaky_relu._prelu import prelu, prelu_grad
from leaky_relu.layers._one_parameter import OneParameterLayer
from leaky_relu.layers._output import stored
from leaky_relu.layers._settings import checked, count, integer, name_of, parameter, real_number


class PReLU(OneParameterLayer):
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
    weight : ndarray of shape (num_parameters,)
        The slopes, float32 at first, as in PyTorch; an array of another floating dtype may take its place.
    grad : ndarray or None
        Gradient of the loss with respect to `weight`, of its shape: the sum over all backward passes since
        it was None or zero, as in PyTorch. None at first, then in the dtype that `weight` has. A pass adds
        in place, so an array that was read earlier changes; an array that is assigned is what passes to
        come add into.
    num_parameters, channel_axis : int
        As above; the number cannot be changed.
    training : bool
        True at first; `train` and `eval` set it.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not what it is said to be, here and when it is assigned; `weight` and `grad` too.
        By `forward` and `backward`: what `prelu` and `prelu_grad` refuse, and masked arrays.
    RuntimeError
        By `backward` without a `forward` of its own in training.

    See Also
    --------
    prelu, prelu_grad : what it computes.

    Notes
    -----
    `forward` keeps a reference to its input, which must not change before `backward`; `weight` may.

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
    >>> layer.zero_grad()
    """

    _learned = ("weight",)

    weight: NDArray[np.floating[Any]] = checked(parameter)
    channel_axis: int = checked(integer)
    _weight: NDArray[np.floating[Any]]
    _channel_axis: int

    def __init__(self, num_parameters: int = 1, init: float = 0.25, channel_axis: int = 1) -> None:
        super().__init__()
        number = count(self, "num_parameters", num_parameters)
        self.weight = np.full(number, real_number(self, "init", init), np.float32)
        self.channel_axis = channel_axis

    @property
    def num_parameters(self) -> int:
        """The number of slopes."""
        return self.weight.size

    def _arguments(self) -> str:
        channel_axis = f", channel_axis={self.channel_axis}" * (self.channel_axis != 1)
        return f"num_parameters={self.num_parameters}{channel_axis}"

    def _forward(self, x: Any, out: Any) -> tuple[Any, Any]:
        x, weight = np.asarray(x), self._weight.copy()  # an update in place may come before the backward pass
        axis = self._channel_axis
        return prelu(x, weight, channel_axis=axis, out=out), (x, weight, axis)

    def _backward(self, grad_output: Any, kept: Any, out: Any) -> Any:
        x, weight, axis = kept
        grad_x, grad = prelu_grad(grad_output, x, weight, channel_axis=axis)
        if out is not None:
            grad_x = stored(f"{name_of(self)}.backward()", grad_x, out)
        self._add_gradient("weight", grad)
        return grad_x
