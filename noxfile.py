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
import sys
import tempfile
import time
from pathlib import Path

import nox

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / ".ci"))

import by_hand  # noqa: E402, F401  (more sessions)
from sessions import ON_TARGETS, PROJECT, build_programs, group, pytest  # noqa: E402

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"

PYTHONS = nox.project.python_versions(PROJECT)
OLDEST_NUMPY = re.fullmatch(r"numpy>=([\d.]+)", PROJECT["project"]["dependencies"][0])[1]
NOT_SOURCE = (".git", ".nox", ".venv", ".*_cache", ".hypothesis", "build", "dist", "__pycache__")
LARGEST = {".whl": 350_000, "static": 380_000, ".gz": 1_000_000}  # bytes; a C++ library costs 29 kB


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
    pytest(session)


@nox.session(default=False, tags=["ci"])
def optional(session):
    """Run the suite with all optional packages (bits against PyTorch), then without the fast path."""
    session.install(".[test]", *group("optional"))
    pytest(session, "-m", "")
    pytest(session, env={"LEAKY_RELU_FAST_CALL": "0"})


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
    pytest(session)


@nox.session(default=False)
def nightly(session):
    """Run the suite with NumPy's next version, as built last night."""
    session.install(".[test]")
    index = "https://pypi.anaconda.org/scientific-python-nightly-wheels/simple"
    session.install("--upgrade", "--pre", "--index-url", index, "numpy")
    pytest(session)


@nox.session(default=False, tags=["ci"])
def clang(session):
    """Run the suite on what Clang makes, which compiles the wheels for macOS."""
    session.install(".[test]", env={"CC": "clang", "CXX": "clang++"})
    pytest(session)


@nox.session(default=False, tags=["ci"])
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


@nox.session(venv_backend="none", default=False, tags=["ci"])
def aarch64(session):
    """Run what depends on the instruction set on the neon target under QEMU (`.ci/cross`)."""
    session.run(".ci/cross", "aarch64", "-q", "-n", "auto", *(session.posargs or ON_TARGETS), external=True)


@nox.session(default=False, tags=["ci"])
def slices(session):
    """Run 30 seconds of what `exhaustive` does in full."""
    folder = build_programs(session, "exhaustive")
    session.run(str(folder / "exhaustive"), *(session.posargs or ["30"]), external=True)


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
