"""The examples run, soon enough, and show what they say."""

import json
import pathlib
import runpy
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers import assert_same
from leaky_relu import leaky_relu, leaky_relu_grad

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


@pytest.mark.slow
def test_scale_out(tmp_path):
    """A small array, of a few blocks all the same; started as a person does, for the workers import it."""
    pytest.importorskip("distributed")
    zarr = pytest.importorskip("zarr")
    done = subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / "scale_out.py", tmp_path, "0.05"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("100% Completed") == 4
    assert "gradient of the slopes: 0.050 a row" in done.stdout
    x, y, grad_x = (zarr.open(tmp_path / f"{name}.zarr", mode="r") for name in ("x", "y", "grad_x"))
    assert x.shape == (12207, 1024)
    assert_same(y[:], leaky_relu(x[:], 0.1))
    assert_same(grad_x[:], leaky_relu_grad(y[:], x[:], 0.1))


def test_notebooks_are_their_scripts():
    for path in EXAMPLES.glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        script = path.with_suffix(".py").read_text()
        for cell in cells:
            text = "".join(cell["source"])
            prefix = "# " if cell["cell_type"] == "markdown" else ""
            assert "".join(f"{prefix}{line}".rstrip() + "\n" for line in text.splitlines()) in script
        assert any(cell.get("outputs") for cell in cells)
