"""Optional packages are not imported by us; what is to be done with them is done when somebody else does."""

import importlib
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any


class _Loader:
    """Calls back after the module is executed. Wraps the loader, which other modules may share."""

    def __init__(self, loader: Any, callback: Callable[[ModuleType], None]) -> None:
        self.loader = loader
        self.callback = callback

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        self.callback(module)


class _Finder:
    """Waits in sys.meta_path for the import of one module, calls back after it, and is gone."""

    def __init__(self, name: str, callback: Callable[[ModuleType], None]) -> None:
        self.name = name
        self.callback = callback

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if name != self.name:
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                if spec.loader is not None:
                    spec.loader = _Loader(spec.loader, self._imported)  # type: ignore[assignment]
                return spec
        return None

    def _imported(self, module: ModuleType) -> None:
        if self in sys.meta_path:  # after a mere look for the module, or an import that failed, it still is
            sys.meta_path.remove(self)
            self.callback(module)


def when_imported(name: str, callback: Callable[[ModuleType], None]) -> None:
    """Call `callback` with the module of that name, now if it is imported, otherwise when it is."""
    module = sys.modules.get(name)
    if module is not None:
        if getattr(module.__spec__, "_initializing", False):
            module = importlib.import_module(name)  # another thread is at it: wait until it is done
        callback(module)
    else:
        sys.meta_path.insert(0, _Finder(name, callback))
