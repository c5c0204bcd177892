"""What is said where an optional package is missing."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needs(package: str, *, user: str, extra: str) -> Iterator[None]:
    """
    Say how to install a package if it cannot be imported inside.

    Parameters
    ----------
    package : str
        What is imported, by its name on PyPI.
    user : str
        The module or command that cannot do without.
    extra : str
        The extra of this distribution that brings it.

    Raises
    ------
    ImportError
        With the line to type, and what Python said: the package may be there, but broken.
    """
    try:
        yield
    except ImportError as error:
        message = f"{user} needs {package}: pip install 'leaky-relu[{extra}]' ({error})"
        raise ImportError(message, name=error.name, path=error.path) from error
