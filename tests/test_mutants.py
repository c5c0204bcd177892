"""The list of faults fits the sources: each text is there once, each test exists (tests/mutants)."""

import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent
FAULTS = HERE / "mutants/faults"
NEEDED = ("autograd", "matplotlib", "numba", "onnx", "sklearn")

pytestmark = pytest.mark.skipif(not (ROOT / "csrc").exists(), reason="needs the sources")


def test_faults_can_be_planted():
    faults = [fault for file in FAULTS.glob("*.toml") for fault in tomllib.loads(file.read_text())["fault"]]
    assert len({fault["name"] for fault in faults}) == len(faults) >= 400
    for fault in faults:
        assert (ROOT / fault["file"]).read_text().count(fault["old"]) == 1, fault["name"]
        assert ("tests" in fault) != ("equivalent" in fault), fault["name"]
        assert fault.get("cpu") in (None, "AVX2", "AVX512_SKX"), fault["name"]
        assert fault.get("needs") in (None, *NEEDED), fault["name"]
        for name in fault.get("tests", []):
            assert (HERE / f"test_{name}.py").exists(), name
