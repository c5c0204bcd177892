"""The sessions of nox that are run by hand: they take long, or need what few machines have."""

import shutil
from pathlib import Path

import nox
from sessions import ON_TARGETS, PROJECT, ROOT, build_programs, group, pytest

# For QEMU: without AVX2, and with AVX2 but no FMA nor what QEMU lacks, of which it would warn.
# Its version 7.2 reads the whole register in a masked load, and takes subnormal float16 numbers for zero
# where denormals are zero. No CPU does either, so tests of those prove nothing there.
OLD_CPUS = {
    "Nehalem": ("Nehalem", []),
    "Haswell": (
        "Haswell,-fma,-hle,-rtm,-invpcid,-pcid,-tsc-deadline,-x2apic",
        ["-k", "not guard and not (sign_of_the_product and float16)"],
    ),
}
# AddressSanitizer maps terabytes, keeps what has been freed, and handles signals itself.
NOT_WITH_ITS_MEMORY = [
    "test_leaks.py",
    "test_machine.py::test_resource_limits_bound_the_budget",
    "test_memory_handlers.py::test_what_is_beyond_an_array_faults",
    "test_output_memory.py::test_where_ours_has_no_memory_numpys_is_asked",
    "test_process.py::test_faulthandler_shows_a_fault_in_a_worker",
    "test_process.py::test_memory_that_is_limited",
]
SANITIZED = {
    "asan": (
        ["libasan.so", "libstdc++.so"],
        # Without forks: a child may wait for ever for a mutex of the allocator that GCC 12 has there.
        ["-k", "not fork", *(f"--deselect=tests/{test}" for test in NOT_WITH_ITS_MEMORY)],
    ),
    # Without forks: ThreadSanitizer starts no threads in the child of a process that had several.
    "tsan": (
        ["libtsan.so", "libstdc++.so"],
        ["tests/test_threads.py", "tests/test_concurrency.py", "-k", "not fork"],
    ),
}
# Processes of these tests may not write what `coverage` has counted.
WRITE_NO_FILES = ["test_full_disk.py::test_limit_of_file_size", "test_process.py::test_no_more_processes"]


@nox.session(default=False)
@nox.parametrize("sanitizer", [nox.param(name, id=name) for name in SANITIZED])
def sanitize(session, sanitizer):
    """Run what suits it of the suite under a sanitizer: asan (with UndefinedBehaviorSanitizer) or tsan."""
    libraries, suited = SANITIZED[sanitizer]
    build = (f"cmake.args=--preset={sanitizer}", "cmake.build-type=RelWithDebInfo", "install.strip=false")
    session.install(".[test]", *(part for setting in build for part in ("-C", setting)))
    # Python is not instrumented, so the sanitizer is loaded before it, and what throws exceptions as well.
    found = [session.run("g++", f"-print-file-name={name}", external=True, silent=True) for name in libraries]
    reports = Path(session.create_tmp(), "reports")  # pytest would keep them, and end with the process
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir()
    log = f"log_path={reports}/{sanitizer}"
    env = {
        "LD_PRELOAD": " ".join(name.strip() for name in found),
        "ASAN_OPTIONS": f"{log}:detect_leaks=0",  # of the interpreter, which frees little when it ends
        "TSAN_OPTIONS": f"{log}:halt_on_error=1",
        "UBSAN_OPTIONS": f"{log}:print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
    }
    try:
        pytest(session, *suited, env=env)
    finally:
        for report in reports.iterdir():
            session.warn(report.read_text(errors="replace"))


@nox.session(default=False)
def valgrind(session):
    """Run each public call, on all targets but avx512, under valgrind, which must be there."""
    session.install(".[test]")
    options = ("--quiet", "--error-exitcode=1", "--suppressions=tests/valgrind.supp")
    env = {"PYTHONMALLOC": "malloc", "OPENBLAS_NUM_THREADS": "1"}
    session.run("valgrind", *options, "python", "tests/under_valgrind.py", external=True, env=env)


@nox.session(default=False)
def coverage(session):
    """Tell which lines and branches the suite leaves out; pages of each file in build/coverage."""
    folder = ROOT / "build/coverage"
    shutil.rmtree(folder, ignore_errors=True)
    # Threads share the counters. What is optimised has branches that nobody wrote; only kernels have to be.
    flags = "cmake.define.CMAKE_CXX_FLAGS=--coverage -fprofile-update=atomic"
    build = (flags, "cmake.build-type=Debug", "install.strip=false", f"build-dir={folder}/cpp")
    settings = [part for setting in build for part in ("-C", setting)]
    session.install(*group("build"), *group("optional"), "pytest-cov>=7", "gcovr>=8.4")
    # Without isolation, as gcovr looks for NumPy's headers afterwards.
    session.install("--no-build-isolation", ".[test,bench]", *settings)
    reports = ("--cov-report=term-missing:skip-covered", f"--cov-report=html:{folder}/python")
    # In one process: those of pytest-xdist are killed, and with them what they have counted, when their
    # end takes long. Without the tests whose processes may not write files: they cannot write counts either.
    options = ("-n", "0", *(f"--deselect=tests/{test}" for test in WRITE_NO_FILES))
    pytest(session, "--cov", *reports, *options)
    targets = session.run("python", "-c", "import leaky_relu; print(leaky_relu.simd_targets())", silent=True)
    if "avx512" not in targets:  # of which nothing has run
        for file in (folder / "cpp").rglob("avx512*.gc*"):
            file.unlink()
    # Templates once, not once for each of their arguments; no branches to exceptions of the C++ library, of
    # macros of NumPy and Python, and of what fails only where these cannot be loaded. What is then left is of
    # memory that is short at the import or while an error is put into words, of CPUs without AVX2
    # (`old-cpus`), systems without /sys, sizes that no array has, large arrays (slow tests), and of what the
    # compiler made. gcov has two lines that are none: the end of a function, and a list in a for.
    ours = ["-r", ".", "-f", "csrc/", "--merge-lines"]
    ours += ["--exclude-branches-by-pattern", r"\s*(import_\w+1\(|PYBIND11_MODULE|check\(|Py_X?DECREF\()"]
    ours += [f"--exclude-{kind}-branches" for kind in ("throw", "unreachable")]
    ours += [f"--gcov-ignore-errors={gone}" for gone in ("source_not_found", "no_working_dir_found")]
    session.run("gcovr", *ours, "--html-details", f"{folder}/cpp.html", "--txt-summary", f"{folder}/cpp")
    session.run("gcovr", *ours, "--txt", "-", str(folder / "cpp"))


@nox.session(default=False, name="guard-pages")
@nox.parametrize("edge", [nox.param(name, id=name) for name in ("begin", "end")])
def guard_pages(session, edge):
    """Run the suite where each array begins or ends at a page that faults."""
    session.install(".[test]")
    pytest(session, f"--guard-pages={edge}")


@nox.session(venv_backend="none", default=False)
@nox.parametrize("cpu", [nox.param(name, id=name) for name in ("riscv64", "ppc64el", "s390x")])
def cross(session, cpu):
    """Run the same on a CPU that has the scalar target only (`.ci/cross`); s390x is big-endian."""
    session.run(".ci/cross", cpu, "-q", "-n", "auto", *(session.posargs or ON_TARGETS), external=True)


@nox.session(name="old-cpus", default=False)
@nox.parametrize("cpu", [nox.param(name, id=name) for name in OLD_CPUS])
def old_cpus(session, cpu):
    """Run the same on x86-64 as it was: without AVX2, and with AVX2 but no FMA, under QEMU."""
    session.install(".[test]")
    model, options = OLD_CPUS[cpu]
    # An interpreter of the environment, as what a test starts by sys.executable is emulated as well.
    python = Path(session.bin, "emulated-python")
    qemu = f'qemu-x86_64-static -cpu {model} -0 "$0" {Path(session.bin, "python").resolve()}'
    python.write_text(f'#!/bin/sh\nOPENBLAS_CORETYPE=Nehalem exec {qemu} "$@"\n')
    python.chmod(0o755)
    arguments = ["-n", "auto", *options, *(session.posargs or ON_TARGETS)]
    session.run(str(python), "-m", "leaky_relu", "--version", external=True)
    session.run(str(python), "-m", "pytest", "-q", *arguments, external=True)


@nox.session(name="free-threading", venv_backend="none", default=False)
@nox.parametrize("options", [nox.param([], id="suite"), nox.param(["--tsan"], id="tsan")])
def free_threading(session, options):
    """Run the suite on CPython without its global lock, or what has threads under ThreadSanitizer."""
    session.run(".ci/free_threading", *options, *session.posargs, external=True)


@nox.session(default=False)
@nox.parametrize("part", [nox.param(name, id=name) for name in ("kernels", "layout", "arguments")])
def fuzz(session, part):
    """Fuzz by libFuzzer, or Atheris, for a minute each; `-- 3600`: in seconds. Needs Clang."""
    if part == "arguments":
        flags = "-fsanitize=address,fuzzer-no-link -fno-omit-frame-pointer"
        build = ("-C", f"cmake.define.CMAKE_CXX_FLAGS={flags}", "-C", "install.strip=false")
        session.install(".[test]", "atheris", *build, env={"CC": "clang", "CXX": "clang++"})
        where = session.run("python", "-c", "import atheris; print(atheris.path())", silent=True).strip()
        program = ("python", "tests/fuzz_arguments.py")
        # Python is not instrumented, so what instruments the extension is loaded before it.
        env = {"LD_PRELOAD": f"{where}/asan_with_fuzzer.so", "ASAN_OPTIONS": "detect_leaks=0"}
    else:
        folder = build_programs(session, f"fuzz_{part}", compiler="clang++")
        program, env = (str(folder / f"fuzz_{part}"),), {}
    seconds = session.posargs[0] if session.posargs else "60"
    options = (f"-max_total_time={seconds}", "-max_len=400", "-print_final_stats=1")
    session.run(*program, *options, f"-artifact_prefix={session.create_tmp()}/", external=True, env=env)


@nox.session(default=False)
def load(session):
    """Mix threads, operations, layouts, limits, forks, for five minutes; `-- 3600`: in seconds."""
    session.install(".[test]")
    session.run("python", "tests/load.py", *session.posargs)


@nox.session(default=False)
def exhaustive(session):
    """Try every float32 and all pairs of 16-bit numbers, in 18 minutes of CPUs; `-- 30 5000`: from there."""
    folder = build_programs(session, "exhaustive")
    session.run(str(folder / "exhaustive"), *session.posargs, external=True)


@nox.session(default=False)
def mutants(session):
    """Plant single faults, tests/mutants/faults: the quick suite must find each. Arguments pick some."""
    extras = PROJECT["project"]["optional-dependencies"]
    # What entries need; more would only make the suite longer.
    session.install(
        *group("build"), *(each for name in ("test", "plot", "onnx", "sklearn") for each in extras[name])
    )
    session.install("autograd>=1.9", "numba")
    launcher = {"CMAKE_CXX_COMPILER_LAUNCHER": "ccache"} if shutil.which("ccache") else {}
    session.run("python", "tests/mutants/run.py", *session.posargs, env=launcher)


@nox.session(venv_backend="none", default=False)
@nox.parametrize("version", [nox.param(name, id=name) for name in ("3.14", "3.15")])
def sid(session, version):
    """Run the suite in Debian's unstable distribution: a new GCC and Python (`.ci/sid`)."""
    session.run(".ci/sid", version, *session.posargs, external=True)


@nox.session(default=False)
def windows(session):
    """Compare kernels with the scalar ones under Wine, compile the rest (`.ci/windows`)."""
    session.install("cmake", "ninja", "pybind11")
    session.run(".ci/windows", external=True)


@nox.session(default=False)
def zig(session):
    """Compile for musl, macOS and Windows on Arm; make and test a wheel for an old glibc (`.ci/zig`)."""
    session.install(*group("package"), "ziglang")
    session.run(".ci/zig", external=True)
