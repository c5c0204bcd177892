"""What the pages say: their code runs and shows what it shows, and what they name is there."""

import doctest
import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import leaky_relu
import pytest

ROOT = pathlib.Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# A block may stand below a comment that says what it needs, or why it is not run.
BLOCK = re.compile(
    r"^(?:<!-- (?P<word>needs|not run): (?P<words>.*?) -->\n)?^```(?P<language>\w+)\n(?P<code>.*?)^```$",
    re.M | re.S,
)
MODULES = {"scikit-learn": "sklearn"}  # by name of the package, where they differ


def is_there(module):
    """Tell whether a module can be imported, without importing more than what it is part of."""
    try:
        return importlib.util.find_spec(MODULES.get(module, module)) is not None
    except ModuleNotFoundError:
        return False


def blocks(page, *languages):
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        needed = block["words"].split(", ") if block["word"] == "needs" else []
        if block["language"] in languages and block["word"] != "not run" and all(map(is_there, needed)):
            yield block["language"], block["code"], block.start()


def name(page):
    return page.relative_to(ROOT).as_posix()


def lines_before(page, position):
    return page.read_text(encoding="utf-8").count("\n", 0, position)


def pages_with(*languages):
    return [pytest.param(page, id=name(page)) for page in PAGES if any(blocks(page, *languages))]


@pytest.mark.parametrize("page", pages_with("python", "pycon"))
def test_code(page, tmp_path, monkeypatch):
    """Run the code of a page from its beginning to its end, as a reader would."""
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    runner, said = doctest.DocTestRunner(verbose=False), []
    for language, code, position in blocks(page, "python", "pycon"):
        line = lines_before(page, position)
        if language == "pycon":
            test = doctest.DocTestParser().get_doctest(code, names, name(page), str(page), line)
            runner.run(test, out=said.append, clear_globs=False)
            names = test.globs
        else:
            exec(compile("\n" * line + code, str(page), "exec"), names)
    assert runner.failures == 0, "".join(said)


# README's are run by sessions of nox, each in a new environment.
@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("page", [page for page in pages_with("sh") if page.values[0].name != "README.md"])
def test_commands(page, tmp_path):
    code = "".join(code for _, code, _ in blocks(page, "sh"))
    path = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])
    shell = ["bash", "-euo", "pipefail", "-c", code]
    done = subprocess.run(
        shell, cwd=tmp_path, env=os.environ | {"PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def public_names():
    return {name for name in leaky_relu.__all__ if not name.startswith("__")}


def found_in_pages(pattern):
    return sorted({found for page in PAGES for found in re.findall(pattern, page.read_text("utf-8"))})


def test_every_public_name_is_in_the_table_of_names():
    page = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|.*", page.partition("## Which function when")[2], re.M)
    assert public_names() <= {name for row in rows for name in re.findall(r"`(\w+)", row)}


def test_every_public_name_has_a_page():
    api = (ROOT / "docs" / "api.rst").read_text(encoding="utf-8")
    listed = re.findall(r"^   (?:layers\.)?(\w+)$", api, re.M)
    assert sorted(listed) == sorted(public_names() | {"Layer", "he_gain"})


def test_tests_that_are_named_are_there():
    named = found_in_pages(r"(test_\w+\.py)(?:::(\w+))?")
    assert named
    for module, function in named:
        path = ROOT / "tests" / module
        assert path.exists(), module
        assert not function or f"def {function}(" in path.read_text("utf-8"), f"{module}::{function}"


def test_files_of_the_sources_that_are_named_are_there():
    named = found_in_pages(r"`(csrc/[\w/.]+)`")
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_promises_are_held_by_tests_that_are_there():
    contract = (ROOT / "docs/contract.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+\.py)(?:::(\w+))?`", contract)
    assert len(named) > 50
    for file, function in named:
        tests = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert f"def {function or 'test_'}" in tests, (file, function)
