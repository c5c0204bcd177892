"""What the sessions of noxfile.py and by_hand.py share."""

from pathlib import Path

import nox

ROOT = Path(__file__).parents[1]
PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")
# What depends on the instruction set. Under emulation the whole suite takes the better part of an hour.
TARGETS = "bits dtypes flags guard_pages methods ml_dtypes overlap packed prelu bias_grad strides subnormals"
ON_TARGETS = [f"tests/test_{name}.py" for name in TARGETS.split()]


def group(name):
    """Give the requirements of a dependency group."""
    return nox.project.dependency_groups(PROJECT, name)


def pytest(session, *args, **kwargs):
    """Run tests on all CPUs."""
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *args, *session.posargs, **kwargs)


def build_programs(session, *targets, compiler="c++"):
    """Build programs of tests/cpp, and return the folder of them."""
    folder = Path(session.create_tmp(), "cpp")
    session.install("cmake", "ninja")
    options = ("-DCMAKE_BUILD_TYPE=Release", f"-DCMAKE_CXX_COMPILER={compiler}")
    session.run("cmake", "-G", "Ninja", "-S", "tests/cpp", "-B", str(folder), *options, silent=True)
    session.run("cmake", "--build", str(folder), "--target", *targets)
    return folder
