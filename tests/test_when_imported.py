"""A guest in other packages' imports: raises nothing, loops nowhere, takes nothing out of sys.meta_path."""

import importlib.util
import sys
from types import ModuleType, SimpleNamespace

import pytest

OPTIONAL = [
    pytest.param(name, marks=pytest.mark.skipif(not importlib.util.find_spec(name), reason=f"no {name}"))
    for name in ("ml_dtypes", "threadpoolctl")
]
# Prints what the package has of the optional one, which has to be imported.
USE = {
    "ml_dtypes": """
import numpy as np, ml_dtypes
x = np.array([-2, 3], ml_dtypes.bfloat16)
for y in (leaky_relu.leaky_relu(x, 0.5), leaky_relu.leaky_relu(x[::-1], 0.5)[::-1]):
    assert y.dtype == ml_dtypes.bfloat16, y.dtype
    assert y.tolist() == [-1, 3]
""",
    "threadpoolctl": """
import threadpoolctl
leaky_relu.set_num_threads(3)
ours = [info for info in threadpoolctl.threadpool_info() if info["user_api"] == "leaky_relu"]
assert [info["num_threads"] for info in ours] == [3], ours
""",
}
SITUATIONS = {
    "reload": "import importlib, leaky_relu; importlib.reload(leaky_relu); importlib.reload(leaky_relu)",
    "import anew": """
import sys, unittest.mock
import numpy  # which does not like to be imported twice
with unittest.mock.patch.dict(sys.modules):
    import leaky_relu
import leaky_relu
""",
    "both anew": """
import sys, unittest.mock
import numpy
with unittest.mock.patch.dict(sys.modules):
    import leaky_relu, {name}
import leaky_relu
""",
    "finder without find_spec": """
import sys, leaky_relu
class Old:
    def find_module(self, name, path=None):
        return None
sys.meta_path.insert(0, Old())
sys.meta_path.insert(2, Old())
""",
    "finder with a will of its own": """
import sys, leaky_relu
class Odd:
    def __eq__(self, other):
        raise RuntimeError("nobody compares me")
    def find_spec(self, name, path=None, target=None):
        return None
sys.meta_path.insert(0, Odd())
sys.meta_path.insert(2, Odd())
""",
    "finder that starts over": """
import importlib.util, sys, leaky_relu
class StartsOver:
    busy = False
    def find_spec(self, name, path=None, target=None):
        if self.busy:
            return None
        self.busy = True
        try:
            return importlib.util.find_spec(name)
        finally:
            self.busy = False
sys.meta_path.insert(0, StartsOver())
sys.meta_path.insert(2, StartsOver())
""",
    "a mere look": "import importlib.util, leaky_relu; importlib.util.find_spec('{name}')",
    "module reloaded": "import importlib, leaky_relu, {name}; importlib.reload({name})",
    "module imported anew": """
import sys, unittest.mock, leaky_relu
with unittest.mock.patch.dict(sys.modules):
    import {name}
""",
    "lazy loader": """
import importlib.util, sys, leaky_relu
spec = importlib.util.find_spec("{name}")
spec.loader = importlib.util.LazyLoader(spec.loader)
sys.modules["{name}"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.__doc__
""",
}


@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_optional_package_is_seen(printed, situation, name):
    code = SITUATIONS[situation].replace("{name}", name) + "\n" + USE[name]
    printed(code, "-W", "ignore::ImportWarning")  # Python 3.11's of finders without find_spec


@pytest.mark.parametrize("name", OPTIONAL)
def test_finders_stay_where_they_are(printed, name):
    """A thread that walks along the list while one is taken out would not see the next one."""
    printed(f"""
        import importlib, sys, leaky_relu
        before = list(sys.meta_path)
        import {name}
        importlib.reload(leaky_relu)
        assert sys.meta_path == before
    """)


@pytest.mark.parametrize("name", OPTIONAL)
def test_module_sees_its_own_loader(printed, name):
    printed(f"""
        import copy, importlib.machinery, importlib.util, sys, leaky_relu, {name}
        assert type({name}.__loader__) is type({name}.__spec__.loader) is importlib.machinery.SourceFileLoader
        del sys.modules["{name}"]
        loader = importlib.util.find_spec("{name}").loader
        assert type(loader).__module__ == "leaky_relu._when_imported"
        assert type(copy.copy(loader)) is type(loader)
    """)


def test_a_module_that_has_another_loader_keeps_it():
    from leaky_relu._when_imported import _Loader

    executed, module, others = [], ModuleType("leaky_relu_test_module"), object()
    loader = _Loader(SimpleNamespace(exec_module=executed.append), [])
    module.__loader__ = others
    for spec in (None, SimpleNamespace(loader=others)):
        module.__spec__ = spec
        loader.exec_module(module)
        assert module.__loader__ is others
        assert spec is None or spec.loader is others
    assert executed == [module, module]


def test_a_module_that_is_nowhere_is_not_found(monkeypatch):
    from leaky_relu._when_imported import when_imported

    monkeypatch.setattr(sys, "meta_path", sys.meta_path.copy())
    when_imported("leaky_relu_nowhere", print)
    assert importlib.util.find_spec("leaky_relu_nowhere") is None


FAKES = {
    "ml_dtypes": ["", "bfloat16 = 1", "bfloat16 = int"],
    # As 3.1 is, which knows no controllers of others; and as it may come to be.
    "threadpoolctl": ["class LibController: pass", "def register(controller): raise RuntimeError"],
}


@pytest.mark.parametrize(
    ("name", "source"), [(name, source) for name, sources in FAKES.items() for source in sources]
)
@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_package_of_another_kind_is_imported_all_the_same(printed, tmp_path, first, name, source):
    (tmp_path / f"{name}.py").write_text(source)
    imports = ["import leaky_relu", f"import {name}"][:: 1 if first == "ours" else -1]
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + "\n".join(imports)
    printed(code + "\nassert leaky_relu.leaky_relu(-1.0, 0.5) == -0.5")


def test_callbacks_come_after_each_execution(tmp_path, monkeypatch):
    from leaky_relu._when_imported import when_imported

    (tmp_path / "leaky_relu_test_module.py").write_text("value = 1")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", sys.meta_path.copy())
    name, seen = "leaky_relu_test_module", []

    def callback(module):
        seen.append(module.value)

    when_imported(name, callback)
    when_imported(name, callback)
    assert seen == []
    module = importlib.import_module(name)
    assert seen == [1]
    importlib.reload(module)
    assert seen == [1, 1]
    when_imported(name, lambda module: seen.append(module.__name__))
    assert seen == [1, 1, name]
    del sys.modules[name]


def test_module_that_another_thread_is_importing(printed, tmp_path):
    """It is waited for."""
    source = "import time, __main__; __main__.begun.set(); time.sleep(0.2); value = 1"
    (tmp_path / "slow.py").write_text(source)
    printed(f"""
        import sys, threading; sys.path.insert(0, {str(tmp_path)!r})
        from leaky_relu._when_imported import when_imported
        begun, seen = threading.Event(), []
        thread = threading.Thread(target=__import__, args=["slow"])
        thread.start()
        begun.wait()
        when_imported("slow", lambda module: seen.append(module.value))
        thread.join()
        assert seen == [1], seen
    """)


def test_module_that_another_thread_fails_to_import(printed, tmp_path):
    """That is no concern of ours."""
    source = "import time, __main__; __main__.begun.set(); time.sleep(0.2); 1 / 0"
    (tmp_path / "slow.py").write_text(source)
    printed(f"""
        import sys, threading; sys.path.insert(0, {str(tmp_path)!r})
        from leaky_relu._when_imported import when_imported
        begun, seen, failed = threading.Event(), [], []
        def work():
            try: import slow
            except ZeroDivisionError: failed.append(1)
        thread = threading.Thread(target=work)
        thread.start()
        begun.wait()
        when_imported("slow", seen.append)
        thread.join()
        assert (seen, failed) == ([], [1]), (seen, failed)
    """)


def test_folder_without_code_is_imported_as_ever(tmp_path, monkeypatch):
    """A namespace package has no loader that could be stood in front of."""
    from leaky_relu._when_imported import when_imported

    (tmp_path / "leaky_relu_test_folder").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", sys.meta_path.copy())
    name = "leaky_relu_test_folder"
    when_imported(name, lambda module: None)
    assert list(importlib.import_module(name).__path__) == [str(tmp_path / name)]
    del sys.modules[name]


def test_failing_import_fails_as_ever(printed, tmp_path):
    (tmp_path / "ml_dtypes.py").write_text("1 / 0")
    printed(f"""
        import sys; sys.path.insert(0, {str(tmp_path)!r})
        import leaky_relu
        for _ in range(2):
            try:
                import ml_dtypes
            except ZeroDivisionError:
                pass
            else:
                raise SystemExit("imported")
    """)
