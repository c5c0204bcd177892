"""How large the weights in front of Leaky ReLU should be at first."""

import math


def he_gain(negative_slope: float = 0.01) -> float:
    """
    Gain of He initialisation for Leaky ReLU: ``sqrt(2 / (1 + negative_slope**2))``.

    Weights drawn with a standard deviation of ``he_gain(negative_slope) / sqrt(fan_in)`` keep the mean square
    of the activations from layer to layer.

    Parameters
    ----------
    negative_slope : float, default 0.01
        The slope of the activation behind the weights: 0 for ReLU, `init` for PReLU.

    Returns
    -------
    float
        The gain, between 0 (an infinite slope) and ``sqrt(2)`` (ReLU); NaN for NaN.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers: surpassing human-level
       performance on ImageNet classification", ICCV, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu.layers import he_gain
    >>> he_gain(1.0)
    1.0
    >>> inputs, outputs = 256, 64
    >>> scale = he_gain(0.2) / inputs**0.5
    >>> weight = np.random.default_rng(0).normal(0, scale, (inputs, outputs))
    """
    return math.sqrt(2) / math.hypot(1, negative_slope)  # which cannot overflow
