"""Names, signatures and documentation of the ufuncs; what they do is in the extension."""

import inspect
from typing import Any

from leaky_relu import _core
from leaky_relu._docstrings import DOCSTRINGS
from leaky_relu._dtypes import OPERATIONS

# What every ufunc takes by keyword, as inspect shows it for NumPy's own from NumPy 2.4 on.
_KEYWORDS = {
    "where": True,
    "casting": "same_kind",
    "order": "K",
    "dtype": None,
    "subok": True,
    "signature": None,
}


def _signature(inputs: tuple[str, ...]) -> inspect.Signature:
    *required, slope = inputs
    parameter = inspect.Parameter
    return inspect.Signature(
        [
            *(parameter(name, parameter.POSITIONAL_ONLY) for name in required),
            parameter(slope, parameter.POSITIONAL_OR_KEYWORD, default=0.01),
            parameter("out", parameter.POSITIONAL_OR_KEYWORD, default=None),
            *(parameter(name, parameter.KEYWORD_ONLY, default=value) for name, value in _KEYWORDS.items()),
        ]
    )


def _document(name: str, inputs: tuple[str, ...]) -> None:
    # A ufunc's own signature shows x1 and x2, and without module and name it cannot be pickled.
    ufunc: Any = getattr(_core, name)
    ufunc.__module__ = "leaky_relu"
    ufunc.__qualname__ = name
    ufunc.__signature__ = _signature(inputs)
    ufunc.__doc__ = DOCSTRINGS[name]


for _name, _inputs in OPERATIONS.items():
    _document(_name, _inputs)
