"""Every operation of the list is there in full: bound, documented, typed and with a reference."""

import ast
import inspect
import pathlib

import leaky_relu
import numpy as np
import pytest
from reference import DATA, FORMULAS, OPERATIONS

STUB = ast.parse((pathlib.Path(leaky_relu.__file__).parent / "_core.pyi").read_text())


def test_bound(operation):
    ufunc = getattr(leaky_relu, operation)
    assert operation in leaky_relu.__all__
    assert type(ufunc) is np.ufunc
    assert ufunc.__name__ == operation
    assert (ufunc.nin, ufunc.nout) == (len(OPERATIONS[operation]), 1)


def test_signature(operation):
    """All inputs but the slope are positional only."""
    parameters = inspect.signature(getattr(leaky_relu, operation)).parameters
    *inputs, slope, out = list(parameters)[: len(OPERATIONS[operation]) + 1]
    assert (*inputs, slope) == OPERATIONS[operation]
    assert (slope, out) == ("negative_slope", "out")
    assert all(parameters[name].kind is inspect.Parameter.POSITIONAL_ONLY for name in inputs)


def test_documented(operation):
    doc = inspect.getdoc(getattr(leaky_relu, operation))
    described = [line.partition(" : ")[0] for line in doc.splitlines() if " : " in line]
    assert [name for name in described if name in OPERATIONS[operation]] == list(OPERATIONS[operation])
    assert ">>> " in doc


def test_typed(operation):
    """By a class in the stub whose __call__ takes the inputs in their order."""
    kind = next(
        node.annotation.id
        for node in STUB.body
        if isinstance(node, ast.AnnAssign) and node.target.id == operation
    )
    methods = next(node.body for node in STUB.body if isinstance(node, ast.ClassDef) and node.name == kind)
    calls = [method for method in methods if method.name == "__call__"]
    assert calls
    for call in calls:
        names = [argument.arg for argument in (*call.args.posonlyargs, *call.args.args)]
        assert names[: len(OPERATIONS[operation]) + 1] == ["self", *OPERATIONS[operation]]


def test_reference(operation):
    assert tuple(inspect.signature(FORMULAS[operation]).parameters) == OPERATIONS[operation]


@pytest.mark.parametrize("inputs", OPERATIONS.values(), ids=OPERATIONS)
def test_data_comes_first_and_the_slope_last(inputs):
    data = [name in DATA for name in inputs]
    assert data == sorted(data, reverse=True)
    assert inputs[-1] == "negative_slope"
