"""Scorers by name. A scorer is one file and is swapped in one line:

    SCORER=transformer              a registered name
    SCORER=path/to/file.py:Class    a class in a file
    SCORER=package.module:Class     a class in an installed package

An installed package registers a name of its own with an entry point in the group
`architecto.scorers`. This module imports no torch: `check` reads the class from the source's
syntax tree, so that a wrong name is refused within milliseconds.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import sys
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from architecto.scorers.base import BaseScorer
    from architecto.scorers.settings import GuideSettings

REGISTERED = {
    "uniform": "architecto.scorers.uniform:UniformScorer",
    "random": "architecto.scorers.random:RandomScorer",
    "bag": "architecto.scorers.bag:BagScorer",
    "transformer": "architecto.scorers.transformer:TransformerScorer",
    "ensemble": "architecto.scorers.ensemble:EnsembleScorer",
}

_EXPECTED = "expected {names}, path/to/file.py:Class or package.module:Class"


class ScorerError(ValueError):
    """A scorer that cannot be loaded or gave unusable scores; the message is one clear line."""


def names() -> list[str]:
    """Registered names, ours first, then those of installed entry points."""
    return [*REGISTERED, *(p.name for p in _plugins() if p.name not in REGISTERED)]


def check(spec: str) -> None:
    """Raise ScorerError unless `spec` names a scorer. Runs no code of it and imports no torch."""
    module, class_name, path = _split(spec)
    if path is None:
        path = _module_path(spec, module)
        if path is None:
            return  # not Python source: only loading it can tell
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ScorerError(f"scorer {spec}: cannot read {path}: {_line(error)}") from None
    except SyntaxError as error:
        raise ScorerError(f"scorer {spec}: {path}, line {error.lineno}: {error.msg}") from None
    classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    bound = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    } | {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if class_name not in classes and class_name not in bound:
        there = ", ".join(classes) or "no class"
        raise ScorerError(f"scorer {spec}: got class {class_name}, expected one of {path}: {there}")


def load(spec: str, *, seed: int, settings: GuideSettings | None = None) -> BaseScorer:
    """The scorer that `spec` names. `seed` (of the initial weights) and `settings` are given to
    constructors that have such parameters. Raises ScorerError with one line; no code of what
    `check` refuses is run."""
    from architecto.scorers.base import BaseScorer

    check(spec)
    module_name, class_name, path = _split(spec)
    try:
        module = _import_file(path) if path else importlib.import_module(module_name)
        cls = getattr(module, class_name)
    except AttributeError:
        raise ScorerError(f"scorer {spec}: got class {class_name}, but it is not there") from None
    except Exception as error:
        raise ScorerError(f"scorer {spec}: its module failed to load: {_line(error)}") from error
    if not (inspect.isclass(cls) and issubclass(cls, BaseScorer)):
        raise ScorerError(
            f"scorer {spec}: got {type(cls).__name__} {class_name}, expected a subclass of "
            "architecto.scorers.base.BaseScorer"
        )
    scorer = _construct(cls, spec, seed, settings)
    if not getattr(scorer, "name", ""):
        scorer.name = spec if spec in REGISTERED else class_name
    scorer.spec = spec
    return scorer


def make(given: object, *, seed: int, settings: GuideSettings | None = None) -> BaseScorer:
    """A scorer of anything that a notebook may give: what `load` takes, a BaseScorer or a class of
    one, or a function ``f(task, choices)``. Raises ScorerError with one line."""
    from architecto.scorers.base import BaseScorer
    from architecto.scorers.function import FunctionScorer

    if isinstance(given, str):
        return load(given, seed=seed, settings=settings)
    if inspect.isclass(given) and issubclass(given, BaseScorer):
        given = _construct(given, given.__name__, seed, settings)
    elif callable(given) and not isinstance(given, BaseScorer) and not inspect.isclass(given):
        given = FunctionScorer(given)
    if not isinstance(given, BaseScorer):
        raise ScorerError(
            f"scorer: got {given!r}, expected a name, a BaseScorer or a function "
            "f(task, choices) that gives one number a choice"
        )
    given.name = given.name or type(given).__name__
    given.spec = given.spec or f"<{given.name}>"
    return given


def is_object(spec: str) -> bool:
    """Does a spec stand for an object of a notebook, which no other process can load?"""
    return spec.startswith("<")


def _construct(
    cls: type[BaseScorer], spec: str, seed: int, settings: GuideSettings | None
) -> BaseScorer:
    try:
        taken = inspect.signature(cls).parameters
        given = {"seed": seed, "settings": settings}
        return cls(**{name: value for name, value in given.items() if name in taken})
    except Exception as error:
        raise ScorerError(f"scorer {spec}: {cls.__name__}() failed: {_line(error)}") from error


def _plugins():
    return entry_points(group="architecto.scorers")


def _split(spec: str) -> tuple[str, str, Path | None]:
    """(module, class, file or None) of a spec."""
    if spec in REGISTERED:
        module, _, class_name = REGISTERED[spec].partition(":")
        return module, class_name, None
    for plugin in _plugins():
        if plugin.name == spec:
            return plugin.module, plugin.attr, None
    if is_object(spec):
        raise ScorerError(
            f"scorer {spec} was an object of a notebook and cannot be loaded by name: go on there "
            "with architecto.resume(RUN, scorer=…)"
        )
    where, separator, class_name = spec.rpartition(":")
    if not separator or not where or not class_name.isidentifier():
        raise ScorerError(f"scorer: got {spec!r}, {_EXPECTED.format(names=', '.join(names()))}")
    if where.endswith(".py") or "/" in where:
        path = Path(where).expanduser()
        if not path.is_file():
            raise ScorerError(f"scorer {spec}: no file {path}; give the path of a Python file")
        return path.stem, class_name, path
    return where, class_name, None


def _module_path(spec: str, module: str) -> Path | None:
    """Source file of an importable module, found without running the module itself."""
    try:
        found = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise ScorerError(f"scorer {spec}: no module {module}; is it installed here?")
    return Path(found.origin) if found.origin and found.origin.endswith(".py") else None


def _import_file(path: Path) -> ModuleType:
    name = f"architecto_scorer_{path.stem}"
    found = importlib.util.spec_from_file_location(name, path)
    assert found is not None and found.loader is not None  # a .py file has a loader
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module


def _line(error: BaseException) -> str:
    """An exception in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
