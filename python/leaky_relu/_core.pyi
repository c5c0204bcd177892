from typing import Any, Unpack, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from leaky_relu._typing import (
    ArrayOfAnotherLibrary,
    DTypeOf,
    Floating,
    Number,
    Out,
    RealArrayLike,
    RealLike,
    UfuncOptions,
)

__version__: str

# The overloads of every ufunc, in this order:
#   arrays: the result has their floating dtype, whatever dtype the parameters have
#   scalars of NumPy, likewise; numbers of Python, which are float64
#   `dtype=` says what the result is
#   `out`, by keyword or by position, is the result
#   other arrays and nested sequences of real numbers: some floating dtype
#   all else that is real, arrays of other libraries among them: what these make of it
# numpy marks ufunc final, and derives its own from it all the same.

class _LeakyReLU(np.ufunc):  # type: ignore[misc]
    @overload
    def __call__(
        self,
        x: NDArray[Floating],
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> NDArray[Floating]: ...
    @overload
    def __call__(
        self,
        x: Floating,
        /,
        negative_slope: Number = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> Floating: ...
    @overload
    def __call__(
        self,
        x: float,
        /,
        negative_slope: Number = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> np.float64: ...
    @overload
    def __call__(
        self,
        x: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: DTypeOf[Floating],
        **options: Unpack[UfuncOptions],
    ) -> NDArray[Floating]: ...
    @overload
    def __call__(
        self,
        x: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        *,
        out: Out | tuple[Out],
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Out: ...
    @overload
    def __call__(
        self,
        x: RealLike,
        negative_slope: RealLike,
        out: Out,
        /,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Out: ...
    @overload
    def __call__(
        self,
        x: RealArrayLike,
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> NDArray[np.floating[Any]]: ...
    @overload
    def __call__(
        self,
        x: RealLike | ArrayOfAnotherLibrary,
        /,
        negative_slope: RealLike | ArrayOfAnotherLibrary = 0.01,
        out: Any = None,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Any: ...

class _LeakyReLUGrad(np.ufunc):  # type: ignore[misc]
    @overload
    def __call__(
        self,
        grad_output: NDArray[Floating],
        x: NDArray[Floating],
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> NDArray[Floating]: ...
    @overload
    def __call__(
        self,
        grad_output: Floating,
        x: Floating,
        /,
        negative_slope: Number = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> Floating: ...
    @overload
    def __call__(
        self,
        grad_output: float,
        x: float,
        /,
        negative_slope: Number = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> np.float64: ...
    @overload
    def __call__(
        self,
        grad_output: RealLike,
        x: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: DTypeOf[Floating],
        **options: Unpack[UfuncOptions],
    ) -> NDArray[Floating]: ...
    @overload
    def __call__(
        self,
        grad_output: RealLike,
        x: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        *,
        out: Out | tuple[Out],
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Out: ...
    @overload
    def __call__(
        self,
        grad_output: RealLike,
        x: RealLike,
        negative_slope: RealLike,
        out: Out,
        /,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Out: ...
    @overload
    def __call__(
        self,
        grad_output: RealArrayLike,
        x: RealArrayLike,
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> NDArray[np.floating[Any]]: ...
    @overload
    def __call__(
        self,
        grad_output: RealLike | ArrayOfAnotherLibrary,
        x: RealLike | ArrayOfAnotherLibrary,
        /,
        negative_slope: RealLike | ArrayOfAnotherLibrary = 0.01,
        out: Any = None,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Any: ...

class _BiasLeakyReLU(np.ufunc):  # type: ignore[misc]
    @overload
    def __call__(
        self,
        x: NDArray[Floating],
        bias: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> NDArray[Floating]: ...
    @overload
    def __call__(
        self,
        x: Floating,
        bias: Number,
        /,
        negative_slope: Number = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> Floating: ...
    @overload
    def __call__(
        self,
        x: float,
        bias: Number,
        /,
        negative_slope: Number = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> np.float64: ...
    @overload
    def __call__(
        self,
        x: RealLike,
        bias: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: DTypeOf[Floating],
        **options: Unpack[UfuncOptions],
    ) -> NDArray[Floating]: ...
    @overload
    def __call__(
        self,
        x: RealLike,
        bias: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        *,
        out: Out | tuple[Out],
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Out: ...
    @overload
    def __call__(
        self,
        x: RealLike,
        bias: RealLike,
        negative_slope: RealLike,
        out: Out,
        /,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Out: ...
    @overload
    def __call__(
        self,
        x: RealArrayLike,
        bias: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> NDArray[np.floating[Any]]: ...
    @overload
    def __call__(
        self,
        x: RealLike | ArrayOfAnotherLibrary,
        bias: RealLike | ArrayOfAnotherLibrary,
        /,
        negative_slope: RealLike | ArrayOfAnotherLibrary = 0.01,
        out: Any = None,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Any: ...

class _AffineLeakyReLU(np.ufunc):  # type: ignore[misc]
    @overload
    def __call__(
        self,
        x: NDArray[Floating],
        scale: RealLike,
        bias: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> NDArray[Floating]: ...
    @overload
    def __call__(
        self,
        x: Floating,
        scale: Number,
        bias: Number,
        /,
        negative_slope: Number = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> Floating: ...
    @overload
    def __call__(
        self,
        x: float,
        scale: Number,
        bias: Number,
        /,
        negative_slope: Number = 0.01,
        out: None = None,
        *,
        dtype: None = None,
        **options: Unpack[UfuncOptions],
    ) -> np.float64: ...
    @overload
    def __call__(
        self,
        x: RealLike,
        scale: RealLike,
        bias: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: DTypeOf[Floating],
        **options: Unpack[UfuncOptions],
    ) -> NDArray[Floating]: ...
    @overload
    def __call__(
        self,
        x: RealLike,
        scale: RealLike,
        bias: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        *,
        out: Out | tuple[Out],
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Out: ...
    @overload
    def __call__(
        self,
        x: RealLike,
        scale: RealLike,
        bias: RealLike,
        negative_slope: RealLike,
        out: Out,
        /,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Out: ...
    @overload
    def __call__(
        self,
        x: RealArrayLike,
        scale: RealLike,
        bias: RealLike,
        /,
        negative_slope: RealLike = 0.01,
        out: None = None,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> NDArray[np.floating[Any]]: ...
    @overload
    def __call__(
        self,
        x: RealLike | ArrayOfAnotherLibrary,
        scale: RealLike | ArrayOfAnotherLibrary,
        bias: RealLike | ArrayOfAnotherLibrary,
        /,
        negative_slope: RealLike | ArrayOfAnotherLibrary = 0.01,
        out: Any = None,
        *,
        dtype: DTypeLike | None = None,
        **options: Unpack[UfuncOptions],
    ) -> Any: ...

leaky_relu: _LeakyReLU
leaky_relu_grad: _LeakyReLUGrad
bias_leaky_relu: _BiasLeakyReLU
affine_leaky_relu: _AffineLeakyReLU

OPERATIONS: dict[str, tuple[str, ...]]

def simd_target() -> str: ...
def simd_targets() -> list[str]: ...
def get_num_threads() -> int: ...
def set_num_threads(n: int) -> None: ...
def _packed_forward(x: Any, negative_slope: Any, out: Any) -> Any: ...
def _packed_gradient(grad_output: Any, positive: Any, negative_slope: Any, out: Any) -> Any: ...
def _clear_cache() -> int: ...
def _cache_info() -> tuple[int, int, int, int, int]: ...
def _set_cache_lifetime(milliseconds: int) -> None: ...
def _set_cache_budget(bytes: int) -> None: ...
def _use_target(name: str) -> None: ...
def _set_fast_call(enabled: bool) -> bool: ...
def _prelu_grad(
    grad_output: NDArray[Any], x: NDArray[Any], slopes: NDArray[Any], inner: int
) -> tuple[NDArray[Any], NDArray[Any]]: ...
def _bias_grad(
    grad_output: NDArray[Any], y: NDArray[Any], negative_slope: Any, channel_axis: Any, out: Any
) -> Any: ...
def _register_bfloat16(type_number: int) -> None: ...
