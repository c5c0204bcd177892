# %% [markdown]
# # A denoiser, its activations in place
#
# A network learns to take noise from small images: it sees an image with noise, and is to give the noise. Its
# hidden layers are `BiasLeakyReLU`, which adds a bias and activates in one pass, over its input, and keeps
# one bit an element for the way back. So a hidden layer has one array where it would have three: product, sum
# and activation.

# %%
import matplotlib.pyplot as plt
import numpy as np
from leaky_relu import BiasLeakyReLU
from leaky_relu.layers import Layer, he_gain
from sklearn.datasets import load_digits

HIDDEN, SLOPE, NOISE, UPDATES, BATCH, RATE = 128, 0.1, 0.4, 1500, 64, 0.05

rng = np.random.default_rng(0)
images = (load_digits().data / 16).astype(np.float32)
rng.shuffle(images)
seen, unseen = images[:1500], images[1500:]


# %%
class Product(Layer):
    """A dense layer without bias: that is with the activation behind it."""

    _learned = ("weight",)

    def __init__(self, inputs, outputs, gain):
        super().__init__()
        self.weight = rng.normal(0, gain / inputs**0.5, (inputs, outputs)).astype(np.float32)

    def _forward(self, x, out):
        return np.matmul(x, self.weight, out=out), x

    def _backward(self, grad_output, x, out):
        self._add_gradient("weight", x.T @ grad_output)
        return np.matmul(grad_output, self.weight.T, out=out)


pixels = images.shape[1]
layers = [
    Product(pixels, HIDDEN, 1.0),
    BiasLeakyReLU(HIDDEN, SLOPE, inplace=True),
    Product(HIDDEN, HIDDEN, he_gain(SLOPE)),
    BiasLeakyReLU(HIDDEN, SLOPE, inplace=True),
    Product(HIDDEN, pixels, he_gain(SLOPE) / 4),
]


def through(x):
    for layer in layers:
        x = layer(x)
    return x


# %% [markdown]
# The second layer overwrites what the first has put out, and the third keeps that as its input: nothing is
# lost, since the signs are kept apart. Gradient descent with momentum does the rest:

# %%
momentum = [{name: np.zeros_like(p) for name, p in layer.parameters().items()} for layer in layers]
for _ in range(UPDATES):
    noise = rng.normal(0, NOISE, (BATCH, pixels)).astype(np.float32)
    difference = through(seen[rng.integers(len(seen), size=BATCH)] + noise) - noise
    grad = difference / np.float32(BATCH)
    for layer in reversed(layers):
        grad = layer.backward(grad)
    for layer, moving in zip(layers, momentum, strict=True):
        for name, parameter in layer.parameters().items():
            moving[name] *= 0.9
            moving[name] += layer.grads()[name]
            parameter -= RATE * moving[name]
        layer.zero_grad()

# %%
for layer in layers:
    layer.eval()
noisy = unseen + rng.normal(0, NOISE, unseen.shape).astype(np.float32)
denoised = noisy - through(noisy)
before, after = (np.sqrt(np.mean((x - unseen) ** 2)) for x in (noisy, denoised))
print(f"error of images that were not seen: {before:.3f} before, {after:.3f} after")

# %%
figure, axes = plt.subplots(3, 8, figsize=(7, 3), dpi=80, layout="constrained")
for row, (label, some) in zip(
    axes, {"with noise": noisy, "without": denoised, "true": unseen}.items(), strict=True
):
    row[0].set_ylabel(label)
    for axis, image in zip(row, some, strict=False):
        axis.imshow(image.reshape(8, 8), cmap="gray", vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[])
plt.show()
