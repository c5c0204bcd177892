"""Optional packages are not imported by us; what is to be done with them is done when somebody else does."""

import importlib
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, TypeAlias

_Callback: TypeAlias = Callable[[ModuleType], None]


class _Loader:
    """Stands in front of a loader, which modules may share, and calls back once the module is executed."""

    def __init__(self, loader: Any, callbacks: list[_Callback]) -> None:
        self.loader = loader
        self.callbacks = callbacks

    def __getattr__(self, name: str) -> Any:
        if name == "loader":  # not set yet, as while it is copied: asking it would never end
            raise AttributeError(name)
        return getattr(self.loader, name)

    def exec_module(self, module: ModuleType) -> None:
        spec: Any = getattr(module, "__spec__", None)
        if getattr(spec, "loader", None) is self:  # the module is to see nothing of us
            spec.loader = self.loader
        if getattr(module, "__loader__", None) is self:
            module.__loader__ = self.loader
        self.loader.exec_module(module)
        for callback in tuple(self.callbacks):
            _call(callback, module)


class _Finder:
    """
    Sees, in sys.meta_path, modules of certain names being imported, as often as that happens.

    It stays there for good: whoever takes a finder out of the list hides the next one from threads that walk
    along it. There is one for all copies of this package that a process may import one after the other.
    """

    def __init__(self) -> None:
        self.callbacks: dict[str, list[_Callback]] = {}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in self.callbacks:
            return None
        finders = iter(tuple(sys.meta_path))
        any(finder is self for finder in finders)  # goes on to those behind us: the others have been asked
        for finder in finders:
            find_spec = getattr(finder, "find_spec", None)  # old finders have none
            spec: ModuleSpec | None = None if find_spec is None else find_spec(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader, self.callbacks[name])  # type: ignore[assignment]
                return spec
        return None


def _call(callback: _Callback, module: ModuleType) -> None:
    # An import of somebody else's must not fail because of what we wanted to do with the module.
    with suppress(Exception):
        callback(module)


def _finder() -> _Finder:
    for finder in tuple(sys.meta_path):
        # Not isinstance: a copy of this module that was imported before has a class of its own.
        if type(finder).__module__ == __name__ and type(finder).__qualname__ == _Finder.__qualname__:
            return finder  # type: ignore[return-value]
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    return finder


def when_imported(name: str, callback: _Callback) -> None:
    """
    Call `callback` with the module of that name: now if it is imported, and each time that it is executed.

    Parameters
    ----------
    name : str
        Full name of the module. It is not imported.
    callback : callable
        Takes the module. It is called again if the module is reloaded, or imported anew. Its exceptions are
        dropped. Asking again with the same function changes nothing.
    """
    callbacks = _finder().callbacks.setdefault(name, [])
    if callback in callbacks:
        return
    callbacks.append(callback)
    module = sys.modules.get(name)
    if module is None:
        return
    if getattr(getattr(module, "__spec__", None), "_initializing", False):
        try:
            module = importlib.import_module(name)  # another thread is at it: wait until it is done
        except Exception:  # there it failed, and here again
            return
    _call(callback, module)
