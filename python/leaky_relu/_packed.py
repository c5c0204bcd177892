"""Leaky ReLU that keeps the signs of its input, one bit per element, and the gradient from them."""

from __future__ import annotations  # so that importing takes no time for them

from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from leaky_relu import _core
from leaky_relu._operands import check_output, prepared, prepared_slope, unmasked
from leaky_relu._typing import Floating, Number, Out, RealArrayLike, RealLike, Scalar

# The extension takes operands that need no preparing, and returns NotImplemented for all others.


@overload
def leaky_relu_packed(
    x: NDArray[Floating], negative_slope: Scalar = 0.01, *, out: None = None
) -> tuple[NDArray[Floating], NDArray[np.uint8]]: ...
@overload
def leaky_relu_packed(
    x: Number, negative_slope: Scalar = 0.01, *, out: None = None
) -> tuple[np.floating[Any], NDArray[np.uint8]]: ...
@overload
def leaky_relu_packed(
    x: RealLike, negative_slope: Scalar = 0.01, *, out: Out
) -> tuple[Out, NDArray[np.uint8]]: ...
@overload
def leaky_relu_packed(
    x: RealArrayLike, negative_slope: Scalar = 0.01, *, out: None = None
) -> tuple[NDArray[np.floating[Any]], NDArray[np.uint8]]: ...
def leaky_relu_packed(x: Any, negative_slope: Scalar = 0.01, *, out: Any = None) -> tuple[Any, Any]:
    """
    Leaky ReLU, and the signs of its input for `leaky_relu_grad_packed`: one bit per element.

    With the signs kept, `x` need not be: the forward pass may work in place with any slope, and what is kept
    for the backward pass is a 32nd of a float32 input.

    Parameters
    ----------
    x : array_like
        Input of any shape. It is made C-contiguous, aligned and of native byte order first, which copies
        it where it is not.
    negative_slope : scalar, default 0.01
        The factor where `x` is not positive: a Python number, NumPy scalar or array of no dimensions. It is
        rounded to the dtype of `x`, to float32 for 16-bit `x`.
    out : ndarray, optional
        Where to store the result, of the shape of `x` and the dtype of the result; ``out=x`` works in
        place. A new array in C order by default.

    Returns
    -------
    y : ndarray or scalar
        The same bits as ``leaky_relu(x, negative_slope)``: `out` where it is given; a scalar if `x` has no
        dimensions. float16, bfloat16 (of ml_dtypes), float32, float64 and longdouble keep their dtype;
        bool and integers become what `numpy.sin` makes of them.
    positive : ndarray of uint8, shape ((x.size + 7) // 8,)
        ``np.packbits(x > 0, bitorder="little")``: element i of `x`, counted in C order, has bit ``i % 8``
        of byte ``i // 8``. The unused bits of the last byte are 0.

    Raises
    ------
    TypeError
        If `x` or `negative_slope` is complex, object, string, datetime or structured, `out` is no array or
        has another dtype than the result, or one of them is a masked array.
    ValueError
        If `negative_slope` is an array with dimensions, or `out` has another shape than `x` or is
        read-only.

    See Also
    --------
    leaky_relu_grad_packed : the gradient from the signs.
    leaky_relu : the function alone, a ufunc.
    LeakyReLU : both passes as a layer.

    Notes
    -----
    The bit of a zero of either sign and of NaN is 0, that of infinity 1. Values at these, and
    floating-point errors, are those of `leaky_relu`: a comparison with NaN raises nothing. Subclasses of
    ndarray are taken as the arrays that they are, except for masked arrays: the signs have no place for a
    mask.

    References
    ----------
    .. [1] A. Jain, A. Phanishayee, J. Mars, L. Tang, G. Pekhimenko, "Gist: efficient data encoding for deep
       neural network training", ISCA, 2018 (one bit per element is all that the gradient of ReLU needs).

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import leaky_relu_grad_packed, leaky_relu_packed
    >>> x = np.array([-2.0, -0.5, 0.0, 3.0])
    >>> y, positive = leaky_relu_packed(x, 0.1)
    >>> y
    array([-0.2 , -0.05,  0.  ,  3.  ])
    >>> positive
    array([8], dtype=uint8)
    >>> leaky_relu_grad_packed(np.ones(4), positive, 0.1)
    array([0.1, 0.1, 0.1, 1. ])

    In place, with a slope that would not let the output stand in for the input:

    >>> y, positive = leaky_relu_packed(x, -1.0, out=x)
    >>> x
    array([ 2. ,  0.5, -0. ,  3. ])
    >>> leaky_relu_grad_packed(np.ones(4), positive, -1.0)
    array([-1., -1., -1.,  1.])
    """
    result: Any = _core._packed_forward(x, negative_slope, out)
    if result is NotImplemented:
        (x,) = prepared("leaky_relu_packed", x=x)
        slope = prepared_slope("leaky_relu_packed", negative_slope, x.dtype)
        if out is not None:
            check_output("leaky_relu_packed", out, "x", x)
        result = _core._packed_forward(x, slope, out)
        if result is NotImplemented and out is not None:  # which is not laid out as x is
            y, positive = _core._packed_forward(x, slope, None)
            np.copyto(out, y)
            result = out, positive
        assert result is not NotImplemented
    y, positive = result
    return y, positive


@overload
def leaky_relu_grad_packed(
    grad_output: NDArray[Floating],
    positive: NDArray[np.uint8],
    negative_slope: Scalar = 0.01,
    *,
    out: None = None,
) -> NDArray[Floating]: ...
@overload
def leaky_relu_grad_packed(
    grad_output: Number, positive: NDArray[np.uint8], negative_slope: Scalar = 0.01, *, out: None = None
) -> np.floating[Any]: ...
@overload
def leaky_relu_grad_packed(
    grad_output: RealLike, positive: NDArray[np.uint8], negative_slope: Scalar = 0.01, *, out: Out
) -> Out: ...
@overload
def leaky_relu_grad_packed(
    grad_output: RealArrayLike,
    positive: NDArray[np.uint8],
    negative_slope: Scalar = 0.01,
    *,
    out: None = None,
) -> NDArray[np.floating[Any]]: ...
def leaky_relu_grad_packed(
    grad_output: Any, positive: NDArray[np.uint8], negative_slope: Scalar = 0.01, *, out: Any = None
) -> Any:
    """
    Gradient of leaky ReLU from the signs that `leaky_relu_packed` returned.

    ``grad_output`` where the bit of `positive` is set, else ``negative_slope * grad_output``.

    Parameters
    ----------
    grad_output : array_like
        Gradient of the loss with respect to the output, of the shape of the forward pass. It is made
        C-contiguous, aligned and of native byte order first, which copies it where it is not.
    positive : ndarray of uint8, shape ((grad_output.size + 7) // 8,)
        The second result of `leaky_relu_packed`: bit ``i % 8`` of byte ``i // 8`` tells whether element i
        of the input, counted in C order, was greater than zero. The unused bits of the last byte do not
        count.
    negative_slope : scalar, default 0.01
        The slope of the forward pass: a Python number, NumPy scalar or array of no dimensions. It is rounded
        to the dtype of `grad_output`, to float32 if that has 16 bits.
    out : ndarray, optional
        Where to store the result, of the shape of `grad_output` and the dtype of the result;
        ``out=grad_output`` works in place. A new array in C order by default.

    Returns
    -------
    ndarray or scalar
        The same bits as ``leaky_relu_grad(grad_output, x, negative_slope)`` for `x` of the same dtype:
        `out` where it is given; a scalar if `grad_output` has no dimensions. float16, bfloat16 (of
        ml_dtypes), float32, float64 and longdouble keep their dtype; bool and integers become what
        `numpy.sin` makes of them.

    Raises
    ------
    TypeError
        If `grad_output` or `negative_slope` is complex, object, string, datetime or structured, `positive`
        is not of uint8, `out` is no array or has another dtype than the result, or one of them is a masked
        array.
    ValueError
        If `positive` does not have one byte for every eight elements, `negative_slope` is an array with
        dimensions, or `out` has another shape than `grad_output` or is read-only.

    See Also
    --------
    leaky_relu_packed : the forward pass.
    leaky_relu_grad : the gradient from the input itself, a ufunc.

    Notes
    -----
    Where the input was zero, of either sign, or NaN, the derivative is the slope. Floating-point errors are
    those of the one multiplication of each element; a `grad_output` of NaN gives NaN quietly. References
    are with `leaky_relu_packed`.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import leaky_relu_grad_packed
    >>> positive = np.packbits([False, True, True], bitorder="little")
    >>> leaky_relu_grad_packed(np.array([1.0, 2.0, 3.0]), positive, 0.1)
    array([0.1, 2. , 3. ])
    """
    result = _core._packed_gradient(grad_output, positive, negative_slope, out)
    if result is NotImplemented:
        (grad_output,) = prepared("leaky_relu_grad_packed", grad_output=grad_output)
        bits = _prepared_bits(positive, grad_output.size)
        slope = prepared_slope("leaky_relu_grad_packed", negative_slope, grad_output.dtype)
        if out is not None:
            check_output("leaky_relu_grad_packed", out, "grad_output", grad_output)
        result = _core._packed_gradient(grad_output, bits, slope, out)
        if result is NotImplemented and out is not None:  # not laid out as grad_output is, or over the bits
            np.copyto(out, _core._packed_gradient(grad_output, bits, slope, None))
            result = out
    return result


def _prepared_bits(positive: Any, n: int) -> NDArray[np.uint8]:
    function = "leaky_relu_grad_packed"
    bits = unmasked(function, "positive", positive)
    if bits.dtype != np.uint8:
        raise TypeError(
            f"{function}: positive must be the uint8 array that leaky_relu_packed returned, "
            f"got one of dtype {bits.dtype}"
        )
    if bits.ndim != 1:
        raise ValueError(f"{function}: positive must have one dimension, got shape {bits.shape}")
    if bits.size != (n + 7) // 8:
        raise ValueError(
            f"{function}: positive must have {(n + 7) // 8} bytes for {n} elements, got {bits.size}"
        )
    return np.ascontiguousarray(bits)
