"""Throughput by size: caches and memory show as steps."""

from typing import Any

from bench.cases import Case

SIZES = [4**k for k in range(4, 15)]  # 1 KB to 1 GB of float32


def draw(rows: list[dict[str, Any]], file: str) -> None:
    """Draw GB/s, of elements read and written, by the size of x; a panel for each number of threads."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    panels = sorted({row["threads"] for row in rows})
    figure, axes = plt.subplots(1, len(panels), figsize=(7 * len(panels), 5), sharey=True, squeeze=False)
    for axis, threads in zip(axes[0], panels, strict=True):
        lines: dict[str, tuple[list[float], list[float]]] = {}
        for row in rows:
            if row["threads"] == threads:
                size = row["size"] * row["bytes"]
                arrays = 2 if row["operation"] == "forward" else 3
                sizes, speeds = lines.setdefault(str(Case(*(row[f] for f in Case._fields[:5]))), ([], []))
                sizes.append(size)
                speeds.append(arrays * size / row["seconds"] / 1e9)
        for label, (sizes, speeds) in lines.items():
            axis.loglog(sizes, speeds, label=label, linewidth=2.5 if label.startswith("leaky_relu") else 1.2)
        axis.set(title=f"{threads} thread{'s' * (threads > 1)}", xlabel="bytes of x", ylabel="GB/s")
        axis.grid(alpha=0.3)
    figure.tight_layout()
    axes[0, -1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False)  # beside the lines
    figure.savefig(file, dpi=150, bbox_inches="tight")
