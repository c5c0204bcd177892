"""Lets threadpoolctl see and limit our threads."""

from typing import Any

from leaky_relu import _core


def register(threadpoolctl: Any) -> None:
    """Register a controller for this package with the module threadpoolctl; before 3.2 it takes none."""
    if not hasattr(threadpoolctl, "register"):
        return

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
