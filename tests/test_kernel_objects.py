"""A kernel file exports its table and nothing that the linker could hand to code for another CPU."""

import pathlib
import shutil
import subprocess

import pytest

EDITABLE = pathlib.Path(__file__).parents[1] / "build" / "editable"  # as CONTRIBUTING.md has it
TARGETS = {"scalar", "avx2", "avx512", "neon"}
OBJECTS = [path for path in sorted(EDITABLE.rglob("*.o")) if path.name.partition(".")[0] in TARGETS]


@pytest.mark.skipif(not OBJECTS or not shutil.which("nm"), reason="needs an editable build, and nm")
@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: path.name)
def test_only_the_table_is_global(path):
    name = path.name.partition(".")[0]
    listing = subprocess.run(
        ["nm", "--demangle", "--defined-only", path], capture_output=True, text=True, check=True
    )
    symbols = [line.split(maxsplit=2) for line in listing.stdout.splitlines()]
    exported = {(kind, symbol) for _, kind, symbol in symbols if kind.isupper() or kind in "vwu"}
    assert {symbol for _, symbol in exported} == {f"leaky_relu::{name}_table"}
    assert {kind for kind, _ in exported} <= set("RDS")  # constant data, relocated or not; as Mach-O has it
