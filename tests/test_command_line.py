"""``python -m leaky_relu``: the demonstration, and apply for .npy files."""

import io
import json
import os
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from leaky_relu import __version__, _demo, leaky_relu
from leaky_relu.__main__ import main
from leaky_relu._apply import apply


def run(*arguments, **options):
    command = [sys.executable, "-m", "leaky_relu", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def apply_here(source, target, slope=0.01):
    """Without a new interpreter, which would take longer than all the rest."""
    apply(source, target, slope)
    return np.load(target)


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
    blocks = list(_demo.comparisons(0.0, names, sizes=[1, 10]))
    assert [len(rows) for rows in blocks] == [6, 4, 4, 2]
    assert all(row["ratio"] == 1 for rows in blocks for row in rows if row["peer"] == "leaky_relu")


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "long"])
def test_seconds_that_are_none(seconds, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["leaky_relu", f"--seconds={seconds}"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert f"invalid seconds value: '{seconds}'" in capsys.readouterr().err


def test_version():
    assert run("--version").stdout == f"leaky-relu {__version__}\n"


def test_closed_pipe_is_no_error():
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "leaky_relu", "--seconds", "0"]
    result = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert result.stderr == b""


def test_apply_from_the_shell(tmp_path):
    np.save(tmp_path / "x.npy", np.float32([-2, 3]))
    result = run("apply", "x.npy", "y.npy", "--negative-slope", "-0.5", cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), np.float32([1, 3]), strict=True)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "g", ">f4", ">f8", "?", "i1", "u2", "i8"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (7,), (3, 4)])
def test_apply_decides_as_the_ufunc(tmp_path, dtype, shape):
    x = (np.arange(np.prod(shape, dtype=int)).reshape(shape) * 3 - 5).astype(dtype)
    np.save(tmp_path / "x.npy", x)
    y = apply_here(tmp_path / "x.npy", tmp_path / "y.npy")
    np.testing.assert_array_equal(y, np.asarray(leaky_relu(x)), strict=True)
    assert y.dtype.isnative
    assert sorted(os.listdir(tmp_path)) == ["x.npy", "y.npy"]


def test_apply_keeps_fortran_order(tmp_path):
    np.save(tmp_path / "x.npy", np.asfortranarray(np.ones((3, 4))))
    assert apply_here(tmp_path / "x.npy", tmp_path / "y.npy").flags.fnc


def test_apply_replaces_what_a_link_points_to(tmp_path):
    np.save(tmp_path / "x.npy", np.ones(3))
    (tmp_path / "link.npy").symlink_to(tmp_path / "y.npy")
    apply_here(tmp_path / "x.npy", tmp_path / "link.npy")
    assert (tmp_path / "link.npy").is_symlink()
    assert (tmp_path / "y.npy").is_file()


def test_apply_keeps_the_mode_of_what_it_replaces(tmp_path):
    np.save(tmp_path / "x.npy", np.ones(3))
    (tmp_path / "y.npy").touch(mode=0o600)
    apply_here(tmp_path / "x.npy", tmp_path / "y.npy")
    assert (tmp_path / "y.npy").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("options", "code"), [((), 0), (("-W", "error"), 2)])
def test_apply_warns_in_one_line(tmp_path, options, code):
    np.save(tmp_path / "x.npy", np.float32([-1e38]))
    command = [
        sys.executable,
        *options,
        "-m",
        "leaky_relu",
        "apply",
        "x.npy",
        "y.npy",
        "--negative-slope=1e2",
    ]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == code
    assert result.stderr == "python -m leaky_relu: overflow encountered in leaky_relu\n"


def saved(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def header(shape):
    return saved(np.float32(0)).replace(
        b"'shape': (), }" + b" " * len(shape), b"'shape': (" + shape + b"), }"
    )


def empty_zip():
    file = io.BytesIO()
    zipfile.ZipFile(file, "w").close()
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"", "not an array"),
        (b"1.0 2.0\n", "not an array"),
        (empty_zip(), "not an array"),
        (pickle.dumps([1.0]), "not an array"),
        (saved(np.array([None])), "Python objects"),
        (saved(np.ones(100))[:-1], "not an array"),
        (header(b"1" + b"0" * 30 + b","), "not an array"),
        (saved(np.ones(2, complex)), "complex128"),
        (saved(np.zeros(2, "V2")), "bfloat16"),
        (saved(np.array(["a"])), "<U1"),
    ],
)
def test_apply_refuses_in_one_line(tmp_path, content, words, capsys, monkeypatch):
    source, target = tmp_path / "x.npy", tmp_path / "y.npy"
    if content is not None:
        source.write_bytes(content)
    target.write_bytes(b"as it was")
    monkeypatch.setattr(sys, "argv", ["leaky_relu", "apply", str(source), str(target)])
    assert main() == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.count("\n") == 1
    assert str(source) in output.err
    assert words in output.err
    assert target.read_bytes() == b"as it was"
    assert {path.name for path in tmp_path.iterdir()} <= {"x.npy", "y.npy"}


@pytest.mark.parametrize("link", [os.symlink, os.link, None])
def test_apply_does_not_write_over_its_input(tmp_path, link):
    source = target = tmp_path / "x.npy"
    np.save(source, np.ones(3))
    before = source.read_bytes()
    if link:
        target = tmp_path / "y.npy"
        link(source, target)
    with pytest.raises(ValueError, match="is the input"):
        apply_here(source, target)
    assert source.read_bytes() == before


@pytest.mark.parametrize("target", ["missing/y.npy", "x.npy/y.npy", "directory"])
def test_apply_says_which_target_cannot_be_written(tmp_path, target):
    np.save(tmp_path / "x.npy", np.ones(3))
    (tmp_path / "directory").mkdir()
    with pytest.raises((OSError, ValueError), match=target):
        apply_here(tmp_path / "x.npy", tmp_path / target)


def test_apply_leaves_nothing_behind_on_a_full_disk(tmp_path):
    pytest.importorskip("resource")  # a limit on the size of files stands for a full disk
    np.save(tmp_path / "x.npy", np.ones(10_000))
    (tmp_path / "y.npy").write_bytes(b"as it was")
    code = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (9999, 9999));"
        "sys.argv[1:] = ['apply', 'x.npy', 'y.npy']; runpy.run_module('leaky_relu', run_name='__main__')"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert "y.npy: File too large" in result.stderr
    assert (tmp_path / "y.npy").read_bytes() == b"as it was"
    assert sorted(os.listdir(tmp_path)) == ["x.npy", "y.npy"]


def test_nothing_of_it_is_imported_with_the_package():
    code = (
        "import sys, leaky_relu; print(*(m for m in sys.modules if m.startswith(('leaky_relu', 'argparse'))))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {f"leaky_relu.{name}" for name in ("_apply", "_demo", "_peers", "_timing", "__main__")} & set(
        loaded
    )
