"""What the package shows of itself."""

import ast
import doctest
import importlib.metadata
import inspect
import pathlib
from contextlib import suppress

import leaky_relu
import numpy as np
import pytest
from leaky_relu import _core

NAMES = [name for name in leaky_relu.__all__ if not name.startswith("__")]
EXTRAS = ["onnx", "sklearn"]  # modules for packages that are to be had as extras


def public():
    """Yield names below the package, with the objects."""
    for name in NAMES:
        yield name, getattr(leaky_relu, name)
    for extra in EXTRAS:
        with suppress(ImportError):
            module = importlib.import_module(f"leaky_relu.{extra}")
            yield from ((f"{extra}.{name}", getattr(module, name)) for name in module.__all__)


def documented():
    """Yield those that have a docstring, and the public members of classes among them."""
    for name, thing in public():
        if not callable(thing):
            continue
        yield name, thing
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                if not member.startswith("_") and callable(value):
                    yield f"{name}.{member}", value


DOCUMENTED = dict(documented())


def test_all_is_sorted_and_there():
    assert leaky_relu.__all__ == sorted(leaky_relu.__all__)
    assert len(set(leaky_relu.__all__)) == len(leaky_relu.__all__)
    assert {"leaky_relu", "leaky_relu_grad", "simd_target", "simd_targets"} <= set(NAMES)
    for name in leaky_relu.__all__:
        assert hasattr(leaky_relu, name)


def test_nothing_else_is_public():
    public = {
        name
        for name, value in vars(leaky_relu).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public == set(NAMES)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_docstring_and_home(name):
    thing = DOCUMENTED[name]
    doc = inspect.getdoc(thing)
    assert doc
    first = doc.splitlines()[0]
    assert first.endswith((".", "``."))
    assert len(first) <= 110
    if "." not in name:
        assert thing.__module__.partition(".")[0] == "leaky_relu"
        assert thing.__name__ == name
    inspect.signature(thing)


NOT_ASKED_FOR = {
    "ES01",  # an extended summary, where one line says all
    "EX01",  # an example of what has no result to show
    "PR04",  # a type for "where, casting, ...", which are as for any ufunc
    "SA01",  # other functions to see
    "SA03",  # a capital after the names of those, which are seldom sentences
    "SS05",  # a verb at the beginning, which is said of anything that ends in s
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_docstring_follows_numpydoc(name):
    validate = pytest.importorskip("numpydoc.validate").validate
    # One line may be all that a method needs; scikit-learn documents most parameters of what derives from it.
    not_asked_for = NOT_ASKED_FOR | ({"PR01", "RT01"} if "." in name else set())
    not_asked_for |= {"PR02"} if name.startswith("sklearn.") else set()
    errors = dict(validate(f"leaky_relu.{name}")["errors"])
    assert {code: text for code, text in errors.items() if code not in not_asked_for} == {}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples(name):
    """Run the examples; `leaky_relu` is the package in them, unless they import the function."""
    names = {"np": np, "leaky_relu": leaky_relu}
    examples = doctest.DocTestParser().get_doctest(inspect.getdoc(DOCUMENTED[name]), names, name, None, 0)
    said = []
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(examples, out=said.append)
    assert runner.failures == 0, "".join(said)


def test_version():
    assert leaky_relu.__version__ == importlib.metadata.version("leaky-relu")


def test_typed():
    folder = pathlib.Path(leaky_relu.__file__).parent
    assert (folder / "py.typed").exists()


def test_stub_has_the_names_of_the_extension():
    stub = pathlib.Path(leaky_relu.__file__).parent / "_core.pyi"
    declared = set()
    for node in ast.parse(stub.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            declared.add(node.name)
            assert callable(getattr(_core, node.name))
            parameters = [argument.arg for argument in node.args.posonlyargs + node.args.args]
            signature = (getattr(_core, node.name).__doc__ or "").split("(", 1)[1].split(")")[0]
            written = [part.split(":")[0].strip() for part in signature.split(",") if part.strip()]
            assert written == parameters
        elif isinstance(node, ast.AnnAssign):
            declared.add(node.target.id)
    actual = {name for name in vars(_core) if not name.startswith("__")} | {"__version__"}
    assert declared - {"_Casting", "_Order"} == actual


@pytest.mark.parametrize(
    ("extra", "package", "module"),
    [("onnx", "onnx", "onnx"), ("sklearn", "scikit-learn", "sklearn")],
)
def test_extra_that_is_missing(printed, extra, package, module):
    said = printed(f"""
        import sys
        sys.modules[{module!r}] = None
        try:
            import leaky_relu.{extra}
        except ImportError as error:
            assert error.name.partition(".")[0] == {module!r}
            print(error)
    """)
    assert said.startswith(f"leaky_relu.{extra} needs {package}: pip install 'leaky-relu[{extra}]' (")


def test_extras_are_declared():
    assert set(EXTRAS) <= set(importlib.metadata.metadata("leaky-relu").get_all("Provides-Extra"))


def test_import_is_light(printed):
    """NumPy imports some of its parts, and of the standard library, only when they are used."""
    new = printed("""
        import sys, numpy
        before = set(sys.modules)
        import leaky_relu
        new = set(sys.modules) - before
        print(*new)
        assert {name.partition(".")[0] for name in new} <= {"leaky_relu", "numpy", *sys.stdlib_module_names}
    """).split()
    heavy = {"numpy.random", "pathlib", "argparse", "json", "ml_dtypes", "threadpoolctl"}
    assert not heavy & set(new)
