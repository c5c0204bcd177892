"""A kernel file exports its table and nothing that the linker could hand to code for another CPU."""

import pathlib
import platform
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
BUILD = f"cp{sys.version_info.major}{sys.version_info.minor}-*{platform.machine()}"
OBJECTS = sorted(ROOT.glob(f"build/{BUILD}/CMakeFiles/_core.dir/csrc/kernels/*.o"))


@pytest.mark.skipif(not OBJECTS or not shutil.which("nm"), reason="needs a build folder, and nm")
@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: path.name)
def test_only_the_table_is_global(path):
    name = path.name.partition(".")[0]
    listing = subprocess.run(
        ["nm", "--demangle", "--defined-only", path], capture_output=True, text=True, check=True
    )
    symbols = [line.split(maxsplit=2) for line in listing.stdout.splitlines()]
    exported = {(kind, symbol) for _, kind, symbol in symbols if kind.isupper() or kind in "vwu"}
    assert {symbol for _, symbol in exported} == {f"leaky_relu::{name}_table"}
    assert {kind for kind, _ in exported} <= {
        "R",
        "D",
        "S",
    }  # constant data, relocated or not; as Mach-O has it
