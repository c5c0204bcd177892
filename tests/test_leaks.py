"""Calls of each form, and of each that fails, again and again: the process does not grow."""

import sys

import pytest
from public_calls import CALLS, REFUSED, operands

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

MORE = [
    "lr.leaky_relu_packed([1.0, -1.0])",
    "lr.leaky_relu(i)",
    "lr.leaky_relu(x, 1e300)",  # warns, which is an error here
]
CODE = """
import gc, os, warnings
warnings.simplefilter("error")
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")
for form in {forms}:
    call = eval("lambda: " + form)
    def many(count):
        for _ in range(count):
            try: call()
            except (TypeError, ValueError, Warning): pass
        gc.collect()
        return resident()
    many(200)
    before = many({count} // 4)
    growth = many({count}) - before
    assert growth < {count} * 16 + (256 << 10), (form, growth)  # less than the smallest object a call
"""


@pytest.mark.parametrize(
    "count", [pytest.param(400, id="few"), pytest.param(100_000, marks=pytest.mark.slow)]
)
def test_no_growth(printed, count):
    forms = [*CALLS.values(), *REFUSED.values(), *MORE]
    code = CODE.replace("{forms}", repr(forms)).replace("{count}", str(count))
    printed(operands(6, 7) + code)
