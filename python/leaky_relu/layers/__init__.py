"""
Layers for networks written in NumPy, all with one protocol.

============================================  ==========================================================
``forward(x)``, ``backward(grad_output)``     one pass at a time; calling the layer is `forward`
``vjp(x)`` -> ``(y, backward)``               any number of passes at a time, each with its own way back
``train()``, ``eval()``, ``training``         in evaluation `forward` keeps nothing
``parameters()``, ``grads()``                 arrays by name, for an optimizer; ``zero_grad()``
``state_dict()``, ``load_state_dict(state)``  arrays by name, as `numpy.savez` stores them
============================================  ==========================================================

`Layer` is the base of all, and of layers of your own; `he_gain` scales the weights in front of them.
"""

from leaky_relu.layers._bias_leaky_relu import BiasLeakyReLU
from leaky_relu.layers._initialization import he_gain
from leaky_relu.layers._layer import Layer
from leaky_relu.layers._leaky_relu import LeakyReLU
from leaky_relu.layers._prelu import PReLU
from leaky_relu.layers._rrelu import RReLU

__all__ = ["BiasLeakyReLU", "Layer", "LeakyReLU", "PReLU", "RReLU", "he_gain"]

for _name in __all__:  # where pickles look for them
    globals()[_name].__module__ = __name__
