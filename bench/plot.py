"""Pictures of what was measured: throughput by size, or layouts beside each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from leaky_relu._comparison.operands import WAYS
from leaky_relu._comparison.peers import OURS, PEERS
from leaky_relu._comparison.pictures import colour, draw_throughput, picture

from bench.layouts import LAYOUTS

SIZES = [4**k for k in range(4, 14)]  # 1 KiB to 256 MiB of float32


def throughput(rows: list[dict[str, Any]], file: str) -> None:
    """Draw GB/s by size, caches and memory showing as steps; a panel for each number of threads."""
    named = _short_labels(rows, ("peer", "operation", "way", "dtype"))
    panels = sorted({row["threads"] for row in rows})
    with picture(file, len(panels), size=(4, 4), force=True) as axes:
        for axis, threads in zip(axes, panels, strict=True):
            of_panel = [
                row | {"bytes": row["size"] * row["bytes"], "arrays": 2 + (row["operation"] == "gradient")}
                for row in named
                if row["threads"] == threads
            ]
            draw_throughput(axis, of_panel, f"{threads} thread{'s' * (threads > 1)}")
            axis.set_ylabel("GB/s" if axis is axes[0] else "")
        _on_one_scale(axes)
        axes[-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))


def calls(rows: list[dict[str, Any]], file: str) -> None:
    """Draw what a call takes by the number of elements: a new array, and one that is given."""
    from matplotlib.ticker import EngFormatter

    panels = [("forward", "new"), ("forward", "out")]
    with picture(file, len(panels), size=(4, 4), force=True) as axes:
        for axis, call in zip(axes, panels, strict=True):
            of_panel = [row for row in rows if (row["operation"], row["way"]) == call]
            for peer in dict.fromkeys(row["peer"] for row in of_panel):
                line = [(row["size"], row["seconds"]) for row in of_panel if row["peer"] == peer]
                axis.loglog(
                    *np.transpose(line),
                    ":" if PEERS[peer].ceiling else "-",
                    color=colour(peer, 0),
                    label=peer,
                    linewidth=2.5 if peer == OURS else 1.3,
                )
            axis.set(title=WAYS[call[1]], xlabel="elements")
            axis.yaxis.set_major_formatter(EngFormatter("s"))
            axis.grid()
        _on_one_scale(axes)
        handles = {
            label: line
            for axis in axes
            for line, label in zip(*axis.get_legend_handles_labels(), strict=True)
        }
        axes[-1].legend(handles.values(), handles, loc="center left", bbox_to_anchor=(1.02, 0.5))


def layouts(rows: list[dict[str, Any]], file: str) -> None:
    """Draw how many times leaky_relu's time each peer takes; a line for each layout and call."""
    # Of several sizes or pauses, the last one measured.
    calls = _short_labels(rows, ("layout", "operation", "way", "dtype", "threads"))
    found = {(row["label"], row["peer"]): 1 / row["ours_by_peer"] for row in calls}
    peers = [name for name, peer in PEERS.items() if name != OURS and not peer.ceiling]
    peers = [peer for peer in peers if any(peer == other for _, other in found)]
    lines = list(dict.fromkeys(label for label, peer in found if peer in peers))
    with picture(file, size=(7, 1 + 0.28 * len(lines)), force=True) as (axes,):
        for peer in peers:
            points = [
                (found[label, peer], place) for place, label in enumerate(lines) if (label, peer) in found
            ]
            axes.scatter(*np.transpose(points), color=colour(peer, 0), label=peer, zorder=3)
        axes.axvline(1, color=colour(OURS, 0), linewidth=2.5, label=OURS)
        axes.set(xscale="log", xlabel="time by leaky_relu's (to the right of the line leaky_relu is faster)")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_yticks(range(len(lines)), lines)
        axes.set_ylim(len(lines) - 0.5, -0.5)  # the first line on top
        axes.grid()
        axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))


def _on_one_scale(axes: Sequence[Any]) -> None:
    lowest, highest = zip(*(axis.get_ylim() for axis in axes), strict=True)
    for axis in axes:
        axis.set_ylim(min(lowest), max(highest))


def _short_labels(rows: list[dict[str, Any]], fields: tuple[str, ...]) -> list[dict[str, Any]]:
    """Add a label to each row, of the first field and of those others that differ among the rows."""
    words = {
        "layout": {name: layout.label for name, layout in LAYOUTS.items()},
        "operation": {"bias_gradient": "gradient of bias"},
        "way": WAYS,
    }
    first, *others = fields
    used = [first, *(field for field in others if len({row[field] for row in rows}) > 1)]
    return [
        row | {"label": ", ".join(str(words.get(field, {}).get(row[field], row[field])) for field in used)}
        for row in rows
    ]
