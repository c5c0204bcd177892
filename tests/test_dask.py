"""Dask's arrays: lazily, and on a cluster of processes."""

import pathlib
import runpy

import numpy as np
import pytest
from helpers import F32, assert_same, patterns
from leaky_relu import (
    affine_leaky_relu,
    bias_leaky_relu,
    get_num_threads,
    leaky_relu,
    leaky_relu_grad,
    prelu,
    prelu_grad,
)

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

EXAMPLE = pathlib.Path(__file__).parents[1] / "docs" / "examples" / "scale_out.py"
X, G = patterns(F32, 90 * 8).reshape(90, 8), patterns(F32, 90 * 8, seed=1).reshape(90, 8)
SLOPES = np.linspace(-0.5, 1, 8, dtype=F32)
OPERATIONS = {
    "forward": lambda x, g: leaky_relu(x, 0.3),
    "slope left out": lambda x, g: leaky_relu(x),
    "slopes": lambda x, g: leaky_relu(x, SLOPES),
    "gradient": lambda x, g: leaky_relu_grad(g, x, negative_slope=0.3),
    "bias": lambda x, g: bias_leaky_relu(x, SLOPES, 0.3),
    "affine": lambda x, g: affine_leaky_relu(x, SLOPES, SLOPES, 0.3),
    "prelu": lambda x, g: prelu(x, SLOPES),
}


@pytest.fixture(scope="module")
def client():
    """Return a client of two processes."""
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def blocks(a, chunks=(20, 3)):
    return da.from_array(a, chunks=chunks)


def refuse(block):
    raise AssertionError("a block was computed before it was asked for")


@pytest.mark.parametrize("name", OPERATIONS)
@np.errstate(all="ignore")
def test_on_processes(client, name):
    y = OPERATIONS[name](blocks(X), blocks(G))
    assert isinstance(y, da.Array)
    assert y.dtype == F32
    assert_same(client.compute(y).result(), OPERATIONS[name](X, G))


@pytest.mark.filterwarnings("ignore:Running on a single-machine scheduler:UserWarning")
@pytest.mark.parametrize("name", OPERATIONS)
def test_lazy(name):
    x = blocks(X).map_blocks(refuse, meta=np.empty((0, 0), F32))
    y = OPERATIONS[name](x, x)
    assert (y.shape, y.dtype) == (X.shape, F32)
    with pytest.raises(AssertionError, match="before it was asked for"):
        y.compute(scheduler="sync")


def test_workers_are_the_threads(client):
    """Dask tells the libraries in its processes to use one thread, and so does this one."""
    assert set(client.run(get_num_threads).values()) == {1}


def test_gradients_of_prelu(client):
    """Those with respect to x to the bit; those of slopes as sums of blocks, in another order."""
    pytest.importorskip("zarr")
    prelu_gradients = runpy.run_path(str(EXAMPLE))["prelu_gradients"]
    x, g = (np.clip(np.nan_to_num(a), -1e3, 1e3) for a in (X, G))
    lazily = prelu_gradients(blocks(g, (4, 8)), blocks(x, (4, 8)), SLOPES)
    grad_x, grad_weight = client.gather(client.compute(lazily))
    expected = prelu_grad(g, x, SLOPES.astype(np.float64))
    assert_same(grad_x, expected[0])
    np.testing.assert_allclose(grad_weight, expected[1], rtol=1e-13, strict=True)
