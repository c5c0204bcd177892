# %% [markdown]
# # Checking gradients, and how small a step may be
#
# Whoever writes a backward pass by hand compares it with differences of the forward pass. This checks every
# gradient of this package that way, and shows what goes wrong with the two usual mistakes: a step that is too
# small, and an input that lies on the kink.
#
# For a scalar loss $L = \sum v_i y_i$, with random $v$, the gradient is the vector-Jacobian product that a
# backward pass computes. Along a random direction $u$ it must agree with
#
# $$\frac{L(x + hu) - L(x - hu)}{2h}$$

# %%
import matplotlib.pyplot as plt
import numpy as np
from leaky_relu import (
    BiasLeakyReLU,
    LeakyReLU,
    PReLU,
    bias_leaky_relu,
    bias_leaky_relu_grad,
    leaky_relu,
    leaky_relu_grad,
    leaky_relu_grad_packed,
    leaky_relu_packed,
    prelu,
    prelu_grad,
)

rng = np.random.default_rng(0)
SHAPE, SLOPE = (16, 3, 4, 4), 0.2


def away_from_the_kink(shape, dtype=np.float64):
    """Draw numbers with a distance of at least 0.1 to zero."""
    x = rng.standard_normal(shape).astype(dtype)
    return x + np.copysign(dtype(0.1), x)


def relative_error(forward, backward, *inputs, step=1e-4):
    """Compare gradients with a central difference along one random direction of all inputs."""
    v = rng.standard_normal(forward(*inputs).shape).astype(inputs[0].dtype)
    directions = [rng.standard_normal(a.shape).astype(a.dtype) for a in inputs]
    ahead = forward(*(a + step * u for a, u in zip(inputs, directions, strict=True)))
    behind = forward(*(a - step * u for a, u in zip(inputs, directions, strict=True)))
    difference = np.vdot(v, ahead - behind) / (2 * step)
    gradients = backward(v, *inputs)
    exact = sum(np.vdot(g, u) for g, u in zip(gradients, directions, strict=True))
    return abs(difference - exact) / abs(exact)


# %% [markdown]
# Each line is a forward pass and its gradients, in the order of the inputs. The bias is small, so that the
# sums stay away from zero as well.

# %%
x = away_from_the_kink(SHAPE)
weight, bias = np.array([0.1, 0.2, 0.3]), np.array([0.05, -0.05, 0.02])


def packed_backward(v, x):
    _, positive = leaky_relu_packed(x, -SLOPE)
    return (leaky_relu_grad_packed(v, positive, -SLOPE),)


def along_channels(bias):
    return bias[:, np.newaxis, np.newaxis]


PAIRS = {
    "leaky_relu": (
        lambda x: leaky_relu(x, SLOPE),
        lambda v, x: (leaky_relu_grad(v, x, SLOPE),),
        x,
    ),
    "leaky_relu, from the output": (
        lambda x: leaky_relu(x, SLOPE),
        lambda v, x: (leaky_relu_grad(v, leaky_relu(x, SLOPE), SLOPE),),
        x,
    ),
    "leaky_relu, from the signs, slope -0.2": (lambda x: leaky_relu(x, -SLOPE), packed_backward, x),
    "bias_leaky_relu": (
        lambda x, bias: bias_leaky_relu(x, along_channels(bias), SLOPE),
        lambda v, x, bias: bias_leaky_relu_grad(v, x + along_channels(bias), SLOPE),
        x,
        bias,
    ),
    "prelu": (prelu, prelu_grad, x, weight),
    "leaky_relu_grad, as a function of grad_output": (
        lambda g: leaky_relu_grad(g, x, SLOPE),
        lambda v, g: (leaky_relu_grad(v, x, SLOPE),),
        rng.standard_normal(SHAPE),
    ),
}
errors = {name: relative_error(*pair) for name, pair in PAIRS.items()}
for name, error in errors.items():
    print(f"{name:48}{error:8.1e}")

# %% [markdown]
# Layers have one protocol, so one function checks them all:


# %%
def error_of_layer(layer):
    y, backward = layer.vjp(x)
    v, u = rng.standard_normal((2, *y.shape))
    step = 1e-4
    difference = np.vdot(v, layer(x + step * u) - layer(x - step * u)) / (2 * step)
    exact = np.vdot(backward(v), u)
    return abs(difference - exact) / abs(exact)


errors_of_layers = {
    repr(layer): error_of_layer(layer) for layer in (LeakyReLU(0.2), PReLU(3), BiasLeakyReLU(3))
}
for name, error in errors_of_layers.items():
    print(f"{name:48}{error:8.1e}")

# %% [markdown]
# ## The step
#
# Away from the kink Leaky ReLU is linear, so a central difference has no error of its own: what is left is
# rounding, which grows as the step shrinks. With a function that is curved, the best step would lie between.
# From some hundredths on a step may cross the kink: then the difference is not the derivative at all.

# %%
steps = np.logspace(-12, 1, 40)
figure, axis = plt.subplots(figsize=(6.5, 3.6), dpi=80, layout="constrained")
for dtype in (np.float32, np.float64):
    z = away_from_the_kink(2000, dtype)
    curve = [
        relative_error(
            lambda x: leaky_relu(x, SLOPE),
            lambda v, x: (leaky_relu_grad(v, x, SLOPE),),
            z,
            step=dtype(step),
        )
        for step in steps
    ]
    axis.loglog(steps, np.maximum(curve, 1e-17), label=np.dtype(dtype).name)
axis.set(xlabel="step", ylabel="relative error of the difference")
axis.legend()
plt.show()

# %% [markdown]
# So check gradients in float64, whatever the network is trained in: the derivatives of the two are the same
# function.
#
# ## On the kink
#
# At zero there is no derivative. This package, as PyTorch and others, takes the slope there; a central
# difference gives the mean of both sides, and looks like an error of the backward pass:

# %%
zero, one, step = np.zeros(1), np.ones(1), 1e-4
backward = leaky_relu_grad(one, zero, SLOPE)
difference = (leaky_relu(zero + step, SLOPE) - leaky_relu(zero - step, SLOPE)) / (2 * step)
print(f"backward {backward[0]:.1f}, difference {difference[0]:.1f}")
