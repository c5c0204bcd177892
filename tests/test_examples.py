"""The examples run, soon enough, and show what they say."""

import json
import pathlib
import runpy
import time

import numpy as np
import pytest

EXAMPLES = pathlib.Path(__file__).parents[1] / "docs" / "examples"


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive:UserWarning")
def test_dying_relu():
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib").use("agg")
    start = time.process_time()
    results = runpy.run_path(str(EXAMPLES / "dying_relu.py"))["results"]
    assert time.process_time() - start < 60
    asleep, accuracy = np.moveaxis([result[:, -1] for result in results.values()], 2, 0)
    assert next(iter(results)) == "ReLU"
    assert asleep[0].min() > asleep[1:].max() + 0.2
    assert accuracy[0].max() < 0.2
    assert accuracy[1:].min() > 0.9


def test_recurrent():
    errors = runpy.run_path(str(EXAMPLES / "recurrent.py"))["errors"]
    assert errors[0] > 0.1
    assert np.mean(errors[-50:]) < 0.01


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive:UserWarning")
def test_denoiser():
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib").use("agg")
    names = runpy.run_path(str(EXAMPLES / "denoiser.py"))
    assert names["after"] < 0.6 * names["before"]


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive:UserWarning")
def test_gradient_checking():
    pytest.importorskip("matplotlib").use("agg")
    names = runpy.run_path(str(EXAMPLES / "gradient_checking.py"))
    assert max(*names["errors"].values(), *names["errors_of_layers"].values()) < 1e-8
    assert names["backward"] == 0.2


def test_notebooks_are_their_scripts():
    for path in EXAMPLES.glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        script = path.with_suffix(".py").read_text()
        for cell in cells:
            text = "".join(cell["source"])
            prefix = "# " if cell["cell_type"] == "markdown" else ""
            assert "".join(f"{prefix}{line}".rstrip() + "\n" for line in text.splitlines()) in script
        assert any(cell.get("outputs") for cell in cells)
