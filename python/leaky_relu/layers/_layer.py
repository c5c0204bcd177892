"""The protocol that all layers have in common."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self, overload

import numpy as np
from numpy.typing import NDArray

from leaky_relu._typing import Backward, Floating, Number, Out, RealArrayLike, RealLike
from leaky_relu.layers._parameters import Parameters
from leaky_relu.layers._settings import checked, flag, name_of, refuse_masked

# What a copy does without: the pass that waits for its backward, and gradients. The last three names are in
# pickles of version 0.1.0.
_NOT_COPIED = {"_pass", "_grads", "_kept", "grad", "num_parameters"}


class Layer(Parameters, ABC):
    """
    What all layers can do; a base for layers of your own.

    A layer of your own defines `_forward` and `_backward`, calls ``super().__init__()``, names the attributes
    that are its parameters in `_learned`, and hands their gradients to `_add_gradient`. If its backward pass
    does without the input, it sets `_keeps_input` to False, which allows ``out=x``.

    Attributes
    ----------
    training : bool
        True at first. In evaluation `forward` keeps nothing, so there is no `backward`.

    See Also
    --------
    LeakyReLU, PReLU, RReLU : layers.

    Notes
    -----
    Copies, deep copies and pickles carry settings, parameters and mode, but neither gradients nor what a
    forward pass has kept. A plain copy shares the parameters.

    Examples
    --------
    >>> import numpy as np
    >>> from leaky_relu.layers import Layer
    >>> class Scale(Layer):
    ...     _learned = ("factor",)
    ...
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = np.full(1, 3.0)
    ...
    ...     def _forward(self, x, out):
    ...         return np.multiply(x, self.factor, out=out), (x, self.factor.copy())
    ...
    ...     def _backward(self, grad_output, kept, out):
    ...         x, factor = kept
    ...         self._add_gradient("factor", np.sum(grad_output * x, keepdims=True))
    ...         return np.multiply(grad_output, factor, out=out)
    >>> layer = Scale()
    >>> layer(np.array([1.0, 2.0]))
    array([3., 6.])
    >>> layer.backward(np.ones(2))
    array([3., 3.])
    >>> layer.grads()
    {'factor': array([3.])}
    """

    _keeps_input: ClassVar[bool] = True  # and so cannot overwrite it, unless there will be no backward
    _pass: Any = None  # what the last forward pass has kept

    training: bool = checked(flag)
    _training: bool

    def __init__(self) -> None:
        super().__init__()
        self.training = True

    @abstractmethod
    def _forward(self, x: Any, out: Any) -> tuple[Any, Any]:
        """Return the output, in `out` if that is not None, and what `_backward` will need."""

    @abstractmethod
    def _backward(self, grad_output: Any, kept: Any, out: Any) -> Any:
        """Return the gradient with respect to x, in `out` if that is not None; grad_output has y's shape."""

    def _arguments(self) -> str:
        """Return the arguments of the constructor as they stand in the repr."""
        return ""

    # For small arrays, what follows is most of the time that a pass takes.

    def _go_forward(self, x: Any, out: Any, keep: bool) -> tuple[Any, Any]:
        if type(x) is not np.ndarray:
            refuse_masked(self, "x", x)
        if keep and out is not None and self._keeps_input and np.may_share_memory(x, out):
            raise ValueError(
                f"{name_of(self)}: out shares memory with x, which the backward pass needs; "
                "give another array, or call forward(x) in evaluation"
            )
        y, kept = self._forward(x, out)
        return y, (y.shape, kept) if keep else None

    def _go_back(self, kept: Any, grad_output: Any, out: Any) -> Any:
        if type(grad_output) is not np.ndarray:
            refuse_masked(self, "grad_output", grad_output)
            grad_output = np.asarray(grad_output)
        shape, kept = kept
        if grad_output.shape != shape:
            raise ValueError(
                f"{name_of(self)}.backward(): grad_output has shape {grad_output.shape}, "
                f"but the output of forward() had {shape}"
            )
        return self._backward(grad_output, kept, out)

    def __repr__(self) -> str:
        return f"{name_of(self)}({self._arguments()})"

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in _NOT_COPIED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._grads = {}
        self.training = True  # which the layers of version 0.1.0 did not all have
        for name in state.keys() - _NOT_COPIED:
            setattr(self, name, state[name])

    @overload
    def __call__(self, x: NDArray[Floating], *, out: None = None) -> NDArray[Floating]: ...
    @overload
    def __call__(self, x: Number, *, out: None = None) -> np.floating[Any]: ...
    @overload
    def __call__(self, x: RealLike, *, out: Out) -> Out: ...
    @overload
    def __call__(self, x: RealArrayLike, *, out: None = None) -> NDArray[np.floating[Any]]: ...
    def __call__(self, x: Any, *, out: Any = None) -> Any:
        """Do what `forward` does."""
        return self.forward(x, out=out)

    @overload
    def forward(self, x: NDArray[Floating], *, out: None = None) -> NDArray[Floating]: ...
    @overload
    def forward(self, x: Number, *, out: None = None) -> np.floating[Any]: ...
    @overload
    def forward(self, x: RealLike, *, out: Out) -> Out: ...
    @overload
    def forward(self, x: RealArrayLike, *, out: None = None) -> NDArray[np.floating[Any]]: ...
    def forward(self, x: Any, *, out: Any = None) -> Any:
        """
        Compute the output; in training, keep what one `backward` needs.

        Parameters
        ----------
        x : array_like
            Input of any shape and real dtype, but no masked array.
        out : ndarray, optional
            Where to store the output, of its shape and dtype. A new array by default.

        Returns
        -------
        ndarray or scalar
            Output of the shape of `x`: `out` where it is given; a scalar if `x` has no dimensions.

        Raises
        ------
        TypeError
            If `x` is a masked array, or of a dtype that the layer does not take.

        See Also
        --------
        vjp : for more than one pass at a time.
        """
        self._pass = None  # so that no backward pass goes through an older one if this one fails
        y, self._pass = self._go_forward(x, out, self._training)
        return y

    @overload
    def backward(self, grad_output: NDArray[Floating], *, out: None = None) -> NDArray[Floating]: ...
    @overload
    def backward(self, grad_output: Number, *, out: None = None) -> np.floating[Any]: ...
    @overload
    def backward(self, grad_output: RealLike, *, out: Out) -> Out: ...
    @overload
    def backward(self, grad_output: RealArrayLike, *, out: None = None) -> NDArray[np.floating[Any]]: ...
    def backward(self, grad_output: Any, *, out: Any = None) -> Any:
        """
        Go back through the last forward pass, and drop what that kept.

        Gradients of parameters are added to those of earlier passes.

        Parameters
        ----------
        grad_output : array_like
            Gradient of the loss with respect to the output, of its shape; no masked array.
        out : ndarray, optional
            Where to store the result, of its shape and dtype; may be `grad_output`. A new array by default.

        Returns
        -------
        ndarray or scalar
            Gradient of the loss with respect to the input: `out` where it is given.

        Raises
        ------
        RuntimeError
            If there was no forward pass in training, or none since the last backward pass.
        ValueError
            If `grad_output` does not have the shape of the output.
        TypeError
            If `grad_output` is a masked array, or of a dtype that the layer does not take.
        """
        if self._pass is None:
            raise RuntimeError(
                f"{name_of(self)}.backward() has no forward pass to go back through: "
                + (
                    "call forward(x) first, once for each backward()"
                    if self.training
                    else "in evaluation forward() keeps nothing; call train() before it, or use vjp(x)"
                )
            )
        grad_x = self._go_back(self._pass, grad_output, out)
        self._pass = None
        return grad_x

    @overload
    def vjp(self, x: NDArray[Floating], *, out: None = None) -> tuple[NDArray[Floating], Backward]: ...
    @overload
    def vjp(self, x: Number, *, out: None = None) -> tuple[np.floating[Any], Backward]: ...
    @overload
    def vjp(self, x: RealLike, *, out: Out) -> tuple[Out, Backward]: ...
    @overload
    def vjp(self, x: RealArrayLike, *, out: None = None) -> tuple[NDArray[np.floating[Any]], Backward]: ...
    def vjp(self, x: Any, *, out: Any = None) -> tuple[Any, Any]:
        """
        Compute the output, and return it with its own way back: any number of passes can wait for theirs.

        Parameters
        ----------
        x : array_like
            Input, as for `forward`.
        out : ndarray, optional
            Where to store the output. A new array by default.

        Returns
        -------
        y : ndarray or scalar
            What ``forward(x)`` returns.
        backward : callable
            ``backward(grad_output, *, out=None)`` returns the gradient with respect to `x`, as
            `Layer.backward` does, and adds to the gradients of parameters, every time it is called. It keeps
            what it needs for as long as it lives, in evaluation too.

        See Also
        --------
        forward, backward : the same for one pass at a time.
        """
        y, kept = self._go_forward(x, out, True)

        def backward(grad_output: Any, *, out: Any = None) -> Any:
            return self._go_back(kept, grad_output, out)

        return y, backward

    def train(self, mode: bool = True) -> Self:
        """
        Go to training, or to evaluation.

        Parameters
        ----------
        mode : bool, default True
            False for evaluation.

        Returns
        -------
        Layer
            The layer itself.
        """
        self.training = mode
        return self

    def eval(self) -> Self:
        """
        Go to evaluation.

        Returns
        -------
        Layer
            The layer itself.
        """
        return self.train(False)
