"""The interpreter ends while a daemon thread and the workers of a pool are inside a call: all is quiet."""

import pytest
from public_calls import CALLS, REFUSED, SETTINGS, operands

ALL = CALLS | SETTINGS | {name: f"refused(lambda: {code})" for name, code in REFUSED.items()}
CODE = """
import sys, threading, multiprocessing.pool
lr.set_num_threads(2)
def refused(call):
    try: call()
    except (TypeError, ValueError): pass
calls = [(call, threading.Event()) for call in [{calls}]]
def work(call, called):
    while True:
        call()
        called.set()
for each in calls:
    threading.Thread(target=work, args=each, daemon=True).start()
pool = multiprocessing.pool.ThreadPool(2)
pool.starmap_async(work, calls)
for _, called in calls:
    called.wait()
sys.exit()
"""


@pytest.fixture
def quiet(run_python):
    """Return a function that ends a process inside calls, which must be all that happens."""

    def run(calls, *options):
        code = operands(300, 1000) + CODE.replace("{calls}", ", ".join(f"lambda: {call}" for call in calls))
        done = run_python(code, *options, OPENBLAS_NUM_THREADS="1")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    return run


@pytest.mark.parametrize("first", range(0, len(ALL), 3))
def test_end_inside_calls(quiet, first):
    quiet(list(ALL.values())[first : first + 3])


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-X", "dev")], ids=["plain", "dev"])
@pytest.mark.parametrize("call", ALL)
def test_end_inside_a_call(quiet, call, options):
    quiet([ALL[call]], *options)
