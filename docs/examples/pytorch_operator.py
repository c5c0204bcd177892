"""
Leaky ReLU as an operator for PyTorch that keeps the signs of its input, one bit an element, and nothing else.

``torch.nn.functional.leaky_relu`` keeps its input for the gradient, 32 times as much for float32. In place it
keeps its output instead, which tells the sign of the input only if the slope is not negative; with any other
the gradient is refused. Here every slope will do, and the gradient of the gradient needs but the signs, too.

Tensors on the CPU share their memory with NumPy. Keras on its NumPy backend computes with NumPy's arrays, so
that an activation is the ufunc as it stands: ``keras.layers.Dense(8, activation=leaky_relu)``.
"""

import numpy as np
import torch
from leaky_relu import leaky_relu_grad_packed, leaky_relu_packed
from torch import Tensor


@torch.library.custom_op("leaky_relu::packed", mutates_args=(), device_types="cpu")
def packed(x: Tensor, negative_slope: float) -> tuple[Tensor, Tensor]:
    y, positive = leaky_relu_packed(x.numpy(), negative_slope)
    return torch.from_numpy(np.asarray(y)), torch.from_numpy(positive)


@torch.library.custom_op("leaky_relu::grad_packed", mutates_args=(), device_types="cpu")
def grad_packed(grad_output: Tensor, positive: Tensor, negative_slope: float) -> Tensor:
    grad = leaky_relu_grad_packed(grad_output.numpy(), positive.numpy(), negative_slope)
    return torch.from_numpy(np.asarray(grad))


@packed.register_fake
def _(x, negative_slope):
    return x.new_empty(x.shape), x.new_empty((x.numel() + 7) // 8, dtype=torch.uint8)


@grad_packed.register_fake
def _(grad_output, positive, negative_slope):
    return grad_output.new_empty(grad_output.shape)


def keep(ctx, inputs, output):
    ctx.save_for_backward(inputs[1] if isinstance(output, Tensor) else output[1])
    ctx.negative_slope = inputs[-1]


def differentiate(ctx, grad_output, *_):
    nothing = [None] * (len(ctx.needs_input_grad) - 1)  # for the signs and the slope
    return grad_packed(grad_output, *ctx.saved_tensors, ctx.negative_slope), *nothing


packed.register_autograd(differentiate, setup_context=keep)
grad_packed.register_autograd(differentiate, setup_context=keep)


def leaky_relu(x: Tensor, negative_slope: float = 0.01) -> Tensor:
    return packed(x, negative_slope)[0]


if __name__ == "__main__":
    x = torch.randn(1000, 1000, requires_grad=True)
    y = leaky_relu(x, -0.5)
    print(f"kept for the gradient: {y.grad_fn.saved_tensors[0].nbytes:,} bytes, where x has {x.nbytes:,}")
    y.sum().backward()
    print("derivatives:", x.grad.unique().tolist())
