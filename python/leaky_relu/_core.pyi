from typing import Any, Literal, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_Floating = TypeVar("_Floating", bound=np.floating[Any])
_Out = TypeVar("_Out", bound=NDArray[Any])
_Casting: TypeAlias = Literal["no", "equiv", "safe", "same_kind", "unsafe"]
_Order: TypeAlias = Literal["K", "A", "C", "F"]

__version__: str

# numpy marks ufunc final, and derives its own from it all the same.
class _LeakyReLU(np.ufunc):  # type: ignore[misc]
    @overload
    def __call__(
        self,
        x: NDArray[_Floating],
        /,
        negative_slope: ArrayLike = 0.01,
        out: None = None,
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: None = None,
        subok: bool = True,
    ) -> NDArray[_Floating]: ...
    @overload
    def __call__(
        self,
        x: ArrayLike,
        /,
        negative_slope: ArrayLike = 0.01,
        *,
        out: _Out | tuple[_Out],
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: DTypeLike | None = None,
        subok: bool = True,
    ) -> _Out: ...
    @overload
    def __call__(self, x: ArrayLike, negative_slope: ArrayLike, out: _Out, /) -> _Out: ...
    @overload
    def __call__(
        self,
        x: Any,
        /,
        negative_slope: Any = 0.01,
        out: Any = None,
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: DTypeLike | None = None,
        subok: bool = True,
    ) -> Any: ...

class _LeakyReLUGrad(np.ufunc):  # type: ignore[misc]
    @overload
    def __call__(
        self,
        grad_output: NDArray[_Floating],
        x: NDArray[_Floating],
        /,
        negative_slope: ArrayLike = 0.01,
        out: None = None,
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: None = None,
        subok: bool = True,
    ) -> NDArray[_Floating]: ...
    @overload
    def __call__(
        self,
        grad_output: ArrayLike,
        x: ArrayLike,
        /,
        negative_slope: ArrayLike = 0.01,
        *,
        out: _Out | tuple[_Out],
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: DTypeLike | None = None,
        subok: bool = True,
    ) -> _Out: ...
    @overload
    def __call__(
        self, grad_output: ArrayLike, x: ArrayLike, negative_slope: ArrayLike, out: _Out, /
    ) -> _Out: ...
    @overload
    def __call__(
        self,
        grad_output: Any,
        x: Any,
        /,
        negative_slope: Any = 0.01,
        out: Any = None,
        *,
        where: ArrayLike = True,
        casting: _Casting = "same_kind",
        order: _Order = "K",
        dtype: DTypeLike | None = None,
        subok: bool = True,
    ) -> Any: ...

leaky_relu: _LeakyReLU
leaky_relu_grad: _LeakyReLUGrad

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
def _prelu(x: NDArray[Any], slopes: NDArray[Any], inner: int, out: NDArray[Any] | None) -> NDArray[Any]: ...
def _prelu_grad(
    grad_output: NDArray[Any], x: NDArray[Any], slopes: NDArray[Any], inner: int
) -> tuple[NDArray[Any], NDArray[Any]]: ...
def _register_bfloat16(type_number: int) -> None: ...
