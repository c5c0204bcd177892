"""
Plant one fault after the other (faults/*.toml), build, and see that the quick suite fails.

An entry has a name, a file, the text `old`, which stands there once, and `new` in its place; the `tests`
that find it (bits: tests/test_bits.py), or `equivalent`: why nobody could. `cpu` is a feature, as NumPy
names it, and `needs` a module, without which the place is not reached.

`nox -s mutants` runs all of it; arguments pick faults by a part of their name or file. The tests named beside
a fault are tried first, then the whole quick suite: what survives both is a gap, unless its entry says
why nobody could tell. What has been killed is kept in build/mutants, so that a run that was stopped goes on
where it was; a fault is tried again when its text or its file is another, or by --again: what becomes of
the tests does not count.

Exit status: 0, all were killed; 1, some survived; 2, an entry does not fit, or the suite fails without fault.
"""

import argparse
import concurrent.futures
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pybind11
from numpy._core._multiarray_umath import __cpu_features__

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build/mutants"
BUILT_FROM = (
    "csrc",
    "python",
    "tests",
    "docs",
    "CMakeLists.txt",
    "CMakePresets.json",
    "pyproject.toml",
    "LICENSE",
    "README.md",
)
SUITE = ("--ignore=tests/test_mutants.py",)  # which finds every fault: its text is not there
HANGS = 600, 3600  # seconds for the tests named, and for the suite, until they are taken to hang
FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.M)  # as pytest -ra tells it
BUILDING = threading.Semaphore(os.cpu_count() or 1)  # compilers at once, whatever --jobs says
NO_FAULT = {"name": "no fault", "tests": []}
STUB = """#include "../../kernel_table.hpp"
namespace leaky_relu {
// Its kernels would take most of the time to compile, and this machine could not run them.
constexpr KernelTable avx512_table{"avx512", cpu_avx512};
}
"""


class WrongEntryError(Exception):
    """A fault that cannot be planted, built or tried."""


def faults():
    """Give all entries."""
    files = sorted(Path(__file__).with_name("faults").glob("*.toml"))
    return [fault for file in files for fault in tomllib.loads(file.read_text())["fault"]]


def can_be_found(fault):
    """Tell whether anything differs, on this machine and with what is installed."""
    if "needs" in fault and importlib.util.find_spec(fault["needs"]) is None:
        return False
    return "equivalent" not in fault and ("cpu" not in fault or __cpu_features__.get(fault["cpu"], False))


def key(fault):
    """Say which fault this is: its entry, and the file that it is planted in."""
    text = (ROOT / fault["file"]).read_text()
    return hashlib.sha256("\0".join((fault["file"], fault["old"], fault["new"], text)).encode()).hexdigest()


class Record:
    """What has been killed by what, in a file that is up to date at any time."""

    def __init__(self, path):
        self.path = path
        self.killers = json.loads(path.read_text()) if path.exists() else {}

    def add(self, fault_key, killer):
        self.killers[fault_key] = killer
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self.killers, indent=0))
        new.replace(self.path)


class Tree:
    """A copy of the sources with a build of its own, which is brought up to date for each fault."""

    def __init__(self, folder, version):
        self.folder = folder
        self.copy_sources()
        settings = {
            "CMAKE_BUILD_TYPE": "Release",
            "CMAKE_LIBRARY_OUTPUT_DIRECTORY": folder / "python/leaky_relu",
            "Python_EXECUTABLE": sys.executable,
            "SKBUILD_PROJECT_VERSION": version,
            "pybind11_DIR": pybind11.get_cmake_dir(),
        }
        options = [f"-D{name}={value}" for name, value in settings.items()]
        self.configure = ("cmake", "-G", "Ninja", "-S", ".", "-B", "build", *options)
        self.is_ready = False

    def get_ready(self):
        """Build for the first time, in the thread that works here."""
        if not self.is_ready:
            self.leave_out_what_is_not_tested()
            self.run(*self.configure, check=True)
            self.build()
            # Tests look for the package's metadata, as an installation has them.
            for before in self.folder.glob("python/*.dist-info"):
                shutil.rmtree(before)
            prepare = "import scikit_build_core.build as b; b.prepare_metadata_for_build_wheel('python')"
            self.run(sys.executable, "-c", prepare, check=True)
            code = "import leaky_relu; print(leaky_relu.__file__)"
            file = self.run(sys.executable, "-c", code, check=True).stdout.strip()
            if not Path(file).is_relative_to(self.folder):
                raise SystemExit(f"tested would be {file}: uninstall it from this environment")
            self.is_ready = True

    def copy_sources(self):
        """Copy what is another: so little is built anew, and what a stopped run has left is mended."""
        for name in BUILT_FROM:
            for file in [path for path in (self.folder / name).rglob("*") if path.is_file()]:
                if file.suffix != ".so" and not (ROOT / file.relative_to(self.folder)).exists():
                    file.unlink()
            for source in (path for path in [ROOT / name, *(ROOT / name).rglob("*")] if path.is_file()):
                target = self.folder / source.relative_to(ROOT)
                if source.suffix in (".so", ".pyc") or (
                    target.exists() and target.read_bytes() == source.read_bytes()
                ):
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read_bytes())

    def leave_out_what_is_not_tested(self):
        """Compile neither for a CPU that is not this one, nor longer than tests of bits need."""
        if not __cpu_features__.get("AVX512_SKX"):
            (self.folder / "csrc/simd/targets/avx512.cpp").write_text(STUB)
        options = self.folder / "csrc/kernels.cmake"
        options.write_text(options.read_text().replace("set(optimized -O3", "set(optimized -O1"))

    def environment(self):
        return os.environ | {
            "PYTHONPATH": str(self.folder / "python"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CCACHE_BASEDIR": str(self.folder),  # so that trees, and runs, share what they compile
            "CCACHE_NOHASHDIR": "1",
        }

    def run(self, *command, **options):
        return subprocess.run(
            command, cwd=self.folder, env=self.environment(), capture_output=True, text=True, **options
        )

    def run_tests(self, seconds, *command):
        """Run them in a session of their own, whose processes all end with it."""
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output = process.communicate(timeout=seconds)[0]
            except subprocess.TimeoutExpired:
                return None, "no end"
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, output

    def build(self):
        with BUILDING:
            done = self.run("cmake", "--build", "build", "-j", "1", check=False)
        if done.returncode:
            raise WrongEntryError(done.stdout[-3000:])

    def killer(self, hangs, *tests):
        """Return the first of these tests that fails, or None."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *SUITE, *tests]
        status, output = self.run_tests(hangs, *command)
        if status == 0:
            return None
        # Pytest's: no test; and wrong arguments, which an import that fails is as well.
        if status == 5 or (status == 4 and "file or directory not found" in output):
            raise WrongEntryError(output[-3000:])
        failed = FAILED.search(output)
        # A crash, or no import, names no test.
        return failed[1] if failed else output if status is None else f"exit status {status}"

    def try_fault(self, fault, whole_suite):
        """Plant a fault, build, and return what finds it; None where it survives."""
        if fault is NO_FAULT:
            return self.killer(HANGS[1])
        with self.planted(fault):
            found = self.killer(HANGS[0], *(f"tests/test_{name}.py" for name in fault["tests"]))
        excused = []
        while not found and whole_suite:
            with self.planted(fault):
                late = self.killer(HANGS[1], *excused)
            if not late:
                break
            self.build()
            if "::" in late and self.killer(HANGS[0], late):  # it fails without the fault as well
                excused.append(f"--deselect={late}")
            else:
                found = f"{late}, though none of the tests named"
        return found

    @contextlib.contextmanager
    def planted(self, fault):
        """Have the fault in what has been built."""
        path = self.folder / fault["file"]
        text = path.read_text()
        if text.count(fault["old"]) != 1:
            raise WrongEntryError("the text is not there, or not once")
        path.write_text(text.replace(fault["old"], fault["new"]))
        try:
            self.build()  # also where Python is changed: the fault before may have been in C++
            yield
        finally:
            path.write_text(text)


def first_part(fault, parts):
    """Return the index of the first part that its name or file has; their number where it has none."""
    has = (i for i, part in enumerate(parts) if part in fault["name"] or part in fault["file"])
    return next(has, len(parts))


def report(done, count, began, verdict, seconds, fault, words):
    """Print a line for a fault, and when the rest will be done."""
    rest = (time.monotonic() - began) / done * (count - done)
    print(
        f"[{done}/{count}, {rest / 60:.0f} min to go] {verdict} {seconds:.0f} s  {fault['name']}: {words}",
        flush=True,
    )


def main():
    """Return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", help="parts of names or files of faults, in order")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--again", action="store_true", help="also those that are known to be killed")
    parser.add_argument("--named", action="store_true", help="only the tests named, which is quick")
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = (FOLDER / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError: there is another run
    record = Record(FOLDER / "killed.json")
    parts = arguments.parts or [""]
    entries = faults()
    here = [fault for fault in entries if can_be_found(fault)]
    chosen = [fault for fault in here if first_part(fault, parts) < len(parts)]
    chosen.sort(key=lambda fault: first_part(fault, parts))
    keys = {fault["name"]: key(fault) for fault in chosen}  # now: files may change while this runs
    to_do = [fault for fault in chosen if arguments.again or keys[fault["name"]] not in record.killers]
    remembered, left_out = len(chosen) - len(to_do), len(entries) - len(here)
    print(f"{len(chosen)} faults, {remembered} of them known to be killed", flush=True)
    print(f"{left_out} are equivalent, or need another CPU or a module that is not here", flush=True)
    if not arguments.parts:
        to_do.insert(0, NO_FAULT)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    survivors, wrong, began = [], [], time.monotonic()
    trees = queue.SimpleQueue()
    for k in range(min(arguments.jobs, len(to_do))):
        trees.put(Tree(FOLDER / str(k), version))

    def work(fault):
        tree = trees.get()
        try:
            tree.get_ready()
            begin = time.monotonic()
            return fault, tree.try_fault(fault, not arguments.named), time.monotonic() - begin
        except WrongEntryError as error:
            return fault, error, 0
        finally:
            trees.put(tree)

    with concurrent.futures.ThreadPoolExecutor(max(arguments.jobs, 1)) as executor:
        futures = [executor.submit(work, fault) for fault in to_do]
        try:
            for count, future in enumerate(concurrent.futures.as_completed(futures), 1):
                fault, killer, seconds = future.result()
                if isinstance(killer, WrongEntryError) or (fault is NO_FAULT and killer):
                    verdict, _ = "WRONG", wrong.append(fault["name"])
                elif fault is NO_FAULT:
                    verdict = "passes"
                elif killer:
                    verdict, _ = "killed", record.add(keys[fault["name"]], killer)
                else:
                    verdict, _ = "SURVIVED", survivors.append(fault["name"])
                report(count, len(to_do), began, verdict, seconds, fault, killer)
        except BaseException:
            executor.shutdown(cancel_futures=True)
            raise
    killed = len(chosen) - len(survivors) - len(wrong)
    print(f"{killed} of {len(chosen)} killed, {remembered} of them before", *survivors, sep="\n  ")
    return 2 if wrong else int(bool(survivors))


if __name__ == "__main__":
    sys.exit(main())
