"""Where results of layers go."""

from typing import Any

import numpy as np

from leaky_relu.layers._settings import name_of


def writable_input(layer: Any, x: Any) -> Any:
    """Return the input of a layer that works in place, or say why it cannot hold the output."""
    if isinstance(x, np.ndarray) and x.flags.writeable and x.dtype.kind not in "biu":
        return x
    where = f"{name_of(layer)}(inplace=True)"
    if not isinstance(x, np.ndarray):
        raise TypeError(f"{where} works on arrays, got {type(x).__name__}")
    if not x.flags.writeable:
        raise ValueError(f"{where} cannot write to its input, which is read-only")
    raise TypeError(
        f"{where}: x has dtype {x.dtype}, which cannot hold the output; "
        "convert it first, for example with x.astype(np.float32)"
    )


def stored(where: str, result: Any, out: Any) -> Any:
    """Return `out` with the result of a function that cannot write there itself."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{where}: out must be an array, got {type(out).__name__}")
    if out.dtype.newbyteorder("=") != result.dtype or out.shape != result.shape:
        raise ValueError(
            f"{where}: out must have dtype {result.dtype} and shape {result.shape}, "
            f"got {out.dtype} and {out.shape}"
        )
    np.copyto(out, result)
    return out
