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


# %%
class Linear:
    def __init__(self, inputs, outputs, bias, rng):
        self.weight = rng.normal(0, np.sqrt(2 / inputs), (inputs, outputs)).astype(np.float32)
        self.bias = np.full(outputs, bias, np.float32)

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, grad):
        grad_x = grad @ self.weight.T
        self.weight -= RATE * (self.x.T @ grad)
        self.bias -= RATE * grad.sum(0)
        return grad_x


def step(layer):
    """Descend a slope that is learned, where there is one."""
    if isinstance(layer, PReLU):
        layer.weight -= RATE * layer.grad
        layer.grad = None


def set_training(layers, training):
    for layer in layers:
        if isinstance(layer, RReLU):
            layer.train(training)


def evaluate(layers, x_train, x_test, y_test):
    """Return the share of hidden units that no training example makes positive, and the test accuracy."""
    set_training(layers, False)
    asleep = []
    for layer in layers:
        if not isinstance(layer, Linear):
            asleep.append((x_train <= 0).all(0))
        x_train, x_test = layer.forward(x_train), layer.forward(x_test)
    set_training(layers, True)
    return np.concatenate(asleep).mean(), (x_test.argmax(1) == y_test).mean()


def train(make_activation, seed):
    rng = np.random.default_rng(seed)
    x_train, x_test, y_train, y_test = split
    sizes = (images.shape[1], HIDDEN, HIDDEN, 10)
    linear = [Linear(a, b, BIAS if b == HIDDEN else 0, rng) for a, b in pairwise(sizes)]
    layers = [
        linear[0],
        make_activation(rng.spawn(1)[0]),
        linear[1],
        make_activation(rng.spawn(1)[0]),
        linear[2],
    ]
    history = [evaluate(layers, x_train, x_test, y_test)]
    for _ in range(EPOCHS):
        order = rng.permutation(len(x_train))
        for begin in range(0, len(order), BATCH):
            batch = order[begin : begin + BATCH]
            x = x_train[batch]
            for layer in layers:
                x = layer.forward(x)
            probabilities = np.exp(x - x.max(1, keepdims=True))
            probabilities /= probabilities.sum(1, keepdims=True)
            probabilities[np.arange(len(batch)), y_train[batch]] -= 1  # the gradient of the cross entropy
            grad = probabilities / np.float32(len(batch))
            for layer in reversed(layers):
                grad = layer.backward(grad)
                step(layer)
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
