"""``leaky-relu`` and ``python -m leaky_relu``, but for ``apply``, which has a module of its own."""

import errno
import json
import os
import shlex
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from helpers import posix_only
from leaky_relu import __main__, __version__, get_num_threads, simd_target, simd_targets
from leaky_relu._comparison import demonstration, pictures


def run(*arguments, **options):
    command = [sys.executable, "-m", "leaky_relu", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def run_in_shell(line, **options):
    command = f"{shlex.quote(sys.executable)} -m leaky_relu {line}"
    return subprocess.run(command, shell=True, capture_output=True, text=True, check=False, **options)


def test_demonstration_shows_the_function_at_its_corners():
    result = run("--seconds", 0)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"leaky-relu {__version__}" in result.stdout
    assert ["-inf", "-inf", "0.01"] in [line.split() for line in result.stdout.splitlines()]


def test_json_is_strict_and_has_the_same_values():
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    report = json.loads(run("--json", "--seconds", 0).stdout, parse_constant=refuse)
    assert report["simd_target"] in report["simd_targets"]
    assert report["values"][2] == {"x": "-0", "f(x)": "-0", "f'(x)": "0.01"}


def test_comparison_has_a_row_for_each_peer_and_size():
    names = ["leaky_relu", "np.maximum", "np.where"]
    blocks = list(demonstration.comparisons(0.0, names, sizes=[100, 200]))
    assert [len(rows) for rows in blocks] == [6, 4, 4, 2, 2]
    assert all(row["ratio"] == 1 for rows in blocks for row in rows if row["peer"] == "leaky_relu")


def test_comparison_shares_the_seconds(monkeypatch):
    shares = []
    monkeypatch.setattr(demonstration, "compare_at", lambda *call: shares.append(call[-1]) or [])
    list(demonstration.comparisons(6.0, ["leaky_relu"]))
    assert sum(shares) == pytest.approx(6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seconds=-1"], "invalid seconds value: '-1'"),
        (["--seconds=nan"], "invalid seconds value: 'nan'"),
        (["bench", "--seconds=inf"], "invalid seconds value: 'inf'"),
        (["--json", "apply", "x.npy", "y.npy"], "--json is not for apply"),
        (["--seconds=1", "info"], "--seconds is not for info"),
        (["apply", "x.npy"], "OUT.npy is missing"),
        (["apply", "x.npy", "--in-place", "y.npy"], "--in-place writes over IN"),
        (["apply", "x.npy", "--force", "y.npy", "z.npy"], "unrecognized arguments: z.npy"),
        (["apply", "x.npy", "--dtype=int8", "y.npy"], "invalid choice: 'int8'"),
        (["apply", "x.npy", "y.npy", "z.npy"], "unrecognized arguments: z.npy"),
        (["apply", "x.npy", "-1"], "leaky-relu: error: x.npy: No such file"),  # -1 is OUT.npy
        (["-1"], "invalid choice: '-1'"),
    ],
)
def test_arguments_that_make_no_sense(command_line, arguments, words):
    status, out, err = command_line(*arguments)
    assert (status, out) == (2, "")
    assert words in err


@pytest.mark.parametrize(
    ("arguments", "usage"),
    [
        (["apply", "x.npy"], "leaky-relu apply [-h]"),
        (["info", "x"], "leaky-relu info [-h]"),
        (["x"], "leaky-relu [-h]"),
    ],
)
def test_usage_is_that_of_the_command(command_line, arguments, usage):
    assert usage in command_line(*arguments)[2]


@pytest.mark.parametrize(
    "arguments", [["--json", "bench", "--seconds=0"], ["--seconds=0", "bench", "--json"], ["--json", "info"]]
)
def test_options_before_the_command_count(command_line, monkeypatch, arguments):
    monkeypatch.setattr(demonstration, "comparisons", None)  # 0 seconds of them are none
    status, out, err = command_line(*arguments)
    assert (status, err) == (0, "")
    assert json.loads(out).get("timings", []) == []


def test_no_seconds_for_people(command_line, monkeypatch):
    monkeypatch.setattr(demonstration, "comparisons", None)
    status, out, err = command_line("--seconds=0")
    assert (status, err) == (0, "")
    assert "Time of a call" not in out


def test_info_for_machines_has_numbers_as_numbers(command_line):
    status, out, err = command_line("info", "--json")
    facts = json.loads(out)
    assert (status, err) == (0, "")
    assert facts["threads"] == get_num_threads()
    assert facts["simd_target"] == simd_target() in facts["simd_targets"]
    assert {"leaky_relu", "python", "numpy", "cpu", "platform", "cache", "build"} <= facts.keys()


def test_info_for_people(command_line):
    _, out, _ = command_line("info")
    assert f"leaky relu   {__version__}\n" in out
    assert f"numpy        {np.__version__}\n" in out
    others = [target for target in simd_targets() if target != simd_target()]
    more = f" (this machine can also run {', '.join(others)})" * bool(others)
    assert f"simd target  {simd_target()}{more}\n" in out


@pytest.mark.parametrize("variable", ["LEAKY_RELU_SIMD", "LEAKY_RELU_NUM_THREADS"])
def test_environment_that_cannot_be_obeyed_is_told_in_a_line(variable):
    result = run("--version", env=os.environ | {variable: "many"})
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"leaky-relu: error: {variable}")
    assert result.stderr.count("\n") == 1


def test_script_tells_in_a_line_what_cannot_be_obeyed(tmp_path):
    script = tmp_path / "leaky-relu"  # as pip writes it
    script.write_text("from leaky_relu.__main__ import main\n")
    env = os.environ | {"LEAKY_RELU_SIMD": "many"}
    done = subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("leaky-relu: error: LEAKY_RELU_SIMD")


def test_environment_that_cannot_be_obeyed_is_an_exception_for_programs(run_python, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other/__init__.py").write_text("import leaky_relu")
    (tmp_path / "other/__main__.py").touch()
    package = {"cwd": tmp_path, "env": os.environ | {"LEAKY_RELU_SIMD": "many"}}
    for done in (
        run_python("import leaky_relu", LEAKY_RELU_SIMD="many"),
        subprocess.run(
            [sys.executable, "-m", "other"], capture_output=True, text=True, check=False, **package
        ),
    ):
        assert done.returncode == 1
        assert "Traceback" in done.stderr


@pytest.mark.parametrize("name", ["picture.svg", "picture.png"])
def test_plot_of_the_function(command_line, tmp_path, name):
    pytest.importorskip("matplotlib")
    file = tmp_path / name
    assert command_line("plot", file, "--slopes=-0.5,0") == (0, "", "")
    first = file.read_bytes()
    assert command_line("plot", file, "--slopes", "-5e-1,0", "--force") == (0, "", "")
    assert file.read_bytes() == first
    assert first.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")
    if name.endswith("svg"):
        assert b">slope -0.5<" in first
        assert b">slope 0<" in first
        assert b"#ffffff" not in first  # no background, so that it stands on a dark page too


def test_plot_of_throughput(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(demonstration, "available_peers", lambda: (["leaky_relu", "np.maximum"], {}))
    monkeypatch.setattr(demonstration, "compare_at", lambda *_: [{"peer": "leaky_relu", "seconds": 1e-6}])
    pictures.save_throughput(str(tmp_path / "picture.svg"))
    assert ">leaky_relu<" in (tmp_path / "picture.svg").read_text("utf-8")


def test_plot_of_throughput_replaces_by_force_only(command_line, tmp_path, monkeypatch):
    """What is in the way is told before the work."""
    pytest.importorskip("matplotlib")
    rows, measured = [{"peer": "leaky_relu", "seconds": 1e-6}], []
    monkeypatch.setattr(demonstration, "available_peers", lambda: (["leaky_relu"], {}))
    monkeypatch.setattr(demonstration, "compare_at", lambda *_: measured.append(1) or rows)
    file = tmp_path / "picture.svg"
    file.touch()
    assert "use --force" in command_line("plot", file, "--throughput")[2]
    assert not measured
    assert command_line("plot", file, "--throughput", "--force") == (0, "", "")
    assert file.read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(("name", "words"), [("picture.pdf", ".png or .svg"), ("exists.svg", "use --force")])
def test_plot_of_what_it_does_not_write(command_line, tmp_path, name, words):
    (tmp_path / "exists.svg").touch()
    status, _, err = command_line("plot", tmp_path / name)
    assert status == 2
    assert words in err


def test_plot_without_matplotlib_names_what_to_install(command_line, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    status, _, err = command_line("plot", tmp_path / "picture.svg")
    assert status == 2
    assert "pip install 'leaky-relu[plot]'" in err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (6.123e-8, "0.0612 us"),
        (4.9e-6, "4.90 us"),
        (9.996e-4, "1.00 ms"),
        (0.2414, "241 ms"),
        (12.34, "12.3 s"),
    ],
)
def test_durations_for_people(seconds, text):
    assert demonstration.duration(seconds) == text


@pytest.mark.parametrize(("value", "text"), [(1.0, "1.00"), (99.96, "100"), (1234.5, "1,230")])
def test_three_digits(value, text):
    assert demonstration.three_digits(value) == text


def test_demonstration_fits_a_terminal(capsys, monkeypatch):
    def measured(operation, way, size, names, seconds):
        call = {"operation": operation, "way": way, "size": size}
        return [
            call | {"peer": peer, "seconds": 123e-6, "ratio": 123.4} for peer in ("leaky_relu", "np.where")
        ]

    monkeypatch.setattr(demonstration, "compare_at", measured)
    absent = {name: f"{name} is not installed" for name in ("numba", "torch")}
    monkeypatch.setattr(demonstration, "available_peers", lambda: ([], absent))
    demonstration.show(1.0)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) < 100
    assert [line for line in lines if "torch" in line] == ["Not installed: numba, torch."]


def test_version():
    assert run("--version").stdout == f"leaky-relu {__version__}\n"


def test_closed_pipe_is_no_error():
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "leaky_relu", "--seconds", "0"]
    result = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (result.returncode, result.stderr) == (1, b"")


@posix_only
@pytest.mark.parametrize("arguments", ["info", "info --json", "--seconds=0", "bench --seconds=0 --json"])
def test_standard_output_is_closed(arguments):
    done = run_in_shell(f"{arguments} >&-")
    assert (done.returncode, done.stderr) == (2, "leaky-relu: error: standard output is closed\n")


@posix_only
@pytest.mark.parametrize(
    ("arguments", "target"), [("info x", ""), ("apply nowhere.npy -", ""), ("info", "many")]
)
def test_standard_error_is_closed(arguments, target):
    """The status alone tells that something is wrong; words on standard output might be taken for data."""
    done = run_in_shell(f"{arguments} 2>&-", env=os.environ | {"LEAKY_RELU_SIMD": target})
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("arguments", [["--version"], ["apply", "nowhere.npy", "y.npy"]])
def test_handlers_of_signals_are_put_back(command_line, arguments):
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    shown = warnings.showwarning
    try:
        command_line(*arguments)
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
        assert warnings.showwarning is shown
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(("name", "gone"), [("standard output", True), ("x.npy", False), (None, False)])
def test_closed_pipe_of_windows(name, gone, monkeypatch):
    monkeypatch.setattr(os, "name", "nt")
    assert __main__._reader_has_gone(OSError(errno.EINVAL, "Invalid argument", name)) == gone
    assert not __main__._reader_has_gone(OSError(errno.ENOSPC, "No space left on device", name))


def test_nothing_of_it_is_imported_with_the_package():
    code = (
        "import sys, leaky_relu; print(*(m for m in sys.modules if m.startswith(('leaky_relu', 'argparse'))))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {f"leaky_relu.{name}" for name in ("_apply", "_comparison", "__main__")} & set(loaded)
