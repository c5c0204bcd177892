"""The examples run, soon enough, and show what they say."""

import json
import math
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


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit that it sets is Linux's")
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive:UserWarning")
def test_larger_than_memory():
    pytest.importorskip("matplotlib").use("agg")
    names = runpy.run_path(str(EXAMPLES / "larger_than_memory.py"))
    assert "MemoryError" in names["whole"]
    assert names["same"]


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


@pytest.fixture(scope="module")
def pytorch_operator():
    pytest.importorskip("torch")
    return runpy.run_path(str(EXAMPLES / "pytorch_operator.py"))


@pytest.mark.parametrize("slope", [0.01, 0.0, -0.5, 2.0])
@pytest.mark.parametrize("shape", [(3, 5), (), (0,)], ids=str)
def test_pytorch_operator_differentiates(pytorch_operator, shape, slope):
    import torch

    x = torch.linspace(-1, 2, math.prod(shape), dtype=torch.float64).reshape(shape).requires_grad_()
    for check in (torch.autograd.gradcheck, torch.autograd.gradgradcheck):
        assert check(lambda x: pytorch_operator["leaky_relu"](x, slope), x)


def test_pytorch_operator_where_pytorchs_own_refuses(pytorch_operator):
    import torch

    x = torch.linspace(-1, 2, 100, requires_grad=True)
    with pytest.raises(RuntimeError, match="in-place forward function with a negative slope"):
        torch.nn.functional.leaky_relu(x * 1, -0.5, inplace=True).sum().backward()
    y = pytorch_operator["leaky_relu"](x, -0.5)
    assert [kept.nbytes for kept in y.grad_fn.saved_tensors] == [13]
    y.sum().backward()
    assert torch.equal(x.grad, torch.where(x > 0, 1.0, -0.5))


def test_pytorch_operator_is_a_good_operator(pytorch_operator):
    """Of tensors of any layout, and for torch.compile; by PyTorch's own checks."""
    import torch

    x = torch.linspace(-1, 2, 12).reshape(3, 4)
    for a in (x, x.T, x[:, ::2], x.clone().requires_grad_()):
        torch.library.opcheck(pytorch_operator["packed"], (a, -0.5))
        positive = torch.zeros((a.numel() + 7) // 8, dtype=torch.uint8)
        torch.library.opcheck(pytorch_operator["grad_packed"], (a, positive, -0.5))


def test_notebooks_are_their_scripts():
    for path in EXAMPLES.glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        script = path.with_suffix(".py").read_text()
        for cell in cells:
            text = "".join(cell["source"])
            prefix = "# " if cell["cell_type"] == "markdown" else ""
            assert "".join(f"{prefix}{line}".rstrip() + "\n" for line in text.splitlines()) in script
        assert any(cell.get("outputs") for cell in cells)
