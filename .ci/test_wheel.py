"""Run the suite on the installed wheel: on the best target of this machine, then on the scalar one."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"

subprocess.run([sys.executable, "-m", "leaky_relu", "--version"], check=True)
for environment, options in (({}, ["-m", ""]), ({"LEAKY_RELU_SIMD": "scalar"}, [])):
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", *options, str(TESTS)]
    subprocess.run(command, env=os.environ | environment, check=True)
