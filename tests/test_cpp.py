"""The thread pool and the kept memory from C++, which sees what Python cannot: tests/cpp."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
OWN = [HERE.parent / f"csrc/{name}.cpp" for name in ("parallel", "recycler")]
COMPILER = shutil.which("c++")

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="memory is kept on Linux only"),
    pytest.mark.skipif(COMPILER is None, reason="needs a C++ compiler"),
    pytest.mark.skipif(not all(source.exists() for source in OWN), reason="needs the sources"),
]


def build_and_run(program, sources, *options, rounds):
    options = ["-std=c++20", "-O1", "-pthread", "-Wall", "-Wextra", "-Werror", *options]
    subprocess.run([COMPILER, *options, "-o", program, *sources], check=True, capture_output=True)
    environment = os.environ | {"TSAN_OPTIONS": "die_after_fork=0"}
    return subprocess.run(
        [program, str(rounds)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_pool_and_memory(tmp_path):
    done = build_and_run(tmp_path / "program", [HERE / "cpp/pool_and_memory.cpp", *OWN], rounds=400)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "sanitizer",
    [
        "thread",  # finds what the order of memory of this CPU hides
        pytest.param("address,undefined", marks=pytest.mark.slow),  # looks for leaks at the end
    ],
)
def test_pool_and_memory_sanitized(tmp_path, sanitizer):
    options = [f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all"]
    (tmp_path / "nothing.cpp").write_text("int main() {}")
    try:
        probe = build_and_run(tmp_path / "nothing", [tmp_path / "nothing.cpp"], *options, rounds=0)
    except subprocess.CalledProcessError:
        pytest.skip("the compiler has no such sanitizer")
    if probe.returncode:
        pytest.skip("the sanitizer does not run on this kernel")
    sources = [HERE / "cpp/pool_and_memory.cpp", *OWN]
    done = build_and_run(tmp_path / "program", sources, *options, rounds=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
