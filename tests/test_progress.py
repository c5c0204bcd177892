"""The bar of ``leaky-relu apply``: on a terminal only, and only where it takes long."""

import errno
import os
import sys
from contextlib import redirect_stderr
from types import SimpleNamespace

import numpy as np
import pytest
from helpers import Terminal
from leaky_relu import _apply, _progress


@pytest.fixture
def plain(monkeypatch):
    """Have no rich."""
    monkeypatch.setitem(sys.modules, "rich", None)


@pytest.fixture
def clock(monkeypatch):
    """Stand in for the time; it is moved by hand."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(_progress, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.mark.parametrize("kind", ["plain", "rich"])
def test_progress_on_a_terminal(kind, monkeypatch):
    if kind == "rich":
        pytest.importorskip("rich")
        monkeypatch.setenv("TERM", "xterm")
    else:
        monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setattr(_progress, "_DELAY", 0)
    with redirect_stderr(Terminal()) as terminal, _progress.progress_bar(4_000_000) as advance:
        advance(1_000_000)
        advance(3_000_000)
    assert "100%" in terminal.getvalue()


def test_terminal_that_has_gone(plain, monkeypatch):
    class Gone(Terminal):
        def write(self, _):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(_progress, "_DELAY", 0)
    with redirect_stderr(Gone()), _progress.progress_bar(4) as advance:
        advance(4)


def test_no_progress_elsewhere(capsys, monkeypatch):
    monkeypatch.setattr(_progress, "_DELAY", 0)
    with _progress.progress_bar(4) as advance:
        advance(4)
    assert capsys.readouterr().err == ""


def test_what_is_soon_done_needs_no_bar(plain, clock):
    with redirect_stderr(Terminal()) as terminal, _progress.progress_bar(4) as advance:
        clock.now = 0.4
        advance(4)
    assert terminal.getvalue() == ""


def test_the_bar_moves_ten_times_a_second(plain, clock):
    with redirect_stderr(Terminal()) as terminal, _progress.progress_bar(4_000_000) as advance:
        for clock.now in (0.25, 0.5, 0.53125, 0.5625, 0.625):
            advance(500_000)
    assert terminal.getvalue().split("\r") == ["", " 25% of 4 MB", " 62% of 4 MB", " 62% of 4 MB\n"]


def test_the_bar_of_what_is_interrupted_stays_where_it_was(plain, clock):
    def work():
        with _progress.progress_bar(4_000_000) as advance:
            clock.now = 1
            advance(1_000_000)
            raise KeyboardInterrupt

    with redirect_stderr(Terminal()) as terminal, pytest.raises(KeyboardInterrupt):
        work()
    assert terminal.getvalue().endswith("\r 25% of 4 MB\n")


@pytest.mark.parametrize("dtype", ["i1", "f4"])
def test_what_is_read_counts(folder, plain, monkeypatch, dtype):
    """Also where results are wider."""
    monkeypatch.setattr(_apply, "_PIECE", 1_000_000)
    monkeypatch.setattr(_progress, "_DELAY", 0)
    monkeypatch.setattr(_progress, "_INTERVAL", 0)
    np.save("x.npy", np.zeros(4_000_000 // np.dtype(dtype).itemsize, dtype))
    with redirect_stderr(Terminal()) as terminal:
        _apply.apply("x.npy", "y.npy")
    shown = [f"{percent:3}% of 4 MB" for percent in (25, 50, 75, 100)]
    assert terminal.getvalue().split("\r") == ["", *shown, "100% of 4 MB\n"]
