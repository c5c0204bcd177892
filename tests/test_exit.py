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
called = threading.Event()
def work(_=None):
    while True:
        {call}
        called.set()
threading.Thread(target=work, daemon=True).start()
pool = multiprocessing.pool.ThreadPool(2)
pool.map_async(work, range(2))
called.wait()
sys.exit()
"""


@pytest.mark.parametrize(
    "options", [pytest.param((), id="plain"), pytest.param(("-X", "dev"), id="dev", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("call", ALL)
def test_end_inside_a_call(run_python, call, options):
    code = operands(300, 1000) + CODE.replace("{call}", ALL[call])
    done = run_python(code, *options, OPENBLAS_NUM_THREADS="1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
