"""PReLU: Leaky ReLU with a slope for each channel, which is learned."""

from __future__ import annotations  # so that importing takes no time for them

import math
import operator
from typing import Any, overload

import numpy as np
from numpy import ndarray
from numpy.exceptions import AxisError
from numpy.typing import NDArray

from leaky_relu import _core
from leaky_relu._core import leaky_relu
from leaky_relu._dtypes import compute_dtype, parameter_dtype, reworded
from leaky_relu._operands import prepared, unmasked
from leaky_relu._typing import (
    ArrayOfAnotherLibrary,
    Floating,
    Number,
    OtherFloating,
    Out,
    RealArrayLike,
    RealLike,
)

# weight[_ALONG[k]] has k axes of length 1 after its own, so that it broadcasts along an axis before k others.
_ALONG = [(slice(None), *[None] * k) for k in range(64)]


def checked_axis(function: str, shape: tuple[int, ...], channel_axis: int) -> int:
    """Return which axis has the channels; with less than two dimensions none has, whichever it says."""
    try:
        axis = operator.index(channel_axis)
    except TypeError:
        raise TypeError(
            f"{function}: channel_axis must be an integer, such as 1 for NCHW or -1 for NHWC, "
            f"got {channel_axis!r}"
        ) from None
    if len(shape) < 2:
        return 0
    if not -len(shape) <= axis < len(shape):
        raise AxisError(axis, len(shape), f"{function}: channel_axis")
    return axis % len(shape)


def _check_channels(function: str, shape: tuple[int, ...], channel_axis: int) -> tuple[int, int, str]:
    """Return the number of channels, how many elements follow each other in one, and where channels are."""
    axis = checked_axis(function, shape, channel_axis)
    if len(shape) < 2:
        return 1, math.prod(shape), "(as it has less than 2 dimensions)"
    return shape[axis], math.prod(shape[axis + 1 :]), f"(axis {axis})"


def _check_weight(function: str, shape: tuple[int, ...], weight: NDArray[Any], channel_axis: int) -> int:
    """Check the weight against the channels; return how many elements follow each other with one slope."""
    channels, inner, where = _check_channels(function, shape, channel_axis)
    if weight.size == 1:
        return math.prod(shape)
    if weight.size != channels:
        raise ValueError(
            f"{function}: weight has {weight.size} elements, but x of shape {shape} has {channels} "
            f"channel{'s' * (channels != 1)} {where}; weight takes one element, or one for each channel"
        )
    return inner


def _broadcastable(shape: tuple[int, ...], weight: NDArray[Any], channel_axis: int) -> NDArray[Any]:
    """Check the weight, and give it the shape that broadcasts along the channels of an x of that shape."""
    _check_weight("prelu", shape, weight, channel_axis)
    if weight.dtype.name in ("float16", "bfloat16"):  # NumPy would convert them anew for each element of x
        weight = weight.astype(np.float32)
    if weight.size == 1:
        return weight.reshape(())
    return weight.reshape(-1)[_ALONG[len(shape) - 1 - channel_axis % len(shape)]]


@overload
def prelu(
    x: NDArray[Floating], weight: RealLike, *, channel_axis: int = 1, out: None = None
) -> NDArray[Floating]: ...
@overload
def prelu(x: Number, weight: RealLike, *, channel_axis: int = 1, out: None = None) -> np.floating[Any]: ...
@overload
def prelu(x: RealLike, weight: RealLike, *, channel_axis: int = 1, out: Out) -> Out: ...
@overload
def prelu(
    x: RealArrayLike, weight: RealLike, *, channel_axis: int = 1, out: None = None
) -> NDArray[np.floating[Any]]: ...
@overload
def prelu(
    x: RealLike | ArrayOfAnotherLibrary, weight: RealLike, *, channel_axis: int = 1, out: Any = None
) -> Any: ...
def prelu(x: Any, weight: Any, *, channel_axis: int = 1, out: Any = None) -> Any:
    """
    Leaky ReLU with a slope for each channel: ``x`` where ``x > 0``, else ``weight[channel] * x``.

    Parameters
    ----------
    x : array_like
        Input of any shape. Its dtype decides that of the result, as in `leaky_relu`.
    weight : array_like
        The slopes: one for all, or one for each channel; its shape does not matter. Rounded to the dtype of
        `x` first, to float32 for 16-bit `x`.
    channel_axis : int, default 1
        Where the channels of `x` are: 1 for NCHW, -1 for NHWC. With less than two dimensions `x` has one
        channel, and this is not looked at.
    out : ndarray, optional
        Where to store the result; ``out=x`` works in place. A new array by default.

    Returns
    -------
    ndarray or scalar
        ``leaky_relu(x, w)`` with `w` being `weight` in a shape that broadcasts along the channels: the same
        dtype, the same bits, the same floating-point errors, the same values at 0, NaN and infinity.

    Raises
    ------
    ValueError
        If `weight` has neither one element nor one for each channel, or `out` the wrong shape.
    numpy.exceptions.AxisError
        If `x` has no axis `channel_axis`.
    TypeError
        If `x` or `weight` is complex, object, string, datetime or structured, `weight` is a masked array, or
        `channel_axis` no integer.

    See Also
    --------
    prelu_grad : the gradients with respect to `x` and `weight`.
    leaky_relu : one slope, or slopes in any shape that broadcasts.

    Notes
    -----
    Subclasses of ndarray, masked arrays, and arrays of other packages are what they are to `leaky_relu`.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers: surpassing human-level
       performance on ImageNet classification", ICCV, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import prelu
    >>> x = -np.ones((1, 2, 3))
    >>> prelu(x, [0.1, 0.2])
    array([[[-0.1, -0.1, -0.1],
            [-0.2, -0.2, -0.2]]])
    >>> prelu(x, [0.1, 0.2, 0.3], channel_axis=-1)
    array([[[-0.1, -0.2, -0.3],
            [-0.1, -0.2, -0.3]]])
    """
    last = x.ndim - 1 if type(x) is ndarray and type(weight) is ndarray else 0
    slopes = weight
    # The common case in few steps; everything else, right or wrong, is looked at closely.
    try:
        axis = channel_axis if channel_axis >= 0 else channel_axis + last + 1
        common = (
            0 <= axis <= last > 0
            and (slopes.shape == (x.shape[axis],) or slopes.shape == (1,))
            and slopes.itemsize > 2
        )
    except (TypeError, ValueError):  # no integer
        common = False
    if common:
        if axis < last:
            slopes = slopes[_ALONG[last - axis]]
    else:
        slopes = _broadcastable(np.shape(x), unmasked("prelu", "weight", weight), channel_axis)
    try:
        return leaky_relu(x, slopes, out=out)
    except TypeError as error:
        message = reworded(error, "prelu", x=x, weight=weight)
        if message is None:
            raise
        raise TypeError(message) from None


@overload
def prelu_grad(
    grad_output: NDArray[Floating],
    x: NDArray[Floating],
    weight: NDArray[OtherFloating],
    *,
    channel_axis: int = 1,
) -> tuple[NDArray[Floating], NDArray[OtherFloating]]: ...
@overload
def prelu_grad(
    grad_output: RealLike, x: RealLike, weight: RealLike, *, channel_axis: int = 1
) -> tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]: ...
def prelu_grad(
    grad_output: Any, x: Any, weight: Any, *, channel_axis: int = 1
) -> tuple[NDArray[Any], NDArray[Any]]:
    """
    Gradients of `prelu` with respect to `x` and to `weight`, in one pass over the data.

    Parameters
    ----------
    grad_output : array_like
        Gradient of the loss with respect to the output of `prelu`, of the shape of `x`.
    x : array_like
        What went into `prelu`.
    weight : array_like
        The slopes of the forward pass: one for all, or one for each channel.
    channel_axis : int, default 1
        As in the forward pass.

    Returns
    -------
    grad_x : ndarray
        ``leaky_relu_grad(grad_output, x, w)``, to the bit, with `w` being `weight` in a shape that
        broadcasts along the channels: of the shape of `x`, in C order.
    grad_weight : ndarray
        Of the shape and dtype of `weight` (float64 for integers, float32 for small ones): for each channel
        the sum of ``grad_output * x`` over its elements where not ``x > 0``. A NaN in `x` counts, as in
        PyTorch.

    Raises
    ------
    ValueError
        If `grad_output` and `x` differ in shape, or `weight` has neither one element nor one for each
        channel.
    numpy.exceptions.AxisError
        If `x` has no axis `channel_axis`.
    TypeError
        If an input is complex, object, string, datetime or structured, or is a masked array, whose mask would
        be lost, or if `channel_axis` is no integer.

    See Also
    --------
    prelu : the function itself.

    Notes
    -----
    The sum is taken in float64 (in longdouble for longdouble), for which products of float32 and 16-bit
    numbers are exact, and then rounded to the dtype of `weight`. The order of the additions depends on the
    shape only: the bits of the sum do not depend on the instruction set or the number of threads, nor on the
    memory order of the inputs, which are copied where they are not C-contiguous.

    Floating-point errors are those of ``grad_x`` and of the sum's products, additions and rounding; an
    element with ``x > 0`` takes no part in the sum. NaN, and infinity times zero, make the sum NaN.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers: surpassing human-level
       performance on ImageNet classification", ICCV, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import prelu_grad
    >>> x = np.array([[-2.0, 3.0], [-1.0, -4.0]])
    >>> grad_x, grad_weight = prelu_grad(np.ones((2, 2)), x, [0.1, 0.2])
    >>> grad_x
    array([[0.1, 1. ],
           [0.1, 0.2]])
    >>> grad_weight
    array([-3., -4.])
    """
    grad_output, x = prepared("prelu_grad", grad_output=grad_output, x=x)
    slopes = unmasked("prelu_grad", "weight", weight)
    as_float = parameter_dtype("prelu_grad", "weight", weight)
    inner = _check_weight("prelu_grad", x.shape, slopes, channel_axis)
    taken = compute_dtype(x.dtype)
    if taken.char == "f" and as_float.char == "d":
        taken = as_float  # rounded by the extension, whose warning names the function
    grad_x, sums = _core._prelu_grad(grad_output, x, np.require(slopes, taken, ["C", "A"]), inner)
    integral = np.can_cast(slopes.dtype, np.int64, "same_kind")  # those of ml_dtypes as well
    return grad_x, sums.astype(as_float if integral else slopes.dtype).reshape(slopes.shape)
