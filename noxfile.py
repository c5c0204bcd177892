#!/usr/bin/env -S uv run --script
# /// script
# dependencies = ["nox>=2025.2.9"]
# ///
"""
All checks, each defined once: `nox` runs the usual ones, `nox -l` lists all, `.ci/run` runs what decides.

Arguments after `--` go to pytest.
"""

import contextlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"

ROOT = Path(__file__).parent
PROJECT = nox.project.load_toml()
PYTHONS = nox.project.python_versions(PROJECT)
OLDEST_NUMPY = re.fullmatch(r"numpy>=([\d.]+)", PROJECT["project"]["dependencies"][0])[1]
NOT_SOURCE = (".git", ".nox", ".venv", ".*_cache", ".hypothesis", "build", "dist", "__pycache__")
LARGEST = {".whl": 350_000, "static": 380_000, ".gz": 1_000_000}  # bytes; a C++ library costs 29 kB
# What depends on the instruction set. Under emulation the whole suite takes the better part of an hour.
TARGETS = "bits dtypes flags guard_pages methods ml_dtypes overlap packed prelu bias_grad strides subnormals"
ON_TARGETS = ["-m", "not slow", *(f"tests/test_{name}.py" for name in TARGETS.split())]
# For QEMU: without AVX2, and with AVX2 but no FMA nor what QEMU lacks, of which it would warn.
OLD_CPUS = ["Nehalem", "Haswell,-fma,-hle,-rtm,-invpcid,-pcid,-tsc-deadline,-x2apic"]
SANITIZED = {
    "asan": (
        ["libasan.so", "libstdc++.so"],
        [f"tests/test_{name}.py" for name in ("bits", "layouts", "overlap", "packed", "prelu", "bias_grad")]
        + ["-m", "not slow"],
    ),
    # Less forks: ThreadSanitizer starts no threads in the child of a process that had several.
    "tsan": (
        ["libtsan.so", "libstdc++.so"],
        ["tests/test_threads.py", "tests/test_concurrency.py", "-k", "not fork"],
    ),
}


def group(name):
    """Give the requirements of a dependency group."""
    return nox.project.dependency_groups(PROJECT, name)


def pytest(session, *args, **kwargs):
    """Run tests on all CPUs."""
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *args, *session.posargs, **kwargs)


def code_blocks(document, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / document).read_text(), re.M | re.S)


@contextlib.contextmanager
def fresh_copy(session):
    """Work in a copy of the checkout, without what was built there."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(ROOT, Path(folder, ROOT.name), ignore=shutil.ignore_patterns(*NOT_SOURCE))
        with session.chdir(copy):
            yield


def run_commands(session, document, **env):
    """Run those shell commands of a document that begin with an environment, each block in a fresh copy."""
    for block in code_blocks(document, "sh"):
        if block.startswith("python3 -m venv"):
            with fresh_copy(session):
                session.run("bash", "-euxo", "pipefail", "-c", block, external=True, env=env)


@nox.session(venv_backend="none", default=False, tags=["ci"])
def readme(session):
    """Run the commands of README.md, as they stand there, each in a fresh environment."""
    run_commands(session, "README.md")


@nox.session(venv_backend="none", default=False, tags=["ci"])
def contributing(session):
    """Run the commands of CONTRIBUTING.md, as they stand there, on a machine without CMake and Ninja."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("cmake", "ninja"):
            Path(folder, name).write_text("#!/bin/sh\nexit 1\n")
            Path(folder, name).chmod(0o755)
        # Whether the build works and is the one that is tested; the whole suite runs elsewhere.
        few = " ".join(f"tests/test_{name}.py" for name in ("operations", "public", "kernel_objects"))
        path = f"{folder}:{os.environ['PATH']}"
        run_commands(session, "CONTRIBUTING.md", PATH=path, PYTEST_ADDOPTS=few)


@nox.session(tags=["ci"])
def lint(session):
    """Check format, lint, types, docstrings, spelling, workflows: all of .pre-commit-config.yaml."""
    session.install(*group("lint"))
    with contextlib.ExitStack() as stack:
        if not (ROOT / ".git").exists():  # an archive of the sources; pre-commit works on repositories
            stack.enter_context(fresh_copy(session))
            session.run("git", "init", "--quiet", external=True)
            session.run("git", "add", "--all", external=True)
        session.run("pre-commit", "run", "--all-files", "--show-diff-on-failure")


@nox.session(python=PYTHONS[1:], tags=["ci"])  # the oldest is that of the README's command
def tests(session):
    """Run the suite, with each Python that is there."""
    session.install(".[test]")
    pytest(session, "-m", "not slow")


@nox.session(default=False, tags=["ci"])
def optional(session):
    """Run the suite with all optional packages (bits against PyTorch), then without the fast path."""
    session.install(".[test]", *group("optional"))
    pytest(session)
    pytest(session, "-m", "not slow", env={"LEAKY_RELU_FAST_CALL": "0"})


@nox.session(default=False, tags=["ci"])
def docs(session):
    """Build the site into build/docs, check docstrings, run the code of docstrings, pages and gallery."""
    session.install(".[test]", *group("docs"))
    shutil.rmtree(ROOT / "build" / "docs", ignore_errors=True)  # what a build that failed left stops the next
    options = ("-W", "--keep-going", "-q", "-j", "auto")
    session.run("python", "-m", "sphinx", *options, "docs", "build/docs")
    pytest(session, "tests/test_public.py", "tests/test_layers_public.py", "tests/test_documentation.py")


@nox.session(default=False, tags=["ci"])
def package(session):
    """Build sdist and wheel twice, equal to the byte, and the wheel for PyPI; check what is in them."""
    session.install(*group("package"))
    dist, again, release = (Path(session.create_tmp(), name) for name in ("dist", "again", "release"))
    static = ("-C", "cmake.define.LEAKY_RELU_STATIC_RUNTIME=ON")
    for folder, options, env in (
        (dist, (), {}),
        (again, (), {"CCACHE_DISABLE": "1"}),
        (release, ("--wheel", *static), {}),
    ):
        shutil.rmtree(folder, ignore_errors=True)
        began = time.monotonic()
        session.run("python", "-m", "build", "--quiet", *options, "--outdir", str(folder), env=env)
        session.log(f"built in {time.monotonic() - began:.0f} s")
    for file in (*dist.iterdir(), *release.iterdir()):
        most = LARGEST["static"] if file.parent == release else LARGEST[file.suffix]
        session.log(f"{file.name}: {file.stat().st_size} bytes")
        if file.stat().st_size > most:
            session.error(f"{file.name} has more than {most} bytes")
    for file in dist.iterdir():
        if file.read_bytes() != (again / file.name).read_bytes():
            session.error(f"{file.name} is another when built again")
    (wheel,) = release.glob("*.whl")
    session.run("python", ".ci/check_extension.py", str(wheel))
    session.run("twine", "check", "--strict", *map(str, dist.iterdir()))
    session.run("check-wheel-contents", str(wheel))
    if (ROOT / ".git").exists():
        session.run("check-sdist", "--no-isolation")
    session.run("auditwheel", "repair", "--wheel-dir", str(dist / "repaired"), str(wheel))
    (repaired,) = (dist / "repaired").glob("*manylinux*.whl")
    session.log(f"{repaired.name}: {repaired.stat().st_size} bytes")


@nox.session(default=False, tags=["ci"])
def oldest(session):
    """Run the suite with the oldest NumPy."""
    session.install(".[test]", f"numpy=={OLDEST_NUMPY}.*")
    pytest(session, "-m", "not slow")


@nox.session(default=False)
def nightly(session):
    """Run the suite with NumPy's next version, as built last night."""
    session.install(".[test]")
    index = "https://pypi.anaconda.org/scientific-python-nightly-wheels/simple"
    session.install("--upgrade", "--pre", "--index-url", index, "numpy")
    pytest(session, "-m", "not slow")


@nox.session(default=False, tags=["ci"])
def clang(session):
    """Run the suite on what Clang makes, which compiles the wheels for macOS."""
    session.install(".[test]", env={"CC": "clang", "CXX": "clang++"})
    pytest(session, "-m", "not slow")


@nox.session(default=False)
@nox.parametrize("sanitizer", [nox.param(name, id=name) for name in SANITIZED])
def sanitize(session, sanitizer):
    """Run the tests that suit it under a sanitizer: asan (with UndefinedBehaviorSanitizer) or tsan."""
    libraries, suited = SANITIZED[sanitizer]
    build = (f"cmake.args=--preset={sanitizer}", "cmake.build-type=RelWithDebInfo", "install.strip=false")
    session.install(".[test]", *(part for setting in build for part in ("-C", setting)))
    # Python is not instrumented, so the sanitizer is loaded before it, and what throws exceptions as well.
    found = [session.run("g++", f"-print-file-name={name}", external=True, silent=True) for name in libraries]
    env = {
        "LD_PRELOAD": " ".join(name.strip() for name in found),
        "ASAN_OPTIONS": "detect_leaks=0",  # of the interpreter, which frees little when it ends
        "TSAN_OPTIONS": "halt_on_error=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
    }
    pytest(session, *suited, env=env)


@nox.session(default=False)
def tidy(session):
    """Look for mistakes in the C++ code by clang-tidy, with the checks in `.clang-tidy`."""
    session.install(*group("build"), "clang-tidy>=20")
    folder = str(Path(session.create_tmp(), "tidy"))
    includes = session.run("python", "-m", "pybind11", "--cmakedir", silent=True).strip()
    options = {
        "CMAKE_CXX_COMPILER": "clang++",
        "CMAKE_EXPORT_COMPILE_COMMANDS": "ON",
        "SKBUILD_PROJECT_VERSION": "0",
        "pybind11_DIR": includes,
    }
    options = [f"-D{name}={value}" for name, value in options.items()]
    session.run("cmake", "-G", "Ninja", "-B", folder, *options, silent=True)
    session.run("run-clang-tidy.py", "-quiet", "-p", folder, "-j", str(os.cpu_count()))


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
    build = ("cmake.define.CMAKE_CXX_FLAGS=--coverage", "install.strip=false", f"build-dir={folder}/cpp")
    settings = [part for setting in build for part in ("-C", setting)]
    session.install(*group("build"), "pytest-cov", "gcovr")
    session.install(
        "--no-build-isolation", ".[test]", *settings
    )  # gcovr looks for NumPy's headers afterwards
    reports = ("--cov-report=term-missing:skip-covered", f"--cov-report=html:{folder}/python")
    pytest(session, "--cov=leaky_relu", "--cov-branch", *reports, success_codes=[0, 1])
    # NumPy's headers are gone with the environment of the build.
    gone = ("--gcov-ignore-errors=source_not_found", "--gcov-ignore-errors=no_working_dir_found")
    ours = ("-r", ".", "-f", "csrc/", "--exclude-throw-branches", "--exclude-unreachable-branches", *gone)
    pages = folder / "cpp.html"
    session.run("gcovr", *ours, "--html-details", str(pages), "--txt-summary", str(folder / "cpp"))
    session.run("gcovr", *ours, "--txt", "-", str(folder / "cpp"))


@nox.session(default=False, name="guard-pages")
@nox.parametrize("edge", [nox.param(name, id=name) for name in ("begin", "end")])
def guard_pages(session, edge):
    """Run the suite where each array begins or ends at a page that faults."""
    session.install(".[test]")
    pytest(session, "-m", "not slow", f"--guard-pages={edge}")


@nox.session(venv_backend="none", default=False, tags=["ci"])
def aarch64(session):
    """Run what depends on the instruction set on the neon target under QEMU (`.ci/cross`)."""
    session.run(".ci/cross", "aarch64", "-q", "-n", "auto", *(session.posargs or ON_TARGETS), external=True)


@nox.session(venv_backend="none", default=False)
@nox.parametrize("cpu", [nox.param(name, id=name) for name in ("riscv64", "ppc64el", "s390x")])
def cross(session, cpu):
    """Run the same on a CPU that has the scalar target only (`.ci/cross`); s390x is big-endian."""
    session.run(".ci/cross", cpu, "-q", "-n", "auto", *(session.posargs or ON_TARGETS), external=True)


@nox.session(name="old-cpus", default=False)
@nox.parametrize("cpu", [nox.param(model, id=model.split(",")[0]) for model in OLD_CPUS])
def old_cpus(session, cpu):
    """Run the same on x86-64 as it was: without AVX2, and with AVX2 but no FMA, under QEMU."""
    session.install(".[test]")
    # An interpreter of the environment, as what a test starts by sys.executable is emulated as well.
    python = Path(session.bin, "emulated-python")
    qemu = f'qemu-x86_64-static -cpu {cpu} -0 "$0" {Path(session.bin, "python").resolve()}'
    python.write_text(f'#!/bin/sh\nOPENBLAS_CORETYPE=Nehalem exec {qemu} "$@"\n')
    python.chmod(0o755)
    arguments = ["-n", "auto", *(session.posargs or ON_TARGETS)]
    session.run(str(python), "-m", "leaky_relu", "--version", external=True)
    session.run(str(python), "-m", "pytest", "-q", *arguments, external=True)


@nox.session(name="free-threading", venv_backend="none", default=False)
def free_threading(session):
    """Run the suite on CPython without its global lock; show how calls scale (`.ci/free_threading`)."""
    session.run(".ci/free_threading", *session.posargs, external=True)


def build_programs(session, *targets, compiler="c++"):
    """Build programs of tests/cpp, and return the folder of them."""
    folder = Path(session.create_tmp(), "cpp")
    session.install("cmake", "ninja")
    options = ("-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_CXX_COMPILER={compiler}")
    session.run("cmake", "-G", "Ninja", "-S", "tests/cpp", "-B", str(folder), *options, silent=True)
    session.run("cmake", "--build", str(folder), "--target", *targets)
    return folder


@nox.session(default=False, tags=["ci"])
def slices(session):
    """Run 15 seconds of what `exhaustive` does in full."""
    folder = build_programs(session, "exhaustive")
    session.run(str(folder / "exhaustive"), "15", external=True)


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
    """Try every float32 and all pairs of 16-bit numbers, in an hour; `-- 30 5000`: 30 seconds from there."""
    folder = build_programs(session, "exhaustive")
    session.run(str(folder / "exhaustive"), *session.posargs, external=True)


@nox.session(default=False)
def mutants(session):
    """Plant single faults, tests/mutants/faults.toml: the quick suite must find each. Arguments pick some."""
    session.install(*group("build"), *PROJECT["project"]["optional-dependencies"]["test"])
    launcher = {"CMAKE_CXX_COMPILER_LAUNCHER": "ccache"} if shutil.which("ccache") else {}
    session.run("python", "tests/mutants/run.py", *session.posargs, env=launcher)


@nox.session(venv_backend="none", default=False)
@nox.parametrize("version", [nox.param(name, id=name) for name in ("3.14", "3.15")])
def sid(session, version):
    """Run the suite in Debian's unstable distribution: a new GCC and Python (`.ci/sid`)."""
    session.run(".ci/sid", version, *(session.posargs or ["-m", "not slow"]), external=True)


@nox.session(default=False)
def windows(session):
    """Compare kernels with the scalar ones under Wine, compile the rest (`.ci/windows`)."""
    session.install("cmake", "ninja", "pybind11")
    session.run(".ci/windows", external=True)


@nox.session(default=False)
def zig(session):
    """Compile what knows no Python for musl, macOS and Windows on Arm (`.ci/zig`)."""
    session.install("cmake", "ninja", "ziglang")
    session.run(".ci/zig", external=True)


@nox.session(default=False)
def figures(session):
    """Measure here and now what the speed page shows, and draw it: docs/figures."""
    session.install(".[bench]")
    session.run("python", "-m", "bench.figures", *session.posargs)


@nox.session(default=False)
def bench(session):
    """Check the ratios of speed that this project holds itself to, on this machine."""
    session.install(".[bench]")
    session.run("python", "-m", "bench", "--must", *session.posargs)


if __name__ == "__main__":
    nox.main()
