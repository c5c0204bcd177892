# %% [markdown]
# # An array larger than memory, on several processes or machines
#
# The functions are ufuncs, so that on arrays of Dask they are lazy: a call says what is to be done with each
# block, and the workers of a cluster do it when a result is asked for. Here they are processes on this
# machine that may use 1 GB between them, for arrays of 2 GB; a `Client` of a cluster on many machines would
# take the same code.
#
#     pip install leaky-relu "dask[array,distributed]" zarr
#     python scale_out.py FOLDER [GIGABYTES]

# %%
import sys
from pathlib import Path

import dask.array as da
import numpy as np
from dask.distributed import Client, LocalCluster, progress
from leaky_relu import leaky_relu, leaky_relu_grad, prelu_grad

CHANNELS, SLOPE = 1024, 0.1
ROWS = 4096  # in a block, which makes 16 MiB: a worker has a handful of them at a time


# %% [markdown]
# What is stored block by block is never in memory as a whole. `progress` shows a bar until all is done.


# %%
def store(client, array, path):
    stored = client.compute(da.to_zarr(array, str(path), compute=False))
    print(f"{path.name}: {array.nbytes / 1e9:.2f} GB in {array.npartitions} blocks", flush=True)
    progress(stored)
    print(flush=True)
    stored.result()
    return da.from_zarr(str(path))


# %% [markdown]
# The gradient of PReLU with respect to its slopes is a sum over all rows. Each block gives its own sums, in
# float64, and these are added in a tree: no worker ever holds more than eight of them.


# %%
def sums_of_block(grad_output, x, weight):
    return prelu_grad(grad_output, x, weight)[1][np.newaxis]


def prelu_gradients(grad_output, x, weight):
    """Return both, lazily, for arrays of shape (rows, channels) in blocks of whole rows."""
    sums = da.map_blocks(
        sums_of_block,
        grad_output,
        x,
        weight=weight.astype(np.float64),
        chunks=((1,) * x.numblocks[0], weight.shape),
        meta=np.empty((0, 0)),
    )
    return leaky_relu_grad(grad_output, x, weight), sums.sum(axis=0, split_every=8)


# %%
def main(folder, gigabytes=2.0):
    """Make an array, activate it, go back, and give the gradient of the slopes."""
    folder = Path(folder)
    rows = round(gigabytes * 1e9 / (4 * CHANNELS))
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, memory_limit="512MB", dashboard_address=":0"
        ) as cluster,
        Client(cluster) as client,
    ):
        rng = da.random.default_rng(0)
        random = rng.standard_normal((rows, CHANNELS), dtype=np.float32, chunks=(ROWS, CHANNELS))
        x = store(client, random, folder / "x.zarr")
        y = store(client, leaky_relu(x, SLOPE), folder / "y.zarr")
        grad_x, grad_weight = prelu_gradients(y, x, np.full(CHANNELS, SLOPE, np.float32))
        store(client, grad_x, folder / "grad_x.zarr")
        grad_weight = client.compute(grad_weight)
        progress(grad_weight)
        print(f"\ngradient of the slopes: {grad_weight.result().mean() / rows:.3f} a row, on average")


if __name__ == "__main__":  # which the workers, that import this file, are not
    main(sys.argv[1], *map(float, sys.argv[2:]))
