"""The settings of layers: checked whenever they are assigned."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from leaky_relu import _core


class _Checked:
    # The value stands in the attribute of this name with an underscore, which layers read for speed.

    def __init__(self, check: Callable[[Any, str, Any], Any]) -> None:
        self._check = check

    def __set_name__(self, owner: type, name: str) -> None:
        self._name, self._place = name, f"_{name}"

    def __get__(self, layer: Any, owner: type | None = None) -> Any:
        return self if layer is None else getattr(layer, self._place)

    def __set__(self, layer: Any, value: Any) -> None:
        setattr(layer, self._place, self._check(layer, self._name, value))


def checked(check: Callable[[Any, str, Any], Any]) -> Any:
    """
    Return an attribute that keeps what `check` makes of the values assigned to it.

    Parameters
    ----------
    check : callable
        Called with the layer, the name of the attribute and the value; raises what the user shall see.

    Returns
    -------
    descriptor
        Any to type checkers, so that the annotation of the attribute is what counts.
    """
    return _Checked(check)


def name_of(layer: Any) -> str:
    return type(layer).__name__


def is_masked(array: Any) -> bool:
    # A plain array is told first, for numpy.ma is imported when it is looked at.
    return type(array) is not np.ndarray and isinstance(array, np.ma.MaskedArray)


def refuse_masked(layer: Any, name: str, array: Any) -> None:
    if is_masked(array):
        raise TypeError(
            f"{name_of(layer)}: {name} is a masked array, the mask of which a layer would lose; "
            f"pass {name}.filled(0) or {name}.data"
        )


def is_floating(dtype: np.dtype[Any]) -> bool:
    """Tell whether `leaky_relu` has a loop for it, so that bfloat16 is among them."""
    try:
        return _core.leaky_relu.resolve_dtypes((dtype, np.dtype(np.float32), None))[0] == dtype
    except TypeError:
        return False


def flag(layer: Any, name: str, value: Any) -> bool:
    if not isinstance(value, bool | np.bool):
        raise TypeError(f"{name_of(layer)}: {name} must be True or False, got {value!r}")
    return bool(value)


def integer(layer: Any, name: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name_of(layer)}: {name} must be an integer, got {value!r}") from None


def count(layer: Any, name: str, value: Any) -> int:
    number = integer(layer, name, value)
    if number < 1:
        raise ValueError(f"{name_of(layer)}: {name} must be at least 1, got {number}")
    return number


def real_number(layer: Any, name: str, value: Any) -> Any:
    """Take a real number of any precision; no bool, which is likely to be another setting's value."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    array = np.asarray(value)
    if array.ndim:
        raise ValueError(f"{name_of(layer)}: {name} must be a scalar, got an array of shape {array.shape}")
    if array.dtype == bool or not any(np.can_cast(array.dtype, loop, "safe") for loop in "fg"):
        raise TypeError(
            f"{name_of(layer)}: {name} must be a real number, got {value!r} of type {type(value).__name__}"
        )
    return array[()]


def parameter(layer: Any, name: str, value: Any) -> Any:
    """Take an array that may take the place of the one there is: of its shape and any floating dtype."""
    shape = getattr(layer, f"_{name}", value).shape
    wanted = f"{name_of(layer)}: {name} must be an array of a floating dtype and shape {shape}, got"
    return _floating_array(wanted, value, shape)


def gradient(layer: Any, name: str, value: Any, shape: tuple[int, ...]) -> Any:
    """Take an array into which gradients can be added."""
    wanted = f"{name_of(layer)}: {name} must be None or an array of a floating dtype and shape {shape}, got"
    if not _floating_array(wanted, value, shape).flags.writeable:
        raise ValueError(f"{wanted} one that is read-only")
    return value


def _floating_array(wanted: str, value: Any, shape: tuple[int, ...]) -> Any:
    if not isinstance(value, np.ndarray) or is_masked(value):
        raise TypeError(f"{wanted} {type(value).__name__}")
    if not is_floating(value.dtype):
        raise TypeError(f"{wanted} dtype {value.dtype}")
    if value.shape != shape:
        raise ValueError(f"{wanted} shape {value.shape}")
    return value
