"""The thread pool and the kept memory from C++, which sees what Python cannot: tests/cpp."""

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


SOURCES = [HERE / "cpp/pool_and_memory.cpp", *OWN]


def build_and_run(program, sources, *options, rounds):
    options = ["-std=c++20", "-O1", "-pthread", "-Wall", "-Wextra", "-Werror", *options]
    subprocess.run([COMPILER, *options, "-o", program, *sources], check=True, capture_output=True)
    return subprocess.run([program, str(rounds)], capture_output=True, text=True, timeout=300, check=False)


def runs_with(options, folder):
    """Tell whether the compiler has such a sanitizer, and the kernel lets it run."""
    (folder / "nothing.cpp").write_text("int main() {}")
    try:
        return not build_and_run(folder / "nothing", [folder / "nothing.cpp"], *options, rounds=0).returncode
    except subprocess.CalledProcessError:
        return False


@pytest.mark.parametrize(
    "sanitizer",
    [
        "thread",  # finds what the order of memory of this CPU hides
        pytest.param("address,undefined", marks=pytest.mark.slow),  # looks for leaks at the end
        pytest.param(None, marks=pytest.mark.slow),  # which is fastest, so most happens at once
    ],
)
def test_pool_and_memory(tmp_path, sanitizer):
    options = [f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all"] if sanitizer else []
    if not runs_with(options, tmp_path):
        options = []  # better that than nothing
    done = build_and_run(tmp_path / "program", SOURCES, *options, rounds=400)
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""
