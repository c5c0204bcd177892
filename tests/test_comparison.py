"""What is compared computes the same thing, or is not timed."""

import dataclasses

import numpy as np
import pytest
from leaky_relu._comparison import demonstration, pictures
from leaky_relu._comparison.checked_timer import checked_timer
from leaky_relu._comparison.operands import OPERATIONS, WAYS, Operands
from leaky_relu._comparison.peers import OURS, PEERS, why_impossible, why_unavailable

CALLS = [(name, *call) for name, peer in PEERS.items() for call in peer.statements]


def operands(shape=(6, 4), dtype=np.float32):
    x, g = np.random.default_rng(0).standard_normal((2, *shape)).astype(dtype)
    weight, scale, bias = np.random.default_rng(1).uniform(0.1, 0.9, (3, shape[-1])).astype(dtype)
    parameters = {"slopes": weight, "weight": weight, "scale": scale, "bias": bias, "channel_axis": -1}
    return Operands(x, g, np.empty_like(x), **parameters)


def skip_unless_possible(name, operation):
    reason = why_unavailable(name) or (why_impossible(operation) if name == OURS else None)
    if reason:
        pytest.skip(reason)


@pytest.mark.parametrize(("name", "operation", "way"), CALLS)
def test_every_call_is_right_and_leaves_the_operands_as_they_were(name, operation, way):
    skip_unless_possible(name, operation)
    shared = operands((24,) if name == "onnxruntime" else (6, 4))
    before = {field: np.copy(getattr(shared, field)) for field in "xg"}
    assert PEERS[name].takes(operation, way, shared)
    checked_timer(name, operation, way, shared)
    for field, values in before.items():
        np.testing.assert_array_equal(getattr(shared, field), values)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("operation", ["forward", "gradient"])
def test_loops_of_numba(operation, way):
    """Which it has for dense arrays; all else is by its ufuncs."""
    skip_unless_possible("numba", operation)
    checked_timer("numba", operation, way, operands((24,)))


@pytest.mark.parametrize("operation", sorted({operation for operation, _ in PEERS[OURS].statements}))
@pytest.mark.parametrize("way", WAYS)
def test_what_computes_something_else_is_not_timed(operation, way, monkeypatch):
    statement = {"new": "np.abs(x) + 3", "out": "np.add(x, 3, out=y)", "inplace": "np.add(x, 3, out=x)"}[way]
    monkeypatch.setitem(
        PEERS, "wrong", dataclasses.replace(PEERS["np.where"], statements={(operation, way): statement})
    )
    with pytest.raises(RuntimeError, match="something else"):
        checked_timer("wrong", operation, way, operands())


@pytest.mark.parametrize(
    ("operation", "statement"),
    [
        ("forward", "np.where(x > 0, x, a * x)[np.newaxis]"),
        ("rrelu", "np.where(x > 0, x, x * np.linspace(0.4, 0.5, x.size).reshape(x.shape))"),
        ("rrelu", "np.where(x > 0, x, x * 0.2)"),
        ("rrelu", "x * np.linspace(0.2, 0.3, x.size).reshape(x.shape)"),
    ],
)
def test_what_is_nearly_right_is_not_timed(operation, statement, monkeypatch):
    """Another shape, slopes out of bounds, slopes that are none of chance, positive elements that change."""
    wrong = dataclasses.replace(PEERS["np.where"], statements={(operation, "new"): statement})
    monkeypatch.setitem(PEERS, "wrong", wrong)
    with pytest.raises(RuntimeError, match="something else"):
        checked_timer("wrong", operation, "new", operands())


def test_tensors_are_the_arrays():
    """Of bfloat16, which NumPy's arrays have as ml_dtypes has it; parameters that are not there stay away."""
    torch = pytest.importorskip("torch")
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    for x in (np.ones(24, bfloat16), np.ones((6, 4), bfloat16)):
        names = PEERS["torch"].prepare(Operands(x, x, x))
        assert names["x"].dtype == torch.bfloat16
        assert names["x"].data_ptr() == x.ctypes.data
        assert ("channels_second" in names) == (x.ndim > 1)
        assert "weight" not in names


def test_peer_that_is_broken(monkeypatch, tmp_path):
    """Whatever its import raises, the others are compared."""
    (tmp_path / "leaky_relu_broken_peer.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    broken = dataclasses.replace(PEERS["np.where"], needs=("leaky_relu_broken_peer",))
    monkeypatch.setitem(PEERS, "broken", broken)
    reason = "leaky_relu_broken_peer cannot be imported: division by zero"
    assert demonstration.available_peers()[1]["broken"] == reason
    reasons = {"absent": "absent is not installed", "broken": reason}
    assert demonstration._in_one_line(reasons) == f"Not installed: absent. {reason}"
    assert demonstration._in_one_line({"broken": "x" * 100}) == "x" * 95 + " ..."
    monkeypatch.setitem(PEERS, "absent", dataclasses.replace(broken, needs=("leaky_relu_absent_peer",)))
    assert demonstration.available_peers()[1]["absent"] == "leaky_relu_absent_peer is not installed"


def test_nothing_is_said_of_peers_where_all_are_there(monkeypatch, capsys):
    monkeypatch.setattr(demonstration, "available_peers", lambda: ([OURS], {}))
    monkeypatch.setattr(demonstration, "comparisons", lambda *_: [])
    demonstration.show(1)
    assert "installed" not in capsys.readouterr().out.lower()


def test_small_dtypes_have_neither_gradients_nor_results_in_place():
    small = dataclasses.replace(operands(), x=np.ones(3, np.int8))
    assert not PEERS[OURS].takes("gradient", "new", small)
    assert not PEERS[OURS].takes("forward", "inplace", small)


def test_each_peer_has_a_colour_of_its_own():
    pytest.importorskip("matplotlib")
    names = [name for name, peer in PEERS.items() if not peer.ceiling]
    assert len({pictures.colour(name, 0) for name in names}) == len(names)
    assert pictures.colour("no peer", 1) == pictures.colour(names[1], 0)
    assert pictures.colour(next(name for name, peer in PEERS.items() if peer.ceiling), 0) == pictures._INK


@pytest.mark.parametrize("name", ["picture.svg", "PICTURE.SVG", "picture.PNG"])
def test_names_of_pictures(name, tmp_path):
    pictures.check_picture(str(tmp_path / name), force=False)


def test_scalars_have_no_place_for_a_result():
    scalar = dataclasses.replace(operands(), x=-1.5)
    assert not any(PEERS[OURS].takes("forward", way, scalar) for way in ("out", "inplace"))


def test_operations_are_those_of_ours():
    assert {operation for operation, _ in PEERS[OURS].statements} == set(OPERATIONS)


@pytest.mark.parametrize(
    ("name", "view", "takes"),
    [
        ("torch", lambda x: x[::-1], False),
        ("torch", lambda x: x[::2], True),
        ("onnxruntime", lambda x: x[::2], False),
        ("np.maximum", lambda x: x[::-1], True),
        ("numexpr", lambda x: -1.5, False),
        (OURS, lambda x: np.float32(1), True),
        (OURS, lambda x: x.astype(np.int8), True),
        ("torch", lambda x: x.astype(np.int8), False),
        (OURS, lambda x: x.astype(np.longdouble), False),
    ],
)
def test_which_peer_takes_what(name, view, takes):
    whole = operands((8,))
    assert PEERS[name].takes("forward", "new", dataclasses.replace(whole, x=view(whole.x))) is takes
