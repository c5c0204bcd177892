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
@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("page", [page for page in pages_with("sh") if page.values[0].name != "README.md"])
def test_commands(page, tmp_path):
    code = "".join(code for _, code, _ in blocks(page, "sh"))
    paths = [str(pathlib.Path(sys.executable).parent), os.environ["PATH"]]
    environment = os.environ | {"PATH": os.pathsep.join(paths)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_in_the_table_of_names():
    table = (ROOT / "docs" / "start.md").read_text(encoding="utf-8").partition("## Which function when")[2]
    named = {
        found for row in table.splitlines() if row.startswith("|") for found in re.findall(r"`(\w+)", row)
    }
    assert {each for each in leaky_relu.__all__ if not each.startswith("__")} <= named


def test_every_public_name_has_a_page():
    api = (ROOT / "docs" / "api.rst").read_text(encoding="utf-8")
    listed = set(re.findall(r"^   (?:layers\.)?(\w+)$", api, re.M))
    assert listed == {each for each in leaky_relu.__all__ if not each.startswith("__")} | {"Layer", "he_gain"}


def test_tests_that_are_named_are_there():
    named = {
        found
        for page in PAGES
        for found in re.findall(r"(test_\w+\.py)(?:::(\w+))?", page.read_text("utf-8"))
    }
    assert named
    for module, function in sorted(named):
        path = ROOT / "tests" / module
        assert path.exists(), module
        assert not function or f"def {function}(" in path.read_text("utf-8"), f"{module}::{function}"


def test_files_of_the_sources_that_are_named_are_there():
    named = {found for page in PAGES for found in re.findall(r"`(csrc/[\w/.]+)`", page.read_text("utf-8"))}
    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
