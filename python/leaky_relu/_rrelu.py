"""RReLU: Leaky ReLU with a random slope for each element."""

from __future__ import annotations  # or np.random would be imported for the sake of an annotation

import math
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from leaky_relu import _core
from leaky_relu._dtypes import refusal
from leaky_relu._typing import ArrayOfAnotherLibrary, Floating, Number, RealArrayLike, RealLike


def check_bounds(function: str, lower: float, upper: float) -> None:
    if not (math.isfinite(lower) and math.isfinite(upper)):
        raise ValueError(f"{function}: lower and upper must be finite, got {lower} and {upper}")
    if lower > upper:
        raise ValueError(f"{function}: lower must not be greater than upper, got {lower} and {upper}")


def _uniform(
    shape: tuple[int, ...], lower: float, upper: float, dtype: np.dtype[Any], rng: np.random.Generator
) -> NDArray[Any]:
    """Draw from [lower, upper), of which no rounding may lead out."""
    draw = np.dtype(np.float32) if dtype == np.float32 else np.dtype(np.float64)
    first, last = draw.type(lower), draw.type(upper)
    if float(first) < lower:
        first = np.nextafter(first, draw.type(np.inf))
    if float(last) >= upper:
        last = np.nextafter(last, draw.type(-np.inf))
    slope = np.empty(shape, draw)
    if first > last:  # lower == upper, or no number of this precision between them
        slope.fill(draw.type(lower))
    else:
        rng.random(dtype=draw.type, out=slope)
        slope *= draw.type(upper - lower)
        slope += first
        np.minimum(slope, last, out=slope)
    return slope.astype(dtype, copy=False)


@overload
def rrelu(
    x: NDArray[Floating], lower: float = 1 / 8, upper: float = 1 / 3, *, rng: np.random.Generator
) -> tuple[NDArray[Floating], NDArray[np.floating[Any]]]: ...
@overload
def rrelu(
    x: Number, lower: float = 1 / 8, upper: float = 1 / 3, *, rng: np.random.Generator
) -> tuple[np.floating[Any], NDArray[np.floating[Any]]]: ...
@overload
def rrelu(
    x: RealArrayLike, lower: float = 1 / 8, upper: float = 1 / 3, *, rng: np.random.Generator
) -> tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]: ...
@overload
def rrelu(
    x: RealLike | ArrayOfAnotherLibrary,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    *,
    rng: np.random.Generator,
) -> tuple[Any, NDArray[np.floating[Any]]]: ...
def rrelu(
    x: Any, lower: float = 1 / 8, upper: float = 1 / 3, *, rng: np.random.Generator
) -> tuple[Any, NDArray[Any]]:
    """
    Leaky ReLU with a random slope for each element, as it is used in training.

    Parameters
    ----------
    x : array_like
        Input of any shape. Its dtype decides that of the result, as in `leaky_relu`.
    lower, upper : float, default 1/8 and 1/3
        The slopes are uniform in ``[lower, upper)``; where the two are equal, they are that.
    rng : numpy.random.Generator
        Where the slopes come from: ``numpy.random.default_rng(seed)`` makes them reproducible. One number
        is drawn for each element, positive ones included.

    Returns
    -------
    y : ndarray or scalar
        ``leaky_relu(x, slope)``.
    slope : ndarray
        The slopes, of the shape of `x`: float64 for float64, float32 for float32 and 16-bit `x`. The
        gradient is ``leaky_relu_grad(grad_output, x, slope)``.

    Raises
    ------
    ValueError
        If `lower` is greater than `upper`, or one of them not finite in the dtype of the slopes.
    TypeError
        If `rng` is not a `numpy.random.Generator`, or `x` complex, object, string, datetime or structured.

    See Also
    --------
    leaky_relu : in evaluation, ``leaky_relu(x, (lower + upper) / 2)``.

    Notes
    -----
    0, NaN and infinity are treated as in `leaky_relu`.

    References
    ----------
    .. [1] B. Xu, N. Wang, T. Chen, M. Li, "Empirical evaluation of rectified activations in convolutional
       network", arXiv:1505.00853, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import rrelu
    >>> y, slope = rrelu([-1.0, 2.0, -3.0], rng=np.random.default_rng(0))
    >>> slope.round(3)
    array([0.258, 0.181, 0.134])
    >>> y.round(3)
    array([-0.258,  2.   , -0.401])
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"rrelu: rng must be a numpy.random.Generator, such as numpy.random.default_rng(seed), "
            f"not {type(rng).__name__}"
        )
    lower, upper = float(lower), float(upper)
    check_bounds("rrelu", lower, upper)
    dtype = np.asarray(x).dtype
    try:
        data = _core.leaky_relu.resolve_dtypes((dtype, np.dtype(np.float32), None))[0]
    except TypeError:
        message = refusal("rrelu", (x,), ("x",))
        if message is None:
            raise
        raise TypeError(message) from None
    compute = np.dtype(np.float32) if data.itemsize == 2 else data
    largest = min(float(np.finfo(compute).max), float(np.finfo(np.float64).max))
    if max(abs(lower), abs(upper), upper - lower) > largest:
        raise ValueError(f"rrelu: lower and upper are beyond {compute}, got {lower} and {upper}")
    slope = _uniform(np.shape(x), lower, upper, compute, rng)
    return _core.leaky_relu(x, slope), slope
