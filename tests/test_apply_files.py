"""How ``leaky-relu apply`` makes its file: links, modes, names, room on the disk."""

import errno
import os

import numpy as np
import pytest
from helpers import linux_only, posix_only
from leaky_relu import _atomic_file
from leaky_relu._apply import apply

pytestmark = pytest.mark.usefixtures("folder")


@posix_only
def test_replaces_what_a_link_points_to_and_keeps_its_mode(unfinished):
    np.save("x.npy", np.ones(3))
    for name, mode in (("there.npy", 0o600), ("new.npy", None)):
        if mode:
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, mode))
        os.symlink(name, f"link to {name}")
        apply("x.npy", f"link to {name}", force=True)
        assert os.path.islink(f"link to {name}")
        np.testing.assert_array_equal(np.load(name), np.ones(3))
        assert os.stat(name).st_mode & 0o777 == (mode or os.stat("x.npy").st_mode & 0o777)


def test_target_with_the_longest_name(unfinished):
    np.save("x.npy", np.ones(3))
    name = "y" * 251 + ".npy"
    apply("x.npy", name)
    apply("x.npy", name, force=True)
    assert sorted(os.listdir()) == ["x.npy", name]


def test_room_that_was_not_needed_is_given_back():
    with _atomic_file.atomic_file("y.npy", replace=False, size=50) as file:
        file.write(b"abc")
    assert os.path.getsize("y.npy") == 3


@pytest.fixture
def refuse_nameless(monkeypatch):
    def refuse(number):
        opens = os.open

        def fail(path, flags, *rest):
            if flags & os.O_TMPFILE == os.O_TMPFILE:
                raise OSError(number, os.strerror(number))
            return opens(path, flags, *rest)

        monkeypatch.setattr(os, "open", fail)

    return refuse


@linux_only
@pytest.mark.parametrize(
    "number", [errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL], ids=errno.errorcode.get
)
def test_file_system_without_nameless_files(refuse_nameless, number):
    refuse_nameless(number)
    with _atomic_file.atomic_file("y.npy", replace=False, size=3) as file:
        file.write(b"abc")
    assert os.listdir() == ["y.npy"]


@linux_only
def test_file_system_that_is_read_only(refuse_nameless):
    """A hidden file would fare no better."""
    refuse_nameless(errno.EROFS)
    with pytest.raises(OSError, match=r"y\.npy") as error, _atomic_file.atomic_file("y.npy", replace=False):
        pass
    assert error.value.errno == errno.EROFS


@pytest.fixture
def refuse_room(monkeypatch):
    def refuse(number):
        def fail(*_):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "posix_fallocate", fail)

    return refuse


@linux_only
@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EINVAL], ids=errno.errorcode.get)
def test_file_system_that_makes_no_room_in_advance(refuse_room, number):
    refuse_room(number)
    np.save("x.npy", np.ones(3))
    apply("x.npy", "y.npy")
    assert np.load("y.npy").tolist() == [1, 1, 1]


@linux_only
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG, errno.EDQUOT], ids=errno.errorcode.get)
def test_room_that_is_not_there_is_told_before_the_work(refuse_room, number):
    refuse_room(number)
    with (
        pytest.raises(OSError, match=os.strerror(number)),
        _atomic_file.atomic_file("y.npy", replace=False, size=3),
    ):
        pytest.fail("the work has begun")
    assert os.listdir() == []


def test_target_that_appears_meanwhile_is_kept(unfinished):
    np.save("x.npy", np.ones(3))
    with pytest.raises(FileExistsError), _atomic_file.atomic_file("y.npy", replace=False):
        np.save("y.npy", np.zeros(1))
    assert sorted(os.listdir()) == ["x.npy", "y.npy"]
    assert np.load("y.npy") == [0]
