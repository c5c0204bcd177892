"""What ``leaky-relu apply`` refuses: in one line, with status 2, and nothing damaged."""

import errno
import io
import os
import pickle
import shlex
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from helpers import posix_only, saved
from leaky_relu._npy_source import naming

pytestmark = pytest.mark.usefixtures("folder")


def with_header(text):
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(1000)


def header(shape):
    return with_header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + b")}\n")


def empty_zip():
    file = io.BytesIO()
    zipfile.ZipFile(file, "w").close()
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (b"", "not a .npy file"),
        (b"1.0 2.0\n", "not a .npy file"),
        (empty_zip(), "not a .npy file"),
        (pickle.dumps([1.0]), "not a .npy file"),
        (saved(np.array([None])), "object"),
        (b"\x93NUMPY\x03\x00", "version 3.0 of the format"),
        (saved(np.ones(100))[:-1], "ends early: 800 bytes of data are promised, 799 there"),
        (header(b"1" + b"0" * 30 + b","), "ends early"),
        (header(b"-3,"), "not a .npy file"),
        (header(b"1," * 70), "not a .npy file: a shape of"),
        (header(b"1" + b"0" * 30 + b",0"), "not a .npy file: a shape of"),
        (header(b"True, 4"), "not a .npy file: a shape of"),
        (header(b"'''"), "not a .npy file"),
        (header(b"0x,"), "not a .npy file"),
        (header(b"-" * 5000), "not a .npy file"),
        (header(b" " * 20000), "its header is too long"),
        (with_header(b"{'descr': '<f4', b'fortran_order': False, 'shape': ()}\n"), "not a .npy file"),
        (with_header(b"{'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': (2,)}\n"), "arrays"),
        (saved(np.ones(2, complex)), "complex128"),
        (saved(np.zeros(2, "V2")), "--dtype bfloat16"),
        (saved(np.array(["a"])), "<U1"),
    ],
)
def test_input_that_is_none(content, words, refused):
    if content is not None:
        with open("x.npy", "wb") as file:
            file.write(content)
    with open("y.npy", "wb") as file:
        file.write(b"as it was")
    message = refused("apply", "x.npy", "y.npy", "--force")
    assert "x.npy" in message
    assert words in message
    with open("y.npy", "rb") as file:
        assert file.read() == b"as it was"
    assert set(os.listdir()) <= {"x.npy", "y.npy"}


@pytest.mark.parametrize(
    ("content", "words"), [(b"PK", "x.npz: cannot be read: "), (empty_zip(), "x.npz: holds no array")]
)
def test_archives_that_are_none(content, words, refused):
    with open("x.npz", "wb") as file:
        file.write(content)
    assert words in refused("apply", "x.npz", "y.npy")


def test_header_that_cannot_be_read(refused, monkeypatch):
    """The disk is to blame, not what is on it."""

    def fail(_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    np.save("x.npy", np.ones(3))
    monkeypatch.setattr(np.lib.format, "read_magic", fail)
    assert refused("apply", "x.npy", "y.npy").endswith(f"error: x.npy: {os.strerror(errno.EIO)}\n")


def test_errors_without_a_number_keep_their_words():
    with pytest.raises(OSError, match="seek") as error, naming("x.npy"):
        raise io.UnsupportedOperation("seek")
    assert (error.value.filename, error.value.strerror) == ("x.npy", "seek")


def test_bfloat16_without_ml_dtypes(refused, monkeypatch):
    np.save("x.npy", np.zeros(3, np.uint16))
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    assert "pip install ml_dtypes" in refused("apply", "x.npy", "y.npy", "--dtype=bfloat16")


def test_in_place_is_for_files(refused, monkeypatch):
    np.save("x.npy", np.ones(3))
    with open("x.npy") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert "-: only a .npy file can be written over" in refused("apply", "-", "--in-place")


def test_in_place_before_anything_is_written_over(refused, monkeypatch):
    np.save("x.npy", np.ones(3))
    os.truncate("x.npy", os.path.getsize("x.npy") - 1)
    monkeypatch.setattr("leaky_relu._npy_source._size", lambda file: None)
    assert refused("apply", "x.npy", "--in-place").endswith("ends early, 1 bytes or more are missing\n")


def damaged():
    np.savez_compressed("x.npz", np.arange(100_000.0))
    with open("x.npz", "r+b") as file:
        file.seek(os.path.getsize("x.npz") // 2)
        file.write(b"\xff" * 100)


def encrypted():
    np.savez("x.npz", np.ones(3))
    with open("x.npz", "r+b") as file:
        content = bytearray(file.read())
        content[6] |= 1  # the flag, in both headers
        content[content.index(b"PK\1\2") + 8] |= 1
        file.seek(0)
        file.write(content)


@pytest.mark.parametrize("make", [damaged, encrypted])
def test_members_that_cannot_be_read(make, refused):
    make()
    assert "x.npz" in refused("apply", "x.npz", "y.npy")
    assert os.listdir() == ["x.npz"]


def link_to_itself():
    os.symlink("y.npy", "y.npy")


def read_only():
    np.save("y.npy", np.zeros(1))
    os.chmod("y.npy", 0o444)


@posix_only
@pytest.mark.parametrize(
    ("target", "make", "options", "words"),
    [
        ("y.npy", lambda: np.save("y.npy", np.zeros(1)), [], "y.npy: exists; to replace it, use --force"),
        ("y.npy", read_only, ["--force"], "y.npy: is read-only"),
        ("y.npy", link_to_itself, ["--force"], "y.npy: Too many levels of symbolic links"),
        ("y.npy", lambda: os.mkdir("y.npy"), ["--force"], "y.npy: Is a directory"),
        ("y.npy", lambda: os.mkfifo("y.npy"), ["--force"], "y.npy: is not a regular file"),
        ("x.npy", lambda: None, ["--force"], "x.npy: is the input; to write over it, use --in-place"),
        ("y.npy", lambda: os.link("x.npy", "y.npy"), ["--force"], "is the input"),
        ("y.npy", lambda: os.symlink("x.npy", "y.npy"), ["--force"], "is the input"),
        ("missing/y.npy", lambda: None, [], "missing/y.npy: No such file"),
        ("x.npy/y.npy", lambda: None, [], "x.npy/y.npy: Not a directory"),
        ("y.csv", lambda: None, [], "must end with .npy"),
        ("y" * 260 + ".npy", lambda: None, [], "File name too long"),
    ],
)
def test_target_that_is_none(target, make, options, words, unfinished, refused):
    np.save("x.npy", np.ones(3))
    make()
    before = sorted(os.listdir())
    assert words in refused("apply", "x.npy", target, *options)
    assert sorted(os.listdir()) == before
    np.testing.assert_array_equal(np.load("x.npy"), np.ones(3))


@posix_only
@pytest.mark.parametrize(("zeros", "words"), [(12, "y.npy: "), (30, "ends early")])
def test_pipe_that_promises_more_than_a_file_can_have(zeros, words, refused, monkeypatch):
    read, write = os.pipe()
    os.write(write, header(b"1" + b"0" * zeros + b","))
    os.close(write)
    with open(read) as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert words in refused("apply", "-", "y.npy")
    assert os.listdir() == []


def test_target_of_somebody_else(refused, monkeypatch):
    """By os.access, as root may write whatever the mode of a file says."""
    np.save("x.npy", np.ones(3))
    np.save("y.npy", np.zeros(1))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "y.npy: is read-only" in refused("apply", "x.npy", "y.npy", "--force")


@posix_only
def test_source_that_is_read_only_is_not_written_over(refused):
    read_only()
    assert "y.npy: is read-only" in refused("apply", "y.npy", "--in-place")


@pytest.mark.parametrize(
    ("arguments", "redirected", "words"),
    [
        ("x.npy ''", "", "leaky-relu: error: '': what is written is a .npy file"),
        ("x.npy --force ''", "", "leaky-relu: error: '': what is written is a .npy file"),
        ("'two\nlines' y.npy", "", "leaky-relu: error: two lines: No such file or directory"),
        ("'' y.npy", "", "leaky-relu: error: '': No such file or directory"),
        ("x.npy -", ">&-", "leaky-relu: error: standard output is closed"),
        ("- y.npy", "<&-", "leaky-relu: error: standard input is closed"),
        ("z.npz --in-place", "", "leaky-relu: error: z.npz: only a .npy file can be written over"),
    ],
)
@posix_only
def test_what_a_shell_may_give(arguments, redirected, words):
    np.save("x.npy", np.ones(3))
    np.savez("z.npz", a=np.ones(3), b=np.ones(3))
    command = f"{shlex.quote(sys.executable)} -m leaky_relu apply {arguments} {redirected}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(words)
    assert sorted(os.listdir()) == ["x.npy", "z.npz"]
