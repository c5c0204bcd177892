"""The docstrings of the ufuncs, which no linter sees: they are put together and set at import."""

import inspect
import io
from itertools import pairwise

import pytest
from leaky_relu._docstrings import DOCSTRINGS
from leaky_relu._dtypes import OPERATIONS

SECTIONS = ["Parameters", "Returns", "Raises", "See Also", "Notes", "Examples"]


def test_every_operation_has_one():
    assert set(OPERATIONS) <= set(DOCSTRINGS)


@pytest.mark.parametrize("name", DOCSTRINGS)
def test_sections(name):
    lines = inspect.cleandoc(DOCSTRINGS[name]).splitlines()
    titles = [line for line, below in pairwise(lines) if below and set(below) == {"-"}]
    assert [title for title in titles if title in SECTIONS] == SECTIONS
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("name", DOCSTRINGS)
def test_restructured_text(name):
    core = pytest.importorskip("docutils.core")
    stream = io.StringIO()
    core.publish_doctree(
        inspect.cleandoc(DOCSTRINGS[name]), settings_overrides={"warning_stream": stream, "report_level": 1}
    )
    reports = [line for line in stream.getvalue().splitlines() if line.startswith("<string>:")]
    assert [line for line in reports if "Unexpected section title" not in line] == []
