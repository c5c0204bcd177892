"""See that the extension in a wheel for Linux needs the C library alone and exports what it has to."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

NEEDED = ("libc.", "libm.", "libpthread.", "libdl.", "ld-linux", "ld-musl")  # all of them the C library
EXPORTED = {"PyInit__core", "leaky_relu_get_num_threads", "leaky_relu_set_num_threads"}


def lines(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


with tempfile.TemporaryDirectory() as folder:
    zipfile.ZipFile(sys.argv[1]).extractall(folder)
    (extension,) = Path(folder, "leaky_relu").glob("_core.*.so")
    needed = [line.split()[1] for line in lines("objdump", "-p", extension) if "NEEDED" in line]
    exported = {line.split()[-1] for line in lines("nm", "-D", "--defined-only", extension)}
    strings = lines("strings", extension)

print("needs", *needed)
assert all(name.startswith(NEEDED) for name in needed), needed
assert exported == EXPORTED, exported ^ EXPORTED
assert not [text for text in strings if text.startswith(("/tmp", "/home", "/root"))], "paths of the build"
