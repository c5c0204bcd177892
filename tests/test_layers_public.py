"""What `leaky_relu.layers` shows of itself: the docstrings, and that their examples hold."""

import doctest
import inspect

import leaky_relu
import leaky_relu.layers
import pytest

NAMES = leaky_relu.layers.__all__


def test_layers_of_the_package():
    assert {"LeakyReLU", "PReLU", "RReLU", "Layer", "he_gain"} <= set(NAMES)
    for name in set(NAMES) & set(leaky_relu.__all__):
        assert getattr(leaky_relu, name) is getattr(leaky_relu.layers, name)


@pytest.mark.parametrize("name", NAMES)
def test_docstrings_and_their_examples(name):
    thing = getattr(leaky_relu.layers, name)
    assert thing.__module__ == "leaky_relu.layers"
    members = [value for member, value in inspect.getmembers(thing) if not member.startswith("_")]
    for documented in [thing, *(filter(callable, members) if inspect.isclass(thing) else [])]:
        assert inspect.getdoc(documented).splitlines()[0].endswith(".")
    examples = doctest.DocTestParser().get_doctest(inspect.getdoc(thing), {}, name, None, 0)
    assert examples.examples
    said = []
    doctest.DocTestRunner(verbose=False).run(examples, out=said.append)
    assert not said, "".join(said)
