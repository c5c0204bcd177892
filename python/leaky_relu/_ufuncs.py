"""Names, signatures and documentation of the ufuncs; what they do is in the extension."""

import inspect
from collections.abc import Callable
from typing import Any

from leaky_relu import _core


def _document(ufunc: Any, template: Callable[..., Any]) -> None:
    # A ufunc's own signature shows x1 and x2, and without module and name it cannot be pickled.
    ufunc.__module__ = "leaky_relu"
    ufunc.__qualname__ = template.__name__
    ufunc.__signature__ = inspect.signature(template)
    ufunc.__doc__ = template.__doc__


def leaky_relu(  # type: ignore[no-untyped-def]
    x,
    /,
    negative_slope=0.01,
    out=None,
    *,
    where=True,
    casting="same_kind",
    order="K",
    dtype=None,
    subok=True,
):
    """
    Leaky rectified linear unit, element by element: ``x`` where ``x > 0``, else ``negative_slope * x``.

    A genuine `numpy.ufunc` with two inputs, of which the slope may be left out.

    Parameters
    ----------
    x : array_like
        Input of any shape. Its dtype decides that of the result; the slope never promotes it.
    negative_slope : array_like, default 0.01
        The factor where `x` is not positive; broadcast against `x`. Any value is allowed: 0 gives ReLU, an
        array per-element or (suitably shaped) per-channel slopes. It is first rounded to the dtype of `x`,
        to float32 for 16-bit `x`.
    out : ndarray or tuple of one ndarray, optional
        Where to store the result; ``out=x`` works in place. A new array by default.
    where, casting, order, dtype, subok
        As for any ufunc, see `numpy.ufunc`.

    Returns
    -------
    ndarray or scalar
        ``x * d`` with ``d = 1 where x > 0 else negative_slope``. float16, bfloat16 (of ml_dtypes), float32,
        float64 and longdouble keep their dtype; bool and integers become what `numpy.sin` makes of them. A
        scalar if `x` and `negative_slope` are.

    Raises
    ------
    TypeError
        If `x` or `negative_slope` is complex, object, string, datetime or structured.
    ValueError
        If the shapes do not broadcast, or `out` has the wrong shape or is read-only.

    See Also
    --------
    leaky_relu_grad : the gradient.

    Notes
    -----
    One multiplication, rounded once in the dtype of `x` (for 16-bit `x`: in float32, then to 16 bits, to
    nearest, ties to even). The result is the same to the bit on every instruction set, for every stride and
    alignment, in place or not, and for any number of threads.

    ==========  =====================================================
    x           result
    ==========  =====================================================
    +0.0, -0.0  ``x * negative_slope``: a zero (NaN for an infinite slope)
    +inf        ``+inf``
    -inf        ``-inf * negative_slope``; NaN and "invalid" for slope 0
    NaN         NaN, quietly
    ==========  =====================================================

    Floating-point errors are those of the formula and follow `numpy.errstate`; elements that take the other
    branch, or none, raise nothing.

    References
    ----------
    .. [1] A. L. Maas, A. Y. Hannun, A. Y. Ng, "Rectifier nonlinearities improve neural network acoustic
    models",
       ICML Workshop on Deep Learning for Audio, Speech and Language Processing, 2013.
    .. [2] K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers: surpassing human-level
    performance on
       ImageNet classification", ICCV, 2015 (a learned slope per channel, PReLU).
    .. [3] B. Xu, N. Wang, T. Chen, M. Li, "Empirical evaluation of rectified activations in convolutional
    network",
       arXiv:1505.00853, 2015 (a random slope, RReLU).

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import leaky_relu
    >>> x = np.array([-2.0, -0.5, 0.0, 3.0])
    >>> leaky_relu(x, 0.1)
    array([-0.2 , -0.05,  0.  ,  3.  ])

    In place, with the default slope:

    >>> leaky_relu(x, out=x)
    array([-0.02 , -0.005,  0.   ,  3.   ])

    One slope per channel (axis 1):

    >>> leaky_relu(-np.ones((1, 2, 3)), np.array([0.1, 0.2])[:, np.newaxis])
    array([[[-0.1, -0.1, -0.1],
            [-0.2, -0.2, -0.2]]])
    """


def leaky_relu_grad(  # type: ignore[no-untyped-def]
    grad_output,
    x,
    /,
    negative_slope=0.01,
    out=None,
    *,
    where=True,
    casting="same_kind",
    order="K",
    dtype=None,
    subok=True,
):
    """
    Gradient of `leaky_relu`: ``grad_output`` where ``x > 0``, else ``negative_slope * grad_output``.

    A genuine `numpy.ufunc` with three inputs, of which the slope may be left out.

    Parameters
    ----------
    grad_output : array_like
        Gradient of the loss with respect to the output of `leaky_relu`; broadcast against `x`.
    x : array_like
        What went into `leaky_relu`. If the slope is not negative its output may stand in, since ``y > 0``
        exactly where ``x > 0``: so the forward pass may work in place.
    negative_slope : array_like, default 0.01
        The slope of the forward pass.
    out : ndarray or tuple of one ndarray, optional
        Where to store the result; ``out=grad_output`` works in place. A new array by default.
    where, casting, order, dtype, subok
        As for any ufunc, see `numpy.ufunc`.

    Returns
    -------
    ndarray or scalar
        ``grad_output * d`` with ``d = 1 where x > 0 else negative_slope``, in the first of float16,
        float32, float64 and longdouble to which both `grad_output` and `x` cast safely (bfloat16 if one is
        and the other is, or is bool or an 8-bit integer).

    Raises
    ------
    TypeError
        If an input is complex, object, string, datetime or structured.
    ValueError
        If the shapes do not broadcast, or `out` has the wrong shape or is read-only.

    See Also
    --------
    leaky_relu : the function itself.

    Notes
    -----
    At ``x = 0``, of either sign, the derivative is the slope, as in PyTorch, TensorFlow, oneDNN and Caffe;
    at NaN it is the slope as well, at infinity 1 or the slope by its sign. `leaky_relu` tells of rounding,
    floating-point errors and references.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu import leaky_relu_grad
    >>> leaky_relu_grad(np.ones(3), np.array([-2.0, 0.0, 3.0]), 0.1)
    array([0.1, 0.1, 1. ])
    """


_document(_core.leaky_relu, leaky_relu)
_document(_core.leaky_relu_grad, leaky_relu_grad)
