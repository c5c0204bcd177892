"""RReLU: Leaky ReLU with a random slope for each element."""

from __future__ import annotations  # or np.random would be imported for the sake of an annotation

import math
from functools import lru_cache
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from leaky_relu._core import affine_leaky_relu, leaky_relu
from leaky_relu._dtypes import compute_dtype, loop_dtype
from leaky_relu._typing import ArrayOfAnotherLibrary, Floating, Number, RealArrayLike, RealLike

_BLOCK = 1 << 14  # elements: slopes are scaled in blocks, while these are in the cache


def check_bounds(function: str, lower: float, upper: float) -> None:
    if not (math.isfinite(lower) and math.isfinite(upper)):
        raise ValueError(f"{function}: lower and upper must be finite, got {lower} and {upper}")
    if lower > upper:
        raise ValueError(f"{function}: lower must not be greater than upper, got {lower} and {upper}")


class _Interval(NamedTuple):
    """How to draw from [lower, upper): ``first + draw * width``, and at most `last`."""

    dtype: np.dtype[Any]  # of the slopes
    draw: Any  # the type of the random numbers: numpy.float32 or numpy.float64
    first: np.floating[Any]
    width: np.floating[Any]
    last: np.floating[Any]
    fixed: bool  # whether all slopes are `first`
    clip: bool  # whether rounding leads beyond `last`


@lru_cache(maxsize=32)
def _interval(dtype: np.dtype[Any], lower: float, upper: float) -> _Interval:
    """Return how to draw for an x of that dtype."""
    compute = compute_dtype(loop_dtype("rrelu", x=np.empty(0, dtype)))
    draw: Any = np.float32 if compute == np.float32 else np.float64
    check_bounds("rrelu", lower, upper)
    if max(abs(lower), abs(upper), upper - lower) > float(np.finfo(draw).max):
        raise ValueError(f"rrelu: lower and upper are beyond {np.dtype(draw)}, got {lower} and {upper}")
    first, last, width = draw(lower), draw(upper), draw(upper - lower)
    if float(first) < lower:
        first = np.nextafter(first, draw(np.inf))
    if float(last) >= upper:
        last = np.nextafter(last, draw(-np.inf))
    if first > last:  # lower == upper, or no number of this precision between them
        return _Interval(compute, draw, draw(lower), width, last, fixed=True, clip=False)
    largest = np.nextafter(draw(1), draw(0))  # that is drawn; rounding keeps order, so it tells for all
    clip = bool(largest * width + first > last)
    return _Interval(compute, draw, first, width, last, fixed=False, clip=clip)


def _uniform(shape: tuple[int, ...], interval: _Interval, rng: np.random.Generator) -> NDArray[Any]:
    """Draw from [lower, upper), of which no rounding may lead out."""
    dtype, draw = interval.dtype, interval.draw
    if interval.fixed:
        return np.full(shape, interval.first, dtype)
    if math.prod(shape) <= _BLOCK:
        slope: NDArray[Any] = rng.random(shape, draw)
        _scale(slope, interval)
    else:
        slope = np.empty(shape, draw)
        flat = slope.reshape(-1)
        for begin in range(0, flat.size, _BLOCK):
            block = flat[begin : begin + _BLOCK]
            rng.random(dtype=draw, out=block)
            _scale(block, interval)
    return slope if dtype == draw else slope.astype(dtype)


def _scale(draws: NDArray[Any], interval: _Interval) -> None:
    affine_leaky_relu(draws, interval.width, interval.first, 1.0, draws)  # draws * width + first, in one pass
    if interval.clip:
        np.minimum(draws, interval.last, out=draws)


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
    if type(x) is np.ndarray:
        dtype, shape = x.dtype, x.shape
    else:
        dtype, shape = loop_dtype("rrelu", x=x), np.shape(x)
    slope = _uniform(shape, _interval(dtype, float(lower), float(upper)), rng)
    return leaky_relu(x, slope), slope
