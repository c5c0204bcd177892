"""
Leaky ReLU for models in ONNX, on this package's kernels.

`ops` replaces what ONNX's reference evaluator computes for `LeakyRelu`, `PRelu` and `ThresholdedRelu`;
`Backend` is that evaluator behind the interface of `onnx.backend`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leaky_relu import leaky_relu, prelu
from leaky_relu._extras import needs

with needs("onnx", user=__name__, extra="onnx"):
    from onnx.backend.base import Backend as _Backend
    from onnx.backend.base import BackendRep as _BackendRep
    from onnx.inliner import inline_local_functions
    from onnx.reference import ReferenceEvaluator
    from onnx.reference.op_run import OpRun

__all__ = ["Backend", "LeakyRelu", "PRelu", "ThresholdedRelu", "ops"]

_PRELU_BROADCASTS = 7  # the first operator set in which the slopes of PRelu do, as NumPy's arrays do


class LeakyRelu(OpRun):  # type: ignore[misc]
    """
    ONNX's operator `LeakyRelu`: `leaky_relu` with `alpha` as the slope.

    Attributes of a model are float32, so that the default slope is ``float32(0.01)`` for a float64 `x` too.
    """

    op_domain = ""

    def _run(self, x: NDArray[Any], alpha: Any = None) -> tuple[Any]:
        return (leaky_relu(x, self.alpha if alpha is None else alpha),)


class PRelu(OpRun):  # type: ignore[misc]
    """
    ONNX's operator `PRelu`: `leaky_relu` with slopes that broadcast to the shape of `x`.

    In models of operator sets 1 to 6 they are one for all, or one for each channel (axis 1), as in `prelu`.
    Integers, which `PRelu` takes from operator set 9 on, stay integers, and wrap around as NumPy's do.
    """

    op_domain = ""

    def _run(self, x: NDArray[Any], slope: NDArray[Any]) -> tuple[Any]:
        if self.run_params["opsets"].get(self.op_domain, _PRELU_BROADCASTS) < _PRELU_BROADCASTS:
            return (prelu(x, slope),)
        if slope.shape != x.shape:
            slope = _broadcast(slope, x.shape)
        if x.dtype.kind in "iu":
            return (np.where(x > 0, x, x * slope),)
        return (leaky_relu(x, slope),)


class ThresholdedRelu(OpRun):  # type: ignore[misc]
    """ONNX's operator `ThresholdedRelu`: `x` where ``x > alpha``, else (NaN as well) 0."""

    op_domain = ""

    def _run(self, x: NDArray[Any], alpha: Any = None) -> tuple[Any]:
        threshold = self.alpha if alpha is None else alpha
        return (np.where(x > threshold, x, x.dtype.type(0)),)


#: For ``onnx.reference.ReferenceEvaluator(model, new_ops=ops)``.
ops = [LeakyRelu, PRelu, ThresholdedRelu]


class _Prepared(_BackendRep):  # type: ignore[misc]
    """A model that is ready to run."""

    def __init__(self, model: Any) -> None:
        if model.functions:  # to them the evaluator would not hand its new_ops on
            model = inline_local_functions(model)
        self._evaluator = ReferenceEvaluator(model, new_ops=ops)
        initialised = {tensor.name for tensor in model.graph.initializer}
        self._names = [name for name in self._evaluator.input_names if name not in initialised]

    def run(self, inputs: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Return all outputs for the inputs, which come in order or by name."""
        if not isinstance(inputs, dict):
            inputs = [inputs] if isinstance(inputs, np.ndarray) else list(inputs)
            if len(inputs) != len(self._names):
                names = ", ".join(self._names)
                raise ValueError(f"the model takes {len(self._names)} inputs ({names}), got {len(inputs)}")
            inputs = dict(zip(self._names, inputs, strict=True))
        return tuple(self._evaluator.run(None, inputs))


class Backend(_Backend):  # type: ignore[misc]
    """
    ONNX's reference evaluator with `ops`, as a backend.

    See Also
    --------
    ops : for those who call ``onnx.reference.ReferenceEvaluator`` themselves.

    Examples
    --------
    >>> import numpy as np
    >>> import onnx
    >>> from leaky_relu.onnx import Backend
    >>> model = onnx.parser.parse_model('''
    ...     <ir_version: 8, opset_import: ["": 16]>
    ...     network (float[n] x) => (float[n] y) { y = LeakyRelu <alpha = 0.1> (x) }
    ... ''')
    >>> Backend.run_model(model, [np.array([-2, 3], np.float32)])
    (array([-0.2,  3. ], dtype=float32),)
    """

    @classmethod
    def prepare(cls, model: Any, device: str = "CPU", **kwargs: Any) -> Any:
        r"""
        Check a model and make it ready to run.

        Parameters
        ----------
        model : onnx.ModelProto
            The model.
        device : str, default "CPU"
            There is no other.
        \**kwargs : object
            Of other backends; not looked at.

        Returns
        -------
        onnx.backend.base.BackendRep
            Its ``run(inputs)`` takes a sequence in the order of the model's inputs (less those that are
            initialised), or a dict by their names, and returns a tuple of all outputs.

        Raises
        ------
        ValueError
            If the device is another.
        onnx.checker.ValidationError
            If the model is not valid.
        """
        _check_device(device)
        super().prepare(model, device, **kwargs)
        return _Prepared(model)

    @classmethod
    def run_node(
        cls, node: Any, inputs: Any, device: str = "CPU", outputs_info: Any = None, **kwargs: Any
    ) -> tuple[Any, ...]:
        r"""
        Run one node, as of the newest operator set.

        Parameters
        ----------
        node : onnx.NodeProto
            The node.
        inputs : sequence of ndarray
            In the order of the node's inputs.
        device : str, default "CPU"
            There is no other.
        outputs_info : object, optional
            Not looked at.
        \**kwargs : object
            As for ``onnx.backend.base.Backend.run_node``.

        Returns
        -------
        tuple of ndarray
            All outputs.

        Raises
        ------
        ValueError
            If the device is another, or the inputs are not as many as those of the node.
        onnx.checker.ValidationError
            If the node is not valid.
        """
        _check_device(device)
        super().run_node(node, inputs, device, outputs_info, **kwargs)
        return tuple(
            ReferenceEvaluator(node, new_ops=ops).run(None, dict(zip(node.input, inputs, strict=True)))
        )

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """
        Say whether models run there.

        Parameters
        ----------
        device : str
            As ``"CPU"`` or ``"CUDA:1"``.

        Returns
        -------
        bool
            True for the CPU.
        """
        return device.partition(":")[0] == "CPU"


def _broadcast(slope: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    try:
        return np.broadcast_to(slope, shape)
    except ValueError:
        message = f"PRelu: slope has shape {slope.shape}, which does not broadcast to {shape}, that of x"
        raise ValueError(message) from None


def _check_device(device: str) -> None:
    if not Backend.supports_device(device):
        raise ValueError(f"device must be 'CPU', got {device!r}")
