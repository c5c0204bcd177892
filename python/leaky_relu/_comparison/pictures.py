"""Pictures for `leaky-relu plot` and bench/, legible on light and dark pages."""

from __future__ import annotations  # matplotlib is optional

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from leaky_relu import leaky_relu, leaky_relu_grad
from leaky_relu._atomic_file import atomic_file, check_target
from leaky_relu._comparison.peers import OURS, PEERS
from leaky_relu._extras import needs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SUFFIXES = (".png", ".svg")
_INK = "#808080"  # which stands out from white as from black
_COLOURS = ("#e8590c", "#3b8fd4", "#37a15f", "#a06cd5", "#c58b00", "#c9568c", "#5aa9a9", "#8c6d46")
_STYLE = {
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "axes.titlecolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.family": "sans-serif",
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "legend.labelcolor": _INK,
    "savefig.transparent": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "leaky-relu",  # the same picture, the same file
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def check_picture(file: str, *, force: bool) -> None:
    """Refuse what is no name of a picture, or one that exists, before the work that goes into it."""
    if Path(file).suffix.lower() not in _SUFFIXES:
        raise ValueError(f"{file}: pictures are written as {' or '.join(_SUFFIXES)} files, by their names")
    check_target(file, force=force)


@contextmanager
def picture(
    file: str, panels: int = 1, *, size: tuple[float, float], force: bool
) -> Iterator[Sequence[Axes]]:
    """
    Yield axes to draw on, and write them to a .png or .svg file.

    Raises
    ------
    ImportError
        If matplotlib is missing; it says how to install it.
    """
    check_picture(file, force=force)
    with needs("matplotlib", user="plot", extra="plot"):
        import matplotlib as mpl
        from matplotlib.figure import Figure
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(size[0] * panels, size[1]))
        yield figure.subplots(1, panels, squeeze=False)[0]
        form = Path(file).suffix[1:].lower()
        drawn = io.BytesIO()
        metadata = {"Date": None} if form == "svg" else {}
        figure.savefig(drawn, format=form, dpi=150, bbox_inches="tight", metadata=metadata)
    with atomic_file(file, replace=force) as target:
        target.write(drawn.getvalue())


def colour(label: str, place: int) -> str:
    """Return a peer's own colour, the same in all pictures; for what is no peer that of its place."""
    peers = [name for name, peer in PEERS.items() if not peer.ceiling]
    if label in PEERS:
        return _COLOURS[peers.index(label) % len(_COLOURS)] if label in peers else _INK
    return _COLOURS[place % len(_COLOURS)]


def save_function(file: str, slopes: Sequence[float], *, force: bool = False) -> None:
    """Draw the function and its derivative for some slopes."""
    x = np.linspace(-3, 3, 601)
    with picture(file, 2, size=(4.5, 3.6), force=force) as (function, derivative):
        for slope, line in zip(slopes, _COLOURS * len(slopes), strict=False):
            function.plot(x, leaky_relu(x, slope), color=line, linewidth=2, label=f"slope {slope:g}")
            d = leaky_relu_grad(np.ones_like(x), x, slope)
            d[x == 0] = np.nan  # a step, not a ramp
            derivative.plot(x, d, color=line, linewidth=2)
            derivative.plot(0, slope, "o", color=line)  # at zero it is the slope
        function.set(title="leaky_relu(x, slope)", xlabel="x")
        derivative.set(title="derivative", xlabel="x")
        for axes in (function, derivative):
            axes.grid()
        function.legend()


def draw_throughput(axes: Axes, rows: Iterable[dict[str, Any]], title: str) -> None:
    """
    Draw GB/s, read and written, by the size of x.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to.
    rows : iterable of dict
        With ``label``, ``peer``, ``bytes`` of x, ``arrays`` read and written, and ``seconds``.
    title : str
        Of the panel.
    """
    from matplotlib.ticker import EngFormatter, LogLocator

    rows = list(rows)
    for place, label in enumerate(dict.fromkeys(row["label"] for row in rows)):
        line = [row for row in rows if row["label"] == label]
        speeds = [row["arrays"] * row["bytes"] / row["seconds"] / 1e9 for row in line]
        axes.loglog(
            [row["bytes"] for row in line],
            speeds,
            ":" if label in PEERS and PEERS[label].ceiling else "-",
            color=colour(label, place),
            label=label,
            linewidth=2.5 if line[0]["peer"] == OURS else 1.3,
        )
    axes.set(title=title, xlabel="size of x", ylabel="GB/s")
    axes.xaxis.set_major_locator(LogLocator(numticks=4))  # of every power of ten the words would touch
    axes.xaxis.set_major_formatter(EngFormatter("B"))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid()


def save_throughput(file: str, *, force: bool = False, seconds: float = 0.05) -> None:
    """Measure float32, one thread, ``out=``, by size from 1 KiB to 64 MiB, and draw it."""
    from leaky_relu._comparison.demonstration import available_peers, compare_at

    check_picture(file, force=force)
    names, _ = available_peers()
    rows = []
    for size in (4**k for k in range(4, 13)):
        for row in compare_at("forward", "out", size, names, seconds * len(names)):
            rows.append(row | {"label": row["peer"], "bytes": 4 * size, "arrays": 2})
    with picture(file, size=(7, 4.5), force=force) as (axes,):
        draw_throughput(axes, rows, "float32, one thread, out=")
        axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
