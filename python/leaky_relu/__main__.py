"""The command line: a demonstration, and Leaky ReLU of a .npy file."""

import argparse
import json
import math
import os
import sys
import warnings
from pathlib import Path

import leaky_relu
from leaky_relu import _apply, _demo


def seconds(text: str) -> float:  # argparse's message takes the name
    value = float(text)
    if not 0 <= value < math.inf:
        raise ValueError(text)
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m leaky_relu",
        description="Without a command: show what is installed, what it computes, and how fast it is here "
        "beside NumPy expressions and those of numexpr, numba, torch and onnxruntime that are installed.",
    )
    parser.add_argument("--version", action="version", version=f"leaky-relu {leaky_relu.__version__}")
    parser.add_argument("--json", action="store_true", help="the same for machines")
    parser.add_argument(
        "--seconds",
        type=seconds,
        default=5.0,
        metavar="S",
        help="of comparison, about; 0 for none (default: 5)",
    )
    commands = parser.add_subparsers(title="commands", dest="command", metavar="{apply}")
    apply = commands.add_parser("apply", help="apply to a .npy file", description="Apply to a .npy file.")
    apply.add_argument("source", type=Path, metavar="IN.npy")
    apply.add_argument("target", type=Path, metavar="OUT.npy", help="replaced if it exists; not the input")
    apply.add_argument(
        "--negative-slope",
        type=float,
        default=0.01,
        metavar="S",
        help="default: 0.01; =S if it begins with -",
    )
    return parser


def main() -> int:
    arguments = _parser().parse_args()
    try:
        if arguments.command == "apply":
            _apply.apply(arguments.source, arguments.target, arguments.negative_slope)
        elif arguments.json:
            print(json.dumps(_demo.as_json(arguments.seconds), indent=2))
        else:
            _demo.show(arguments.seconds)
        print(end="", flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at exit fails again
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except (TypeError, ValueError, Warning) as error:
        return _fail(str(error))
    return 0


def _fail(message: str) -> int:
    print(f"python -m leaky_relu: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    warnings.formatwarning = lambda message, *_: f"python -m leaky_relu: {message}\n"
    sys.exit(main())
