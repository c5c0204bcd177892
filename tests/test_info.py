"""What ``leaky-relu info`` shows where facts are missing; how an import knows our command."""

import importlib.metadata
import platform
import sys
from types import SimpleNamespace

import pytest
from leaky_relu import _import_error, _info


def test_without_an_installation(monkeypatch):
    """As where the package is on a path."""

    def fail(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(_info, "distribution", fail)
    build = _info.info()["build"]
    assert build["wheel"] is None
    assert any(line.startswith("build ") and build["extension"] in line for line in _info.info_lines())


@pytest.mark.parametrize(
    "error", [FileNotFoundError, PermissionError, UnicodeDecodeError("utf-8", b"", 0, 1, "")]
)
def test_without_what_linux_says_of_the_cpu(monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(_info, "Path", lambda _: SimpleNamespace(read_text=fail))
    assert _info.info()["cpu"] == (platform.processor() or platform.machine())


def test_what_is_not_known_has_no_line(monkeypatch):
    monkeypatch.setattr(_info, "_cpu", lambda: "")
    assert not [line for line in _info.info_lines() if line.startswith("cpu")]


@pytest.mark.parametrize(
    ("arguments", "words", "is_command"),
    [
        (["/usr/bin/leaky-relu", "info"], [], True),
        (["leaky-relu.exe"], [], True),  # what pip makes on Windows
        (["leaky-relu-script.py"], [], True),  # what setuptools made there
        (["/usr/bin/other"], [], False),
        (["-c"], [], False),
        ([""], [], False),
        ([], [], False),  # as a program may have it that has Python in it
        (["-m", "info"], ["-m", "leaky_relu", "info"], True),
        (["-m", "info"], ["-mleaky_relu", "info"], True),
        (["-m", "leaky_relu"], ["-m", "other", "leaky_relu"], False),
    ],
)
def test_how_the_command_line_is_known(monkeypatch, arguments, words, is_command):
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(sys, "orig_argv", ["python", *words])
    assert _import_error._is_command() == is_command
