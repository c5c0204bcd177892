"""What a saved state must be to fit a layer."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def check_names(where: str, state: Mapping[str, Any], names: Iterable[str]) -> None:
    missing = [name for name in names if name not in state]
    unexpected = [name for name in state if name not in names]
    if missing or unexpected:
        raise ValueError(
            f"{where}: the state is of another layer; "
            f"missing: {', '.join(missing) or 'nothing'}; unexpected: {', '.join(unexpected) or 'nothing'}"
        )


def fitting(
    where: str, state: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> dict[str, NDArray[Any]]:
    """Return the values of the state, or raise if they cannot be copied into the arrays as they are."""
    check_names(where, state, arrays)
    return {name: _fitting(f"{where}: {name}", np.asarray(state[name]), arrays[name]) for name in arrays}


def _fitting(what: str, value: NDArray[Any], here: NDArray[Any]) -> NDArray[Any]:
    if value.dtype.kind == here.dtype.kind == "V" and value.dtype.itemsize == here.dtype.itemsize:
        value = value.view(here.dtype)  # bfloat16, of which NumPy's files know no more than the size
    if value.shape != here.shape:
        raise ValueError(f"{what} has shape {value.shape} in the state, but {here.shape} in the layer")
    if not np.can_cast(value.dtype, here.dtype, "safe"):
        raise ValueError(
            f"{what} has dtype {value.dtype} in the state, which {here.dtype} of the layer cannot hold; "
            "convert one of the two with .astype first"
        )
    return value
