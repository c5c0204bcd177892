"""Names, signatures and documentation of the ufuncs; what they do is in the extension."""

import inspect
from collections.abc import Callable
from typing import Any

from leaky_relu import _core


def _document(ufunc: Any, template: Callable[..., Any]) -> None:
    # By default a ufunc shows x1, x2 and belongs to no module, so could not be pickled.
    ufunc.__module__ = "leaky_relu"
    ufunc.__qualname__ = template.__name__
    ufunc.__signature__ = inspect.signature(template)
    ufunc.__doc__ = template.__doc__


def leaky_relu(  # type: ignore[no-untyped-def]
    x, /, negative_slope=0.01, out=None, *, where=True, casting="same_kind", order="K", dtype=None, subok=True
):
    """
    doc

    """


def leaky_relu_grad(  # type: ignore[no-untyped-def]
    grad_output, x, /, negative_slope=0.01, out=None, *, where=True, casting="same_kind", order="K", dtype=None, subok=True
):
    """
    doc

    """


_document(_core.leaky_relu, leaky_relu)
_document(_core.leaky_relu_grad, leaky_relu_grad)
