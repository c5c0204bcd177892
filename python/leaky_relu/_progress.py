"""How much of a long job is done, for a person who looks on."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_DELAY, _INTERVAL = 0.5, 0.1  # seconds: what is done by then needs no bar; how often it moves


@contextmanager
def progress_bar(total: int) -> Iterator[Callable[[int], None]]:
    """
    Show a bar on the terminal that standard error is; nothing where it is none, or where it is soon done.

    Parameters
    ----------
    total : int
        Bytes in all.

    Yields
    ------
    callable
        Takes how many bytes have been done since the last call.
    """
    bar: _Plain | None = None
    done, due = 0, time.monotonic() + _DELAY

    def advance(count: int) -> None:
        nonlocal bar, done, due
        done += count
        if terminal and (now := time.monotonic()) >= due:
            due = now + _INTERVAL
            with suppress(OSError):  # a terminal that has gone does not end the work
                bar = bar or _bar(total)
                bar.show(done)

    terminal = total > 0 and sys.stderr.isatty()
    try:
        yield advance
    finally:
        if bar:
            with suppress(OSError):
                bar.close(done)


class _Plain:
    def __init__(self, total: int) -> None:
        self.total = total

    def show(self, done: int) -> None:
        text = f"{done / self.total:4.0%} of {self.total / 1e6:,.0f} MB"
        print(f"\r{text}", end="", file=sys.stderr, flush=True)

    def close(self, done: int) -> None:
        self.show(done)
        print(file=sys.stderr, flush=True)


class _Rich(_Plain):
    def __init__(self, total: int) -> None:
        from rich import progress
        from rich.console import Console

        columns = (
            progress.BarColumn(None),
            progress.TaskProgressColumn(),
            progress.DownloadColumn(),
            progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
        )
        self.bar = progress.Progress(*columns, console=Console(stderr=True))
        self.task = self.bar.add_task("", total=total)
        self.bar.start()

    def show(self, done: int) -> None:
        self.bar.update(self.task, completed=done)

    def close(self, done: int) -> None:
        self.show(done)
        self.bar.stop()


def _bar(total: int) -> _Plain:
    try:
        return _Rich(total)
    except ImportError:
        return _Plain(total)
