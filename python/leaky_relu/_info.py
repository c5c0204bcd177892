"""What is installed and what it runs on, for bug reports and scripts."""

import platform
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

import leaky_relu
from leaky_relu import _core


def info() -> dict[str, Any]:
    """Return it as numbers, text and lists, ready for JSON."""
    return {
        "leaky_relu": leaky_relu.__version__,
        "simd_target": leaky_relu.simd_target(),
        "simd_targets": leaky_relu.simd_targets(),
        "threads": leaky_relu.get_num_threads(),
        "cache": _cache(),
        "build": _build(),
        "cpu": _cpu(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def info_lines() -> list[str]:
    """Return the same for people."""
    facts = info()
    others = [target for target in facts["simd_targets"] if target != facts["simd_target"]]
    cache, build = facts["cache"], facts["build"]
    text = facts | {
        "simd_target": facts["simd_target"]
        + f" (this machine can also run {', '.join(others)})" * bool(others),
        "cache": ", ".join(f"{name} {value:,}" for name, value in cache.items()),
        "build": ", ".join(value for value in build.values() if value),
    }
    del text["simd_targets"]
    return [f"{name.replace('_', ' '):<12} {value}" for name, value in text.items() if value]


def _cache() -> dict[str, int]:
    """Return what is known of the memory of former outputs, in bytes."""
    of_now = getattr(leaky_relu, "cache_info", None)
    return dict(of_now()._asdict()) if of_now else {}


def _build() -> dict[str, str | None]:
    try:
        wheel = distribution("leaky-relu").read_text("WHEEL") or ""
    except PackageNotFoundError:  # on a path, not installed
        wheel = ""
    tag = re.search(r"^Tag: (.*)", wheel, re.MULTILINE)
    return {
        "compiler": getattr(_core, "__compiler__", None),
        "wheel": tag and tag[1],
        "extension": _core.__file__,
    }


def _cpu() -> str:
    try:  # "model name" on x86; Arm's kernel tells numbers only
        found = re.search(r"^model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except (OSError, ValueError):
        found = None
    return found[1] if found else platform.processor() or platform.machine()
