"""Lets threadpoolctl see and limit our threads, without importing it ourselves."""

import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from leaky_relu import _core


def _register(threadpoolctl: Any) -> None:
    class Controller(threadpoolctl.LibController):  # type: ignore[misc]
        user_api = internal_api = "leaky_relu"
        filename_prefixes = ("_core.",)  # as others call theirs as well:
        check_symbols = ("leaky_relu_get_num_threads",)

        def get_num_threads(self) -> int | None:
            get = getattr(self.dynlib, "leaky_relu_get_num_threads", None)
            return None if get is None else int(get())

        def set_num_threads(self, num_threads: int) -> None:
            self.dynlib.leaky_relu_set_num_threads(num_threads)

        def get_version(self) -> str | None:
            return _core.__version__

    threadpoolctl.register(Controller)


class _Finder:
    """Waits in sys.meta_path for the import of threadpoolctl, registers with it, and is gone."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        if name != "threadpoolctl":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _register(module)

        loader.exec_module = exec_module
        return spec


def register() -> None:
    """Register the controller with threadpoolctl, now if it is imported, otherwise when it is."""
    if "threadpoolctl" in sys.modules:
        _register(sys.modules["threadpoolctl"])
    else:
        sys.meta_path.insert(0, _Finder())
