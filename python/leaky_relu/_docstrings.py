"""What the ufuncs say of themselves, by name; a test runs the examples."""

_SLOPE = """\
negative_slope : array_like, default 0.01
    The factor where {what} is not positive; broadcast against it. Any value is allowed:
    0 gives ReLU, an array per-element or (suitably shaped) per-channel slopes. It is first rounded to the
    dtype of `x`, to float32 for 16-bit `x`."""

_OUT = """\
out : ndarray or tuple of one ndarray, optional
    Where to store the result; ``out={name}`` works in place. A new array by default.
where, casting, order, dtype, subok, signature
    As for any ufunc, see `numpy.ufunc`."""

_DTYPES = """\
float16, bfloat16 (of ml_dtypes), float32, float64 and longdouble keep their dtype; bool and integers
    become what `numpy.sin` makes of them; the small floats of ml_dtypes, such as float8_e4m3fn, become
    float32, its small integers float16."""

_RAISES = """\
TypeError
    If an input is complex, object, string, datetime or structured, or of another dtype that casts safely to
    none of these.
ValueError
    If the shapes do not broadcast, or `out` has the wrong shape or is read-only."""

_FLAGS = """\
Floating-point errors are those of the formula and follow `numpy.errstate`; elements that take the other
branch, or none, raise nothing."""

_LEAKY_RELU = f"""
Leaky rectified linear unit, element by element: ``x`` where ``x > 0``, else ``negative_slope * x``.

A genuine `numpy.ufunc` with two inputs, of which the slope may be left out.

Parameters
----------
x : array_like
    Input of any shape. Its dtype decides that of the result; the slope never promotes it.
{_SLOPE.format(what="`x`")}
{_OUT.format(name="x")}

Returns
-------
ndarray or scalar
    ``x * d`` with ``d = 1 where x > 0 else negative_slope``, of the shape that `x` and `negative_slope`
    broadcast to; a scalar if both are.
    {_DTYPES}

Raises
------
{_RAISES}

See Also
--------
leaky_relu_grad : the gradient.
prelu : one slope per channel.

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

{_FLAGS}

References
----------
.. [1] A. L. Maas, A. Y. Hannun, A. Y. Ng, "Rectifier nonlinearities improve neural network acoustic
   models", ICML Workshop on Deep Learning for Audio, Speech and Language Processing, 2013.
.. [2] K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers: surpassing human-level performance on
   ImageNet classification", ICCV, 2015 (a learned slope per channel, PReLU).
.. [3] B. Xu, N. Wang, T. Chen, M. Li, "Empirical evaluation of rectified activations in convolutional
   network", arXiv:1505.00853, 2015 (a random slope, RReLU).

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

_LEAKY_RELU_GRAD = f"""
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
{_OUT.format(name="grad_output")}

Returns
-------
ndarray or scalar
    ``grad_output * d`` with ``d = 1 where x > 0 else negative_slope``, in the first of float16, float32,
    float64 and longdouble to which both `grad_output` and `x` cast safely (bfloat16 if one is and the other
    is, or is bool or an 8-bit integer).

Raises
------
{_RAISES}

See Also
--------
leaky_relu : the function itself.
leaky_relu_grad_packed : the gradient from the signs of `x`, one bit per element.

Notes
-----
At ``x = 0``, of either sign, the derivative is the slope, as in PyTorch, TensorFlow, oneDNN and Caffe; at
NaN it is the slope as well, at infinity 1 or the slope by its sign. `leaky_relu` tells of rounding,
floating-point errors and references.

For gradients of gradients nothing else is needed: in `grad_output` this function is linear, so its own
gradient there is ``leaky_relu_grad(v, x, negative_slope)``, with `v` what comes from above; with respect to
`x` it is zero, except at ``x = 0``, where there is none.

Examples
--------
>>> import numpy as np
>>> from leaky_relu import leaky_relu_grad
>>> leaky_relu_grad(np.ones(3), np.array([-2.0, 0.0, 3.0]), 0.1)
array([0.1, 0.1, 1. ])
"""

_BIAS_LEAKY_RELU = f"""
Leaky ReLU of a sum, in one pass: ``leaky_relu(x + bias, negative_slope)``.

A genuine `numpy.ufunc` with three inputs, of which the slope may be left out.

Parameters
----------
x : array_like
    Input of any shape. Its dtype decides that of the result; bias and slope never promote it.
bias : array_like
    What is added; broadcast against `x` as any operand: ``(C,)`` after a dense layer, ``(C, 1, 1)`` for
    NCHW, an array of the shape of `x` for a residual sum. It is first rounded as the slope is.
{_SLOPE.format(what="the sum")}
{_OUT.format(name="x")}

Returns
-------
ndarray or scalar
    ``y * d`` with ``y = x + bias`` and ``d = 1 where y > 0 else negative_slope``, of the shape that the
    inputs broadcast to; a scalar if all are.
    {_DTYPES}

Raises
------
{_RAISES}

See Also
--------
affine_leaky_relu : with a scale as well.
leaky_relu_grad : the gradient with respect to the sum, of which the output is enough (slope >= 0).

Notes
-----
The sum is rounded in the dtype of `x`, then the product: the bits and the floating-point errors of the
NumPy expression, with no fused multiply-add. 16-bit `x` is computed in float32 and rounded once, at the end.
Zeros, NaN and infinities are those of the sum (``inf - inf`` is NaN and "invalid") and then of `leaky_relu`.
{_FLAGS}

Examples
--------
>>> import numpy as np
>>> from leaky_relu import bias_leaky_relu
>>> x = np.array([[-2.0, 0.5], [1.0, -3.0]])
>>> bias_leaky_relu(x, [1.0, -1.0], 0.1)
array([[-0.1 , -0.05],
       [ 2.  , -0.4 ]])

Per channel of NCHW:

>>> bias_leaky_relu(np.zeros((1, 2, 1, 2)), np.array([1.0, -1.0])[:, np.newaxis, np.newaxis], 0.1)
array([[[[ 1. ,  1. ]],
<BLANKLINE>
        [[-0.1, -0.1]]]])

A residual sum, in place:

>>> shortcut = np.array([[1.0, 1.0], [1.0, 1.0]])
>>> bias_leaky_relu(x, shortcut, 0.1, out=x)
array([[-0.1,  1.5],
       [ 2. , -0.2]])
"""

_AFFINE_LEAKY_RELU = f"""
Leaky ReLU of a scaled and shifted input, in one pass: ``leaky_relu(x * scale + bias, negative_slope)``.

A genuine `numpy.ufunc` with four inputs, of which the slope may be left out.

Parameters
----------
x : array_like
    Input of any shape. Its dtype decides that of the result; the other inputs never promote it.
scale : array_like
    The factor; broadcast against `x` as any operand: ``(C,)`` after a dense layer, ``(C, 1, 1)`` for NCHW.
    It is first rounded as the slope is.
bias : array_like
    What is added then; broadcast and rounded likewise.
{_SLOPE.format(what="``x * scale + bias``")}
{_OUT.format(name="x")}

Returns
-------
ndarray or scalar
    ``y * d`` with ``y = x * scale + bias`` and ``d = 1 where y > 0 else negative_slope``, of the shape that
    the inputs broadcast to; a scalar if all are.
    {_DTYPES}

Raises
------
{_RAISES}

See Also
--------
bias_leaky_relu : without a scale.

Notes
-----
Product, sum and final product are each rounded in the dtype of `x`: the bits and the floating-point errors
of the NumPy expression, with no fused multiply-add. 16-bit `x` is computed in float32 and rounded once, at
the end. Zeros, NaN and infinities are those of that expression and then of `leaky_relu`.
{_FLAGS}

Batch normalisation with fixed statistics is a scale and a bias::

    scale = gamma / np.sqrt(variance + epsilon)
    bias = beta - mean * scale

A gain after the activation, as in StyleGAN ``leaky_relu(x + b, 0.2) * gain``, may be folded into both, since
for a positive gain ``leaky_relu(y) * gain == leaky_relu(y * gain)``::

    affine_leaky_relu(x, gain, b * gain, 0.2)

It is then rounded elsewhere: bits may differ, many of them where ``x`` and ``b`` cancel. They do not if the
gain is a power of two and nothing overflows or underflows.

Integers that stand for ``(x - zero_point) * step`` are one call as well; ``dtype=np.float32`` says in what::

    affine_leaky_relu(x, step, -zero_point * step, 0.1, dtype=np.float32)

Examples
--------
>>> import numpy as np
>>> from leaky_relu import affine_leaky_relu
>>> affine_leaky_relu(np.array([[1.0, 1.0], [3.0, -1.0]]), [2.0, 0.5], [-3.0, 0.0], 0.1)
array([[-0.1 ,  0.5 ],
       [ 3.  , -0.05]])
"""

DOCSTRINGS = {
    "leaky_relu": _LEAKY_RELU,
    "leaky_relu_grad": _LEAKY_RELU_GRAD,
    "bias_leaky_relu": _BIAS_LEAKY_RELU,
    "affine_leaky_relu": _AFFINE_LEAKY_RELU,
}
