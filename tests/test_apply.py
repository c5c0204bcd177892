"""``leaky-relu apply``: what is in a .npy file, in any size, from anywhere, and never half a file."""

import io
import os
import shlex
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from helpers import Terminal, posix_only, saved
from leaky_relu import _apply as module
from leaky_relu import leaky_relu
from leaky_relu._apply import apply

pytestmark = pytest.mark.usefixtures("folder")


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "leaky_relu", "apply", *arguments], capture_output=True, check=False, **options
    )


def test_from_the_shell():
    np.save("x.npy", np.float32([-2, 3]))
    result = run("x.npy", "--negative-slope", "-5e-1", "y.npy")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    np.testing.assert_array_equal(np.load("y.npy"), np.float32([1, 3]), strict=True)


@pytest.mark.parametrize(
    "arguments", [["x.npy", "--negative-slope", "0.5", "-"], ["--negative-slope=0.5", "x.npy", "-"]]
)
def test_standard_output_after_an_option(arguments):
    np.save("x.npy", np.float32([-1, 2]))
    result = run(*arguments)
    assert (result.returncode, result.stderr) == (0, b"")
    assert np.load(io.BytesIO(result.stdout)).tolist() == [-0.5, 2]


def test_name_in_capitals():
    np.save("x.npy", np.float32([-1, 2]))
    apply("x.npy", "Y.NPY", 0.5)
    assert np.load("Y.NPY").tolist() == [-0.5, 2]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "g", ">f4", ">f8", "?", "i1", "u2", "i8"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (7,), (3, 4)])
def test_decides_as_the_ufunc(dtype, shape, unfinished):
    x = (np.arange(np.prod(shape, dtype=int)).reshape(shape) * 3 - 5).astype(dtype)
    np.save("x.npy", x)
    apply("x.npy", "y.npy")
    y = np.load("y.npy")
    np.testing.assert_array_equal(y, np.asarray(leaky_relu(x)), strict=True)
    assert y.dtype.isnative
    assert sorted(os.listdir()) == ["x.npy", "y.npy"]


@pytest.mark.parametrize("dtype", ["f4", "i1", ">f8"])
@pytest.mark.parametrize("count", [15, 16, 17, 100])
def test_pieces(dtype, count, monkeypatch):
    monkeypatch.setattr(module, "_PIECE", 16 * np.dtype(dtype).itemsize)
    x = (np.arange(count) - count // 2).astype(dtype)
    np.save("x.npy", x)
    apply("x.npy", "y.npy", 0.5)
    np.testing.assert_array_equal(np.load("y.npy"), leaky_relu(x, 0.5))


def test_keeps_fortran_order():
    np.save("x.npy", np.asfortranarray(np.arange(-6.0, 6).reshape(3, 4)))
    apply("x.npy", "y.npy")
    y = np.load("y.npy")
    assert y.flags.fnc
    np.testing.assert_array_equal(y, leaky_relu(np.load("x.npy")))


def test_older_format_of_the_header():
    with open("x.npy", "wb") as file:
        np.lib.format.write_array(file, np.float32([-1, 2]), version=(2, 0))
    apply("x.npy", "y.npy", 0.5)
    np.testing.assert_array_equal(np.load("y.npy"), np.float32([-0.5, 2]), strict=True)


@pytest.mark.parametrize("dtype", ["f4", ">f4"])
def test_in_place(dtype, monkeypatch):
    monkeypatch.setattr(module, "_PIECE", 64)
    x = (np.arange(100) - 50).astype(dtype)
    np.save("x.npy", x)
    number = os.stat("x.npy").st_ino
    apply("x.npy", "x.npy", -0.5, in_place=True)
    np.testing.assert_array_equal(np.load("x.npy"), leaky_relu(x, -0.5))
    assert (os.stat("x.npy").st_ino, os.listdir()) == (number, ["x.npy"])


def test_in_place_may_name_the_file_twice(command_line):
    np.save("x.npy", np.float32([-1, 2]))
    assert command_line("apply", "x.npy", "x.npy", "--in-place", "--negative-slope=0.5") == (0, "", "")
    assert np.load("x.npy").tolist() == [-0.5, 2]


def test_in_place_tells_how_far_it_came(refused, monkeypatch):
    monkeypatch.setattr(module, "_PIECE", 64)
    np.save("x.npy", np.ones(100, np.float32))
    os.truncate("x.npy", os.path.getsize("x.npy") - 4)
    monkeypatch.setattr("leaky_relu._npy_source._size", lambda file: None)
    words = refused("apply", "x.npy", "--in-place")
    assert "ends early, 4 bytes" in words
    assert "about 96 of 100 elements are written over" in words


def test_in_place_takes_what_keeps_its_dtype(refused):
    np.save("x.npy", np.arange(3))
    assert "int64, but the result float64" in refused("apply", "x.npy", "--in-place")


def test_in_place_is_for_npy_files(refused):
    np.savez("x.npz", np.ones(3, np.float32))
    with open("x.npz", "rb") as file:
        before = file.read()
    assert "x.npz: only a .npy file" in refused("apply", "x.npz", "--in-place")
    with open("x.npz", "rb") as file:
        assert file.read() == before


def test_standard_input_over_a_file(monkeypatch):
    np.save("x.npy", np.float32([-1, 2]))
    np.save("y.npy", np.ones(3))
    with open("x.npy") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        apply("-", "y.npy", 0.5, force=True)
    assert np.load("y.npy").tolist() == [-0.5, 2]


def test_as_many_dimensions_as_there_may_be():
    x = np.full((1,) * 64, -1.0)
    np.save("x.npy", x)
    apply("x.npy", "y.npy", 0.5)
    np.testing.assert_array_equal(np.load("y.npy"), x / 2, strict=True)


def test_standard_streams():
    x = np.arange(-500_000, 500_000, dtype=np.float32)
    result = run("-", "-", input=saved(x))
    assert (result.returncode, result.stderr) == (0, b"")
    np.testing.assert_array_equal(np.load(io.BytesIO(result.stdout)), leaky_relu(x), strict=True)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_member_of_an_archive(save, refused):
    save("x.npz", a=np.float32([-1, 2]), b=np.arange(3))
    apply("x.npz", "y.npy", 0.5, member="a")
    np.testing.assert_array_equal(np.load("y.npy"), np.float32([-0.5, 2]), strict=True)
    assert "one of a, b" in refused("apply", "x.npz", "z.npy")
    assert "no array 'c'" in refused("apply", "x.npz", "z.npy", "--member", "c")
    assert "not a .npz file" in refused("apply", "y.npy", "z.npy", "--member", "a")


def test_only_member_of_an_archive():
    np.savez("x.npz", np.ones(3))
    with zipfile.ZipFile("x.npz", "a") as archive:
        archive.writestr("notes.txt", "is no array")
    apply("x.npz", "y.npy")
    np.testing.assert_array_equal(np.load("y.npy"), np.ones(3), strict=True)


@pytest.mark.parametrize("raw", ["V2", "u2", "i2"])
def test_bfloat16_comes_and_goes_as_raw_bits(raw):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x = np.array([-1, 2, -3], ml_dtypes.bfloat16)
    np.save("x.npy", x.view(raw))
    apply("x.npy", "y.npy", 0.3, dtype="bfloat16")
    y = np.load("y.npy")
    assert y.dtype == raw
    np.testing.assert_array_equal(y.view("u2"), leaky_relu(x, 0.3).view("u2"))


@pytest.mark.parametrize(
    ("array", "dtype", "words"),
    [
        (np.ones(2, "f4"), "float32", "not of float32"),
        (np.ones(2, ">u2"), "float16", "not of >u2"),
        (np.ones(2, "u1"), "float16", "float16 takes 2 bytes"),
        (np.zeros(2, "u1, u1"), "float16", "not of "),
    ],
)
def test_raw_bits_that_are_none(array, dtype, words, refused):
    np.save("x.npy", array)
    assert words in refused("apply", "x.npy", "y.npy", "--dtype", dtype)


@pytest.mark.parametrize(("options", "status", "kind"), [((), 0, "warning"), (("-W", "error"), 2, "error")])
def test_warns_in_one_line(options, status, kind):
    np.save("x.npy", np.float32([-1e38]))
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
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == status
    assert result.stderr == f"leaky-relu: {kind}: overflow encountered in leaky_relu\n"


@posix_only
@pytest.mark.parametrize("stderr", ["&-", "/dev/full"])
@pytest.mark.parametrize("target", ["y.npy", "-"])
def test_warning_that_nobody_can_be_told(target, stderr):
    """It neither gets into the array nor costs it."""
    if stderr == "/dev/full" and not os.path.exists(stderr):
        pytest.skip("Linux has it")
    np.save("x.npy", np.float32([-1e38, 2]))
    command = f"{shlex.quote(sys.executable)} -m leaky_relu apply x.npy {target} --negative-slope=1e2"
    env = os.environ | {"PYTHONUNBUFFERED": ""}  # so that something is left for the flush at exit
    done = subprocess.run(f"{command} 2>{stderr}", shell=True, stdout=subprocess.PIPE, env=env, check=False)
    assert done.returncode == 0
    y = np.load(io.BytesIO(done.stdout) if target == "-" else target)
    np.testing.assert_array_equal(y, np.float32([-np.inf, 2]), strict=True)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_memory_does_not_grow_with_the_file(printed):
    count = 100_000_000
    with open("x.npy", "wb") as file:
        fields = {"descr": "<f4", "fortran_order": False, "shape": (count,)}
        np.lib.format.write_array_header_1_0(file, fields)
        file.truncate(file.tell() + 4 * count)
    # Of this process alone: what getrusage tells of a child includes the size of its parent before the exec.
    most = printed("""
        import sys
        from leaky_relu.__main__ import main
        sys.argv = ["leaky-relu", "apply", "x.npy", "y.npy"]
        assert main() in (0, None)
        with open("/proc/self/status") as file:
            print(*(line.split()[1] for line in file if line.startswith("VmHWM:")))
    """)
    assert int(most) * 1024 < 300e6


def test_terminal_gets_no_array(monkeypatch):
    np.save("x.npy", np.ones(3))
    monkeypatch.setattr(sys, "stdout", Terminal())
    with pytest.raises(ValueError, match="standard output is a terminal"):
        apply("x.npy", "-")
