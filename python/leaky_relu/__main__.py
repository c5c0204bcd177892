"""The command line: ``leaky-relu``, or ``python -m leaky_relu``."""

import argparse
import errno
import math
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from types import FrameType
from typing import Any, TextIO

import leaky_relu
from leaky_relu._apply import RAW_DTYPES, apply
from leaky_relu._npy_source import OUTPUT, naming, standard_output

PROGRAM = "leaky-relu"
DEFAULT_SECONDS = 5.0


def seconds(text: str) -> float:  # argparse's message takes the name
    value = float(text)
    if not 0 <= value < math.inf:
        raise ValueError(text)
    return value


def slopes(text: str) -> list[float]:
    return [float(slope) for slope in text.split(",")]


def _parsers() -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    """Return the parser of the command line, and those of the commands by name."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Leaky ReLU of .npy files, and how fast it is here. Without a command: bench.",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {leaky_relu.__version__}")
    _add_bench_options(parser)
    commands = parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    _add_info(commands)
    _add_apply(commands)
    text = (
        "show what it computes, and how fast it is here beside NumPy and what else is installed of "
        "numexpr, numba, torch and onnxruntime"
    )
    bench = commands.add_parser("bench", help="what it computes, how fast it is here", description=text)
    _add_bench_options(bench)
    _add_plot(commands)
    return parser, commands.choices


# What is not given sets nothing, so that an option before the command is neither lost nor, by a command that
# has no such option, ignored.


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="the same for machines"
    )


def _add_bench_options(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.add_argument(
        "--seconds",
        type=seconds,
        default=argparse.SUPPRESS,
        metavar="S",
        help=f"of comparison, about; 0 for none (default: {DEFAULT_SECONDS:g})",
    )


def _add_info(commands: Any) -> None:
    text = "show versions, instruction set, threads, kept memory, build, CPU"
    _add_json(commands.add_parser("info", help="what is installed", description=text))


def _add_apply(commands: Any) -> None:
    parser = commands.add_parser(
        "apply",
        help="apply it to a .npy file of any size",
        description="Apply it to a .npy file of any size. OUT.npy appears when it is complete: of a run that "
        "is interrupted or killed nothing is left.",
    )
    parser.add_argument("source", metavar="IN", help="a .npy or .npz file, a pipe, or - for standard input")
    parser.add_argument("target", nargs="?", metavar="OUT.npy", help="or - for standard output")
    parser.add_argument(
        "--negative-slope",
        type=float,
        default=0.01,
        metavar="S",
        help="default: 0.01",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--force", action="store_true", help="replace OUT.npy if it exists")
    how.add_argument(
        "--in-place",
        action="store_true",
        help="write over IN itself, without a second file: but what is interrupted is left half done",
    )
    parser.add_argument("--member", metavar="NAME", help="which array of a .npz file")
    parser.add_argument(
        "--dtype",
        choices=RAW_DTYPES,
        help="what the bits are in a file of integers or of 16 raw bits, as NumPy saves bfloat16 (needs "
        "ml_dtypes); OUT has them likewise",
    )


def _add_plot(commands: Any) -> None:
    parser = commands.add_parser(
        "plot",
        help="draw the function and its derivative, or throughput",
        description="Draw the function and its derivative to a .png or .svg file. Needs matplotlib: "
        "pip install 'leaky-relu[plot]'.",
    )
    parser.add_argument("target", metavar="OUT.svg", help="or .png")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--slopes", type=slopes, default=[0.0, 0.01, 0.2], metavar="S,S", help="default: 0,0.01,0.2"
    )
    what.add_argument(
        "--throughput", action="store_true", help="measured here and now, by size, beside what is installed"
    )
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")


def _with_negative_values(words: Sequence[str]) -> list[str]:
    """Join an option and its negative value, as in --slopes=-1e-3,1, which argparse takes for an option."""
    joined: list[str] = []
    for word in words:
        with suppress(ValueError):
            if word.startswith("-") and slopes(word) and joined and joined[-1].startswith("--"):
                joined[-1] += f"={word}"
                continue
        joined.append(word)
    return joined


def _parse() -> argparse.Namespace:
    parser, commands = _parsers()
    arguments, rest = parser.parse_known_args(_with_negative_values(sys.argv[1:]))
    parser = commands.get(arguments.command, parser)  # whose usage goes with what is wrong
    if rest and "target" in arguments and arguments.target is None and (rest[0] == "-" or rest[0][:1] != "-"):
        arguments.target = rest.pop(0)  # after an option: up to Python 3.12 OUT.npy is then not seen
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    taken = {None: ("json", "seconds"), "bench": ("json", "seconds"), "info": ("json",)}
    for option in ("json", "seconds"):
        if option in arguments and option not in taken.get(arguments.command, ()):
            parser.error(f"--{option} is not for {arguments.command}")
    if arguments.command == "apply":
        if arguments.in_place and arguments.target not in (None, arguments.source):
            parser.error("--in-place writes over IN, so OUT.npy must be left out or the same")
        if not arguments.in_place and arguments.target is None:
            parser.error("OUT.npy is missing; to write over IN, use --in-place")
    return arguments


def _run(arguments: argparse.Namespace) -> None:
    # Each command imports what it needs: they are for small things, too.
    as_json = getattr(arguments, "json", False)
    if as_json:
        import json
    match arguments.command:
        case "apply":
            names = ("negative_slope", "in_place", "force", "dtype", "member")
            options = {name: getattr(arguments, name) for name in names}
            target = arguments.source if arguments.in_place else arguments.target
            apply(arguments.source, target, **options)
        case "info":
            from leaky_relu._info import info, info_lines

            with _printing():
                print(json.dumps(info(), indent=2) if as_json else "\n".join(info_lines()))
        case "plot":
            from leaky_relu._comparison import pictures

            if arguments.throughput:
                pictures.save_throughput(arguments.target, force=arguments.force)
            else:
                pictures.save_function(arguments.target, arguments.slopes, force=arguments.force)
        case _:
            from leaky_relu._comparison import demonstration

            duration = getattr(arguments, "seconds", DEFAULT_SECONDS)
            with _printing():
                if as_json:
                    print(json.dumps(demonstration.as_json(duration), indent=2))
                else:
                    demonstration.show(duration)


@contextmanager
def _printing() -> Iterator[None]:
    standard_output()  # print() would do nothing without it, and call that a success
    with naming(OUTPUT):
        yield


@contextmanager
def _standard_error() -> Iterator[None]:
    """Where it is closed, have one to nowhere: print() and argparse take standard output in place of None."""
    if sys.stderr is not None:
        yield
        return
    with (
        open(os.devnull, "w", encoding="utf-8", errors="backslashreplace") as nowhere,
        redirect_stderr(nowhere),
    ):
        yield


class _Signal(BaseException):
    """One that ends the process, when what it has begun is cleaned up."""


@contextmanager
def _signals_clean_up() -> Iterator[None]:
    def end(number: int, frame: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)  # cleaning up is not for interrupting
        raise _Signal(number)

    numbers = [getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")]  # Windows lacks one
    before = {n: signal.getsignal(n) for n in numbers if n and signal.getsignal(n) != signal.SIG_IGN}
    try:
        for number in before:
            signal.signal(number, end)
        yield
    except _Signal as caught:
        for note in getattr(caught, "__notes__", ()):
            _say("warning", note)
        signal.signal(caught.args[0], signal.SIG_DFL)
        signal.raise_signal(caught.args[0])  # so that whoever started the process sees what ended it
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main() -> int:
    """Run the command line; return the exit status."""
    with _standard_error(), warnings.catch_warnings(), _signals_clean_up():
        warnings.showwarning = lambda message, *_: _say("warning", message)
        try:
            _run(_parse())
            with naming(OUTPUT):
                print(end="", flush=True)
        except OSError as error:
            if error.filename == OUTPUT or isinstance(error, BrokenPipeError):
                _lead_nowhere(sys.stdout)
            if _reader_has_gone(error):
                return 1
            reason = error.strerror or str(error)
            name = "''" if error.filename == "" else error.filename
            return _fail(error, f"{name}: {reason}" if name else reason)
        except (ImportError, TypeError, ValueError, Warning) as error:
            return _fail(error, str(error))
    return 0


def _reader_has_gone(error: OSError) -> bool:
    if isinstance(error, BrokenPipeError):
        return True
    # As Windows has it (https://github.com/python/cpython/issues/79935).
    return os.name == "nt" and error.errno == errno.EINVAL and error.filename == OUTPUT


def _fail(error: BaseException, message: str) -> int:
    _say("error", "; ".join([message, *getattr(error, "__notes__", ())]))
    return 2


def _say(kind: str, message: object) -> None:
    line = " ".join(str(message).splitlines())  # NumPy's may have several
    try:
        print(f"{PROGRAM}: {kind}: {line}", file=sys.stderr)
    except OSError:  # a warning that nobody can be told does not end the work
        _lead_nowhere(sys.stderr)


def _lead_nowhere(stream: TextIO) -> None:
    """Let what is left in its buffer go nowhere, or the flush at exit fails again, with status 120."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    sys.exit(main())
