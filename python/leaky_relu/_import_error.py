"""What the command line says where the package cannot be imported: a line, not a traceback."""

import os
import sys


def exit_if_command(error: ImportError) -> None:
    """End the process if it was started as ``leaky-relu`` or ``python -m leaky_relu``."""
    if _is_command():
        if sys.stderr is not None:  # print() would take standard output in its place
            print(f"leaky-relu: error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def _is_command() -> bool:
    if sys.argv[:1] == ["-m"]:  # Python is still looking for the module, which its own arguments name
        return sys.orig_argv[-len(sys.argv)].endswith("leaky_relu")
    script = os.path.basename(sys.argv[0]) if sys.argv else ""
    return script.removesuffix(".exe").removesuffix("-script.py") == "leaky-relu"
