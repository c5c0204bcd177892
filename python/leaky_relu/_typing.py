"""
What type checkers are told: words that the stub of the extension and the functions in front of it share.

Array-likes of strings, complex numbers and objects are refused at run time, so they are no `RealLike`:
`numpy.typing.ArrayLike`, which takes them, would hide the mistake.
"""

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypedDict, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

Floating = TypeVar("Floating", bound=np.floating[Any])
OtherFloating = TypeVar("OtherFloating", bound=np.floating[Any])
Out = TypeVar("Out", bound=NDArray[Any])

# To a type checker, Python's bool and int are floats.
Number: TypeAlias = float | np.floating[Any] | np.integer[Any] | np.bool

Reals: TypeAlias = NDArray[np.floating[Any] | np.integer[Any] | np.bool]


class _HasRealArray(Protocol):  # arrays and scalars of NumPy; tensors, series and all that NumPy converts
    def __array__(self, /) -> Reals: ...


class ArrayOfAnotherLibrary(Protocol):
    """
    An array that answers ufuncs itself, with a type of its own: of pandas, xarray or dask.

    `method` is any string in all of them, one of a few in `numpy.ndarray`, which therefore is none of these.
    """

    def __array_ufunc__(self, ufunc: Any, method: str, /, *inputs: Any, **kwargs: Any) -> Any: ...


# Nested sequences, up to four deep: a recursive alias would take str, which is a sequence of str, for ever.
_Leaf: TypeAlias = Number | _HasRealArray
_Row: TypeAlias = Sequence[_Leaf]
_Rows: TypeAlias = Sequence[_Leaf | _Row]
_Nested: TypeAlias = Sequence[_Leaf | Sequence[_Leaf | _Rows]]

RealLike: TypeAlias = Number | _HasRealArray | _Nested
RealArrayLike: TypeAlias = Reals | _Nested
Scalar: TypeAlias = Number | Reals  # an array only if it has no dimensions
DTypeOf: TypeAlias = type[Floating] | np.dtype[Floating]


class UfuncOptions(TypedDict, total=False):
    """What every ufunc takes beside its inputs, `out` and `dtype`."""

    where: RealLike
    casting: Literal["no", "equiv", "safe", "same_kind", "unsafe"]
    order: Literal["K", "A", "C", "F"]
    subok: bool
    signature: Any


class Backward(Protocol):
    """The way back through one forward pass of a layer: the second result of its `vjp`."""

    @overload
    def __call__(self, grad_output: NDArray[Floating], *, out: None = None) -> NDArray[Floating]: ...
    @overload
    def __call__(self, grad_output: Number, *, out: None = None) -> np.floating[Any]: ...
    @overload
    def __call__(self, grad_output: RealLike, *, out: Out) -> Out: ...
    @overload
    def __call__(self, grad_output: RealArrayLike, *, out: None = None) -> NDArray[np.floating[Any]]: ...
