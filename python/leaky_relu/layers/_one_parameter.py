"""What layers that learn a single array have in common."""

from typing import Any

from numpy.typing import NDArray

from leaky_relu.layers._layer import Layer
from leaky_relu.layers._settings import gradient


class OneParameterLayer(Layer):
    """A layer that learns one array, the gradient of which is called `grad`."""

    @property
    def grad(self) -> NDArray[Any] | Any:  # Any, so that `rate * layer.grad` needs no proof that there is one
        return self._grads.get(*self._learned)

    @grad.setter
    def grad(self, value: NDArray[Any] | None) -> None:
        (name,) = self._learned
        if value is None:
            self._grads.pop(name, None)
        else:
            self._grads[name] = gradient(self, "grad", value, getattr(self, name).shape)
