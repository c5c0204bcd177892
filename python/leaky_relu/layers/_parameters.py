"""What layers learn, and what of them is stored."""

from collections.abc import Mapping
from typing import Any, ClassVar

from numpy.typing import NDArray

from leaky_relu.layers._settings import name_of
from leaky_relu.layers._state import fitting


class Parameters:
    """The part of every layer that holds parameters and their gradients: arrays by name."""

    _learned: ClassVar[tuple[str, ...]] = ()  # the attributes that are parameters

    def __init__(self) -> None:
        self._grads: dict[str, NDArray[Any]] = {}

    def _add_gradient(self, name: str, grad: NDArray[Any]) -> None:
        """Add to the gradient of a parameter; the first one is kept as it is."""
        there = self._grads.get(name)
        if there is None:
            self._grads[name] = grad
        elif there.size == 1:
            there[...] = there + grad  # for which += takes NumPy twice as long
        else:
            there += grad

    def parameters(self) -> dict[str, NDArray[Any]]:
        """
        Give what is learned, to be updated in place.

        Returns
        -------
        dict of str to ndarray
            The arrays themselves by name.
        """
        return {name: getattr(self, name) for name in self._learned}

    def grads(self) -> dict[str, NDArray[Any]]:
        """
        Give the gradients of the parameters, as far as there are any.

        Returns
        -------
        dict of str to ndarray
            The arrays themselves by name: later backward passes add to them, `zero_grad` sets them to zero.
        """
        return dict(self._grads)

    def zero_grad(self) -> None:
        """Set the gradients that there are to zero, in place."""
        for grad in self._grads.values():
            grad.fill(0)

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """
        Copy what changes in training.

        Returns
        -------
        dict of str to ndarray
            Plain arrays by name, as `numpy.savez` stores them.
        """
        return {name: value.copy() for name, value in self.parameters().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """
        Take over what `state_dict` returned, copied into the arrays that are there.

        Parameters
        ----------
        state : mapping of str to array_like
            From a layer with the same settings, or a file that `numpy.load` has opened.

        Raises
        ------
        ValueError
            If names are missing or too many, a shape differs, or a dtype would lose precision. Nothing has
            changed then.
        """
        parameters = self.parameters()
        for name, value in fitting(f"{name_of(self)}.load_state_dict()", state, parameters).items():
            parameters[name][...] = value
