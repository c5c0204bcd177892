# %% [markdown]
# # An image larger than memory
#
# An image of 256 MB is activated by a process that may have 128 MB of memory. It need not be in memory as a
# whole: a mapped file is an array like any other, and the command line goes through it piece by piece.

# %%
import filecmp
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

ROWS = COLUMNS = 8_000
STRIP = 500  # rows: 16 MB
folder = tempfile.TemporaryDirectory()
path = Path(folder.name, "image.npy")

# %% [markdown]
# ## The image
#
# Rings that grow fainter outwards, as an edge detector may leave them: half above zero, half below. They are
# written strip by strip.

# %%
image = np.lib.format.open_memmap(path, "w+", np.float32, (ROWS, COLUMNS))
across = np.linspace(-1, 1, COLUMNS, dtype=np.float32)
for begin in range(0, ROWS, STRIP):
    down = np.linspace(-1, 1, ROWS, dtype=np.float32)[begin : begin + STRIP, np.newaxis]
    squared = across**2 + down**2
    image[begin : begin + STRIP] = np.cos(20 * squared) * np.exp(-squared)
image.flush()
print(f"{path.name}: {path.stat().st_size / 1e6:.0f} MB")

# %% [markdown]
# ## Little memory
#
# The limit counts what a process allocates, not the files that it maps. Whatever needs the whole image at
# once ends in a `MemoryError`.

# %%
LIMIT = 128_000_000
BEGINNING = f"""
import resource
resource.setrlimit(resource.RLIMIT_DATA, ({LIMIT}, {LIMIT}))
import numpy as np
from leaky_relu import leaky_relu
"""


def run_with_little_memory(code):
    """Run code in a process of its own, and return the last line that it says."""
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + code],
        cwd=folder.name,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # each of its threads has a buffer
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout + done.stderr).strip().splitlines()[-1]


whole = run_with_little_memory("leaky_relu(np.load('image.npy'), 0.2)")
print(whole)

# %% [markdown]
# ## A mapped file, strip by strip
#
# Input and output are mapped. A strip is computed from the one into the other, and no array is made at all.

# %%
by_strips = f"""
x = np.load("image.npy", mmap_mode="r")
y = np.lib.format.open_memmap("by_strips.npy", "w+", x.dtype, x.shape)
for begin in range(0, len(x), {STRIP}):
    leaky_relu(x[begin : begin + {STRIP}], 0.2, out=y[begin : begin + {STRIP}])
y.flush()
print("done")
"""
print(run_with_little_memory(by_strips))

# %% [markdown]
# ## The command line
#
# `leaky-relu apply image.npy by_command.npy --negative-slope 0.2` does the same, for any `.npy` file, and
# leaves nothing behind if it is interrupted. It holds some megabytes at a time.

# %%
by_command = """
import sys
from leaky_relu.__main__ import main
sys.argv = ["leaky-relu", "apply", "image.npy", "by_command.npy", "--negative-slope", "0.2"]
main()
print("done")
"""
print(run_with_little_memory(by_command))

# %% [markdown]
# Both files are the same, to the byte:

# %%
same = filecmp.cmp(f"{folder.name}/by_strips.npy", f"{folder.name}/by_command.npy", shallow=False)
print(same)

# %% [markdown]
# ## What it looks like
#
# Every twentieth pixel of every twentieth row: of a mapped file only what is looked at is read.

# %%
activated = np.load(Path(folder.name, "by_strips.npy"), mmap_mode="r")
figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
for axis, array, title in zip(axes, (image, activated), ("image", "leaky_relu(image, 0.2)"), strict=True):
    shown = axis.imshow(array[::20, ::20], cmap="RdBu_r", vmin=-1, vmax=1)
    axis.set(title=title, xticks=[], yticks=[])
figure.colorbar(shown, ax=axes, shrink=0.8)
plt.show()

# %%
del image, activated
folder.cleanup()
