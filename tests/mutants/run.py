"""
Plant one fault after the other (faults.toml), build, and see that the tests named beside it fail.

`nox -s mutants` runs all of it; arguments pick faults by a part of their name or file. A fault that survives
is a gap in the suite, unless its entry says why nobody could tell.
"""

import argparse
import concurrent.futures
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import pybind11

ROOT = Path(__file__).parents[2]
FAULTS = Path(__file__).with_name("faults.toml")
BUILT_FROM = ("csrc", "python", "tests", "CMakeLists.txt", "CMakePresets.json", "pyproject.toml")
TIMEOUT = 300  # seconds; a fault that makes the tests hang is found as well


def faults():
    """Give all entries: name, file, old, new, and tests or equivalent."""
    return tomllib.loads(FAULTS.read_text())["fault"]


class Tree:
    """A copy of the sources with a build of its own, which is brought up to date for each fault."""

    def __init__(self, folder, version):
        self.folder = Path(folder)
        for name in BUILT_FROM:
            source, target = ROOT / name, self.folder / name
            ignore = shutil.ignore_patterns("__pycache__", "*.so")
            shutil.copytree(source, target, ignore=ignore) if source.is_dir() else shutil.copy2(
                source, target
            )
        settings = {
            "CMAKE_BUILD_TYPE": "Release",
            "CMAKE_LIBRARY_OUTPUT_DIRECTORY": self.folder / "python/leaky_relu",
            "Python_EXECUTABLE": sys.executable,
            "SKBUILD_PROJECT_VERSION": version,
            "pybind11_DIR": pybind11.get_cmake_dir(),
        }
        options = [f"-D{name}={value}" for name, value in settings.items()]
        self.run("cmake", "-G", "Ninja", "-S", ".", "-B", "build", *options, check=True)
        self.build()

    def run(self, *command, **options):
        environment = os.environ | {
            "PYTHONPATH": str(self.folder / "python"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CCACHE_BASEDIR": str(self.folder),  # so that trees, and runs, share what they compile
            "CCACHE_NOHASHDIR": "1",
        }
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, **options
        )

    def build(self):
        done = self.run("cmake", "--build", "build", "-j", "1", check=False)
        if done.returncode:
            raise RuntimeError(done.stdout[-3000:])

    def is_killed_by(self, tests):
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
        paths = [f"tests/test_{name}.py" for name in tests]
        try:
            done = self.run(*command, *paths, check=False, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return "no end"
        if done.returncode == 0:
            return None
        if done.returncode in (4, 5):  # pytest's: no such file, no test
            raise RuntimeError(done.stdout[-3000:] + done.stderr)
        if done.returncode != 1:  # a crash, or no import
            return f"exit status {done.returncode}"
        failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return failed[0].partition(" - ")[0] if failed else "a failure"

    def try_fault(self, fault):
        """Return what has killed it; None where it survived."""
        path = self.folder / fault["file"]
        text = path.read_text()
        if text.count(fault["old"]) != 1:
            raise RuntimeError(f"{fault['name']}: the text is not there, or not once")
        path.write_text(text.replace(fault["old"], fault["new"]))
        try:
            if path.suffix != ".py":
                self.build()
            return self.is_killed_by(fault["tests"])
        finally:
            path.write_text(text)


def main():
    """Exit with 1 where a fault survives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="parts of names or files of faults")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    chosen = [
        fault
        for fault in faults()
        if "equivalent" not in fault
        and (not arguments.parts or any(p in fault["name"] or p in fault["file"] for p in arguments.parts))
    ]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    survivors, count = [], min(arguments.jobs, len(chosen))
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(count) as executor:
        trees = queue.SimpleQueue()
        for k in range(count):
            trees.put(Tree(os.path.join(folder, str(k)), version))

        def work(fault):
            tree, begin = trees.get(), time.monotonic()
            try:
                return fault, tree.try_fault(fault), time.monotonic() - begin
            except RuntimeError as error:  # the entry is wrong
                print(fault["name"], error, sep="\n")
                return fault, None, time.monotonic() - begin
            finally:
                trees.put(tree)

        for done in concurrent.futures.as_completed([executor.submit(work, fault) for fault in chosen]):
            fault, killer, seconds = done.result()
            print(
                f"{'killed ' if killer else 'SURVIVED'} {seconds:5.0f} s  {fault['name']}: {killer}",
                flush=True,
            )
            if not killer:
                survivors.append(fault["name"])
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} killed", *survivors, sep="\n  ")
    return bool(survivors)


if __name__ == "__main__":
    sys.exit(main())
