# %% [markdown]
# # Units that die under ReLU, and live under its leaky relatives
#
# A ReLU unit that is negative for every training example passes no gradient back, so nothing can wake it
# again. An unlucky start makes this easy to see: here all biases begin far below zero. Leaky ReLU, PReLU (a
# learned slope for each unit) and RReLU (a random slope for each element) pass some gradient back from there.
#
# The network is two hidden layers in NumPy, the data the handwritten digits that come with scikit-learn, and
# everything but the activation is the same: initial weights, batches, learning rate. The slopes differ: 0.1
# for Leaky ReLU, 0.25 at first for PReLU, 0.23 on average for RReLU; a steeper one passes more gradient back.
#
# `jupytext --to ipynb --execute dying_relu.py` makes the notebook of this script.

# %%
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from leaky_relu import LeakyReLU, PReLU, RReLU
from leaky_relu.layers import Layer, he_gain
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HIDDEN, EPOCHS, BATCH, RATE, BIAS, SEEDS = 64, 30, 32, 0.1, -1.0, range(5)
ACTIVATIONS = {
    "ReLU": lambda rng: LeakyReLU(0),
    "Leaky ReLU": lambda rng: LeakyReLU(0.1),
    "PReLU": lambda rng: PReLU(HIDDEN),
    "RReLU": lambda rng: RReLU(rng=rng),
}

images, digits = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32)
split = train_test_split(images, digits, test_size=0.25, random_state=0, stratify=digits)


# %% [markdown]
# All layers have one protocol, so that nothing below asks for their kinds. A layer of one's own says what it
# computes and what it keeps for the way back. All networks start from the same weights, those that suit ReLU
# (`he_gain(0)`).


# %%
class Linear(Layer):
    _learned = ("weight", "bias")

    def __init__(self, inputs, outputs, bias, rng):
        super().__init__()
        self.weight = rng.normal(0, he_gain(0) / np.sqrt(inputs), (inputs, outputs)).astype(np.float32)
        self.bias = np.full(outputs, bias, np.float32)

    def _forward(self, x, out):
        return np.add(x @ self.weight, self.bias, out=out), x

    def _backward(self, grad_output, x, out):
        self._add_gradient("weight", x.T @ grad_output)
        self._add_gradient("bias", grad_output.sum(0))
        return np.matmul(grad_output, self.weight.T, out=out)


def evaluate(layers, x_train, x_test, y_test):
    """Return the share of hidden units that no training example makes positive, and the test accuracy."""
    for layer in layers:
        layer.eval()
    asleep = []
    for linear, activation in zip(layers[:-1:2], layers[1::2], strict=True):
        x_train, x_test = linear(x_train), linear(x_test)
        asleep.append((x_train <= 0).all(0))
        x_train, x_test = activation(x_train), activation(x_test)
    accuracy = (layers[-1](x_test).argmax(1) == y_test).mean()
    for layer in layers:
        layer.train()
    return np.concatenate(asleep).mean(), accuracy


def train(make_activation, seed):
    rng = np.random.default_rng(seed)
    x_train, x_test, y_train, y_test = split
    sizes = (images.shape[1], HIDDEN, HIDDEN, 10)
    linear = [Linear(a, b, BIAS if b == HIDDEN else 0, rng) for a, b in pairwise(sizes)]
    activations = [make_activation(child) for child in rng.spawn(2)]
    layers = [linear[0], activations[0], linear[1], activations[1], linear[2]]
    history = [evaluate(layers, x_train, x_test, y_test)]
    for _ in range(EPOCHS):
        order = rng.permutation(len(x_train))
        for begin in range(0, len(order), BATCH):
            batch = order[begin : begin + BATCH]
            x = x_train[batch]
            for layer in layers:
                x = layer(x)
            probabilities = np.exp(x - x.max(1, keepdims=True))
            probabilities /= probabilities.sum(1, keepdims=True)
            probabilities[np.arange(len(batch)), y_train[batch]] -= 1  # the gradient of the cross entropy
            grad = probabilities / np.float32(len(batch))
            for layer in reversed(layers):
                layer.zero_grad()
                grad = layer.backward(grad)
                for name, parameter in layer.parameters().items():
                    parameter -= RATE * layer.grads()[name]
        history.append(evaluate(layers, x_train, x_test, y_test))
    return np.array(history)


# %%
results = {name: np.array([train(make, seed) for seed in SEEDS]) for name, make in ACTIVATIONS.items()}

print(f"{'':12}units never positive   test accuracy   (mean of {len(SEEDS)} seeds, least and most)")
for name, result in results.items():
    asleep, accuracy = result[:, -1].T
    print(
        f"{name:12}{asleep.mean():6.1%} ({asleep.min():.1%} to {asleep.max():.1%})"
        f"{accuracy.mean():10.1%} ({accuracy.min():.1%} to {accuracy.max():.1%})"
    )

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), dpi=70, layout="constrained")
for column, (axis, label) in enumerate(
    zip(axes, ("hidden units never positive", "test accuracy"), strict=True)
):
    for name, result in results.items():
        curves = result[..., column]
        (line,) = axis.plot(curves.mean(0), label=name)
        axis.fill_between(range(EPOCHS + 1), curves.min(0), curves.max(0), color=line.get_color(), alpha=0.15)
    axis.set(xlabel="epoch", ylabel=label, ylim=(0, 1))
axes[1].legend()
plt.show()
