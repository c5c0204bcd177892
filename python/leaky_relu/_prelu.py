"""PReLU: Leaky ReLU with a slope for each channel, which is learned."""

import math
from typing import Any, overload

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.typing import NDArray

from leaky_relu import _core
from leaky_relu._dtypes import refusal
from leaky_relu._typing import (
    ArrayOfAnotherLibrary,
    Floating,
    Number,
    OtherFloating,
    Out,
    RealArrayLike,
    RealLike,
)


def _channels(function: str, shape: tuple[int, ...], weight: NDArray[Any], channel_axis: int) -> int:
    """Check the weight against the channels; return how many elements follow each other in a channel."""
    if len(shape) < 2:
        channels, inner, where = 1, math.prod(shape), "(as it has less than 2 dimensions)"
    else:
        axis = normalize_axis_index(channel_axis, len(shape), f"{function}: channel_axis")
        channels, inner, where = shape[axis], math.prod(shape[axis + 1 :]), f"(axis {axis})"
    if weight.size == 1:
        return math.prod(shape)
    if weight.size != channels:
        raise ValueError(
            f"{function}: weight has {weight.size} elements, but x of shape {shape} has {channels} "
            f"channel{'s' * (channels != 1)} {where}; weight takes one element, or one for each channel"
        )
    return inner


def _loop(
    function: str, operands: tuple[NDArray[Any], ...], names: tuple[str, ...]
) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Return the dtypes of data and slopes in the loop that the ufunc takes for these operands."""
    ufunc = _core.leaky_relu if len(operands) == 2 else _core.leaky_relu_grad
    *data, slope = (operand.dtype for operand in operands)
    if slope.name == "bfloat16":  # whose loops are for x
        slope = np.dtype(np.float32)
    try:
        return ufunc.resolve_dtypes((*data, slope, None))[-3:-1]  # type: ignore[return-value]
    except TypeError:
        message = refusal(function, operands, names)
        if message is None:
            raise
        raise TypeError(message) from None


def _as_slopes(weight: NDArray[Any], data: np.dtype[Any]) -> NDArray[Any]:
    """Round to the compute type of that dtype."""
    compute = np.dtype(np.float32) if data.itemsize == 2 else data
    return np.require(weight, compute, ["C", "A"])


def _is_plain(array: Any, dtype: np.dtype[Any]) -> bool:
    return type(array) is np.ndarray and array.dtype == dtype and array.flags.carray


def _takes(out: Any, x: NDArray[Any], weight: NDArray[Any]) -> bool:
    if out is None:
        return True
    fits = out is x or (_is_plain(out, x.dtype) and out.shape == x.shape and not np.may_share_memory(out, x))
    return fits and not np.may_share_memory(out, weight)


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
        If `x` or `weight` is complex, object, string, datetime or structured.

    See Also
    --------
    prelu_grad : the gradients with respect to `x` and `weight`.
    leaky_relu : one slope, or slopes in any shape that broadcasts.

    Notes
    -----
    C-contiguous arrays go in long runs over the data, by several threads where there is much of it; all
    others through `leaky_relu` and NumPy's machinery.

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
    weight = np.asarray(weight)
    shape = np.shape(x)
    inner = _channels("prelu", shape, weight, channel_axis)
    if weight.dtype.name in ("float16", "bfloat16"):  # NumPy would do it element by element
        weight = weight.astype(np.float32)
    if weight.size > 1 and type(x) is np.ndarray and x.size:
        data, _ = _loop("prelu", (x, weight), ("x", "weight"))
        if x.dtype == data and x.flags.c_contiguous and x.flags.aligned and _takes(out, x, weight):
            return _core._prelu(x, _as_slopes(weight, data), inner, out)
    if weight.size == 1:
        weight = weight.reshape(())
    else:
        weight = weight.reshape(weight.size, *[1] * (len(shape) - 1 - channel_axis % len(shape)))
    try:
        return _core.leaky_relu(x, weight, out=out)
    except TypeError:
        message = refusal("prelu", (x, weight), ("x", "weight"))
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
        If an input is complex, object, string, datetime or structured.

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
    grad_output, x, weight = np.asarray(grad_output), np.asarray(x), np.asarray(weight)
    if grad_output.shape != x.shape:
        raise ValueError(
            f"prelu_grad: grad_output has shape {grad_output.shape}, but x has shape {x.shape}; "
            "they must be the same"
        )
    inner = _channels("prelu_grad", x.shape, weight, channel_axis)
    data, slope = _loop("prelu_grad", (grad_output, x, weight), ("grad_output", "x", "weight"))
    grad_x, sums = _core._prelu_grad(
        np.require(grad_output, data, ["C", "A"]),
        np.require(x, data, ["C", "A"]),
        _as_slopes(weight, data),
        inner,
    )
    dtype = slope if weight.dtype.kind in "biu" else weight.dtype
    return grad_x, sums.astype(dtype).reshape(weight.shape)
