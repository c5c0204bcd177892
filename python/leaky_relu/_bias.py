"""Both gradients of a bias and Leaky ReLU in one pass."""

from __future__ import annotations  # so that importing takes no time for them

from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from leaky_relu import _core
from leaky_relu._operands import check_output, prepared, prepared_slope
from leaky_relu._prelu import checked_axis
from leaky_relu._typing import Floating, Out, RealLike, Scalar


@overload
def bias_leaky_relu_grad(
    grad_output: NDArray[Floating],
    y: NDArray[Floating],
    negative_slope: Scalar = 0.01,
    *,
    channel_axis: int = 1,
    out: None = None,
) -> tuple[NDArray[Floating], NDArray[np.floating[Any]]]: ...
@overload
def bias_leaky_relu_grad(
    grad_output: RealLike, y: RealLike, negative_slope: Scalar = 0.01, *, channel_axis: int = 1, out: Out
) -> tuple[Out, NDArray[np.floating[Any]]]: ...
@overload
def bias_leaky_relu_grad(
    grad_output: RealLike,
    y: RealLike,
    negative_slope: Scalar = 0.01,
    *,
    channel_axis: int = 1,
    out: NDArray[Any] | None = None,
) -> tuple[NDArray[Any], NDArray[np.floating[Any]]]: ...
def bias_leaky_relu_grad(
    grad_output: RealLike,
    y: RealLike,
    negative_slope: Scalar = 0.01,
    *,
    channel_axis: int = 1,
    out: NDArray[Any] | None = None,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """
    Gradients of `bias_leaky_relu` with respect to `x` and to a bias per channel, in one pass over the data.

    Parameters
    ----------
    grad_output : array_like
        Gradient of the loss with respect to the output of `bias_leaky_relu`, of its shape.
    y : array_like
        What went into Leaky ReLU, ``x + bias``, or, if the slope is not negative, what came out: that is
        positive where the sum is. Of the shape of `grad_output`.
    negative_slope : scalar, default 0.01
        The slope of the forward pass: a Python number, NumPy scalar or array of no dimensions.
    channel_axis : int, default 1
        Where the channels are: 1 for NCHW and after a dense layer, -1 for NHWC. With less than two
        dimensions there is one channel, and this is not looked at.
    out : ndarray, optional
        Where to store ``grad_x``, of the shape of `grad_output` and the dtype of the result;
        ``out=grad_output`` works in place. A new array in C order by default.

    Returns
    -------
    grad_x : ndarray
        ``leaky_relu_grad(grad_output, y, negative_slope)``, to the bit: `out` where it is given.
    grad_bias : ndarray, shape (C,)
        For each channel the sum of ``grad_x`` over all other axes: float64 for float64, longdouble for
        longdouble, float32 for float32 and 16-bit data; 0 where there is nothing to sum.

    Raises
    ------
    ValueError
        If `grad_output`, `y` and `out` differ in shape, `negative_slope` is an array with dimensions, or
        `out` is read-only.
    numpy.exceptions.AxisError
        If there is no axis `channel_axis`.
    TypeError
        If an input is complex, object, string, datetime or structured, `out` is no array or has another
        dtype than the result, one of them is a masked array, or `channel_axis` is no integer.

    See Also
    --------
    bias_leaky_relu : the forward pass.
    leaky_relu_grad : the gradient alone, for a bias of any other shape: its sum is up to the caller.

    Notes
    -----
    Where `y` is zero, of either sign, or NaN, the derivative is the slope. The sum takes ``grad_x`` as it is
    rounded, in float64 (in longdouble for longdouble), and is rounded once to its dtype; the order of the
    additions depends on the shape only, as in `prelu_grad`. NaN, and infinities of both signs, make it NaN.

    Floating-point errors are those of ``grad_x`` and of the sum's additions and rounding.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import bias_leaky_relu, bias_leaky_relu_grad
    >>> y = bias_leaky_relu(np.array([[-2.0, 3.0], [-1.0, -4.0]]), [1.0, 2.0], 0.1)
    >>> grad_x, grad_bias = bias_leaky_relu_grad(np.ones((2, 2)), y, 0.1)
    >>> grad_x
    array([[0.1, 1. ],
           [0.1, 0.1]])
    >>> grad_bias
    array([0.2, 1.1])
    """
    if type(grad_output) is np.ndarray and type(y) is np.ndarray:
        result = _core._bias_grad(grad_output, y, negative_slope, channel_axis, out)
        if result is not NotImplemented:
            return result  # type: ignore[no-any-return]
    function = "bias_leaky_relu_grad"
    g, signs = prepared(function, grad_output=grad_output, y=y)
    slope = prepared_slope(function, negative_slope, g.dtype)
    axis = checked_axis(function, g.shape, channel_axis)
    if out is not None:
        check_output(function, out, "grad_output", g)
    result = _core._bias_grad(g, signs, slope, axis, out)
    if result is not NotImplemented or out is None:
        return result  # type: ignore[no-any-return]
    grad_x, grad_bias = _core._bias_grad(g, signs, slope, axis, None)
    np.copyto(out, grad_x)  # of another layout, or over y
    return out, grad_bias
