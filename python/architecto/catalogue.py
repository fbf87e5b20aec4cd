"""Variants by name: the one way in which a scorer, an evaluator, a data set … is chosen.

    transformer              a registered name
    path/to/file.py:Class    a class in a file
    package.module:Class     a class in an installed package

An installed package registers a name of its own with an entry point in the catalogue's group. This
module imports nothing heavy: `check` reads the class from the source's syntax tree, so that a wrong
name is refused within milliseconds.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoints, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from architecto.printing import one_line


class CatalogueError(ValueError):
    """Something that cannot be had by its name; the message is one clear line."""


@dataclass(frozen=True)
class Catalogue:
    """The variants of one kind.

    kind: what errors call one of them, such as "scorer"
    group: of the entry points of installed packages, such as "architecto.scorers"
    base: ``package.module:Class`` that every variant is a subclass of
    registered: ours by name, each as ``package.module:Class``
    error: what is raised, always with one line
    functions: is a plain function as good as a class?
    forms: of specs that others than the catalogue understand, for messages
    """

    kind: str
    group: str
    base: str
    registered: Mapping[str, str]
    error: type[CatalogueError] = CatalogueError
    functions: bool = False
    forms: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """Registered names, ours first, then those of installed entry points."""
        plugins = (plugin.name for plugin in self._plugins())
        return list(dict.fromkeys([*self.registered, *plugins]))

    def check(self, spec: str) -> None:
        """Raise `error` unless `spec` names a variant. Runs no code of it."""
        module, name, path = self._split(spec)
        if path is None:
            path = self._module_path(spec, module)
            if path is None:
                return  # not Python source: only loading it can tell
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        except (OSError, ValueError) as error:
            raise self._error(spec, f"cannot read {path}: {one_line(error)}") from None
        except SyntaxError as error:
            raise self._error(spec, f"{path}, line {error.lineno}: {error.msg}") from None
        kinds = (ast.ClassDef, ast.FunctionDef) if self.functions else (ast.ClassDef,)
        there = [node.name for node in ast.walk(tree) if isinstance(node, kinds)]
        if name not in there and not {name, "*"} & _bound(tree):
            known = ", ".join(there) or "no class"
            raise self._error(spec, f"got class {name}, expected one of {path}: {known}")

    def load(self, spec: str) -> Any:
        """The class (or function) that `spec` names; no code of what `check` refuses is run."""
        self.check(spec)
        module_name, name, path = self._split(spec)
        try:
            module = self._import_file(path) if path else importlib.import_module(module_name)
            found = getattr(module, name)
        except AttributeError:
            raise self._error(spec, f"got class {name}, but it is not there") from None
        except (Exception, SystemExit) as error:
            raise self._error(spec, f"its module failed to load: {one_line(error)}") from error
        base_module, _, base_name = self.base.partition(":")
        base = getattr(importlib.import_module(base_module), base_name)
        if inspect.isclass(found) and issubclass(found, base):
            return found
        if self.functions and inspect.isfunction(found):
            return found
        wanted = f"a subclass of {base_module}.{base_name}" + " or a function" * self.functions
        raise self._error(spec, f"got {type(found).__name__} {name}, expected {wanted}")

    def create(
        self,
        spec: str,
        arguments: Mapping[str, Any] | None = None,
        offered: Mapping[str, Any] | None = None,
    ) -> Any:
        """An instance of the class that `spec` names.

        arguments: given to its constructor; one that it does not take is an error
        offered: given where the constructor has a parameter of that name
        """
        return self.construct(self.load(spec), spec, arguments, offered)

    def construct(
        self,
        cls: type,
        spec: str,
        arguments: Mapping[str, Any] | None = None,
        offered: Mapping[str, Any] | None = None,
    ) -> Any:
        """The same of a class that is at hand; `spec` is what errors call it."""
        given = dict(arguments or {})
        try:
            parameters = inspect.signature(cls).parameters
        except (TypeError, ValueError) as error:
            raise self._error(spec, f"{cls.__name__} takes unknown arguments: {error}") from None
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
        unknown = [] if takes_any else [name for name in given if name not in parameters]
        if unknown:
            taken = ", ".join(parameters) or "no arguments"
            raise self._error(spec, f"got {', '.join(unknown)}, but {cls.__name__} takes {taken}")
        given |= {name: value for name, value in (offered or {}).items() if name in parameters}
        try:
            return cls(**given)
        except CatalogueError:
            raise
        except Exception as error:
            raise self._error(spec, f"{cls.__name__}() failed: {one_line(error)}") from error

    def absolute(self, spec: str) -> str:
        """The same spec with the path of a file made absolute, so that it holds from anywhere."""
        file, colon, name = spec.rpartition(":")
        if not colon or not file.endswith(".py"):
            return spec
        return f"{Path(file).expanduser().resolve()}:{name}"

    def _error(self, spec: str, text: str) -> CatalogueError:
        return self.error(f"{self.kind} {spec}: {text}")

    def _plugins(self) -> EntryPoints:
        return entry_points(group=self.group)

    def _split(self, spec: str) -> tuple[str, str, Path | None]:
        """(module, class, file or None) of a spec."""
        if spec in self.registered:
            module, _, name = self.registered[spec].partition(":")
            return module, name, None
        for plugin in self._plugins():
            if plugin.name == spec:
                return plugin.module, plugin.attr, None
        where, colon, name = spec.rpartition(":")
        if not colon or not where or not name.isidentifier():
            known = ", ".join([*self.names(), *self.forms])
            raise self.error(
                f"{self.kind}: got {spec!r}, expected {known}, path/to/file.py:Class or "
                "package.module:Class"
            )
        if where.endswith(".py") or "/" in where:
            path = Path(where).expanduser()
            if not path.is_file():
                raise self._error(spec, f"no file {path}; give the path of a Python file")
            return path.stem, name, path
        return where, name, None

    def _module_path(self, spec: str, module: str) -> Path | None:
        """Source file of an importable module, found without running the module itself."""
        try:
            found = importlib.util.find_spec(module)
        except (ImportError, ValueError):
            found = None
        except Exception as error:  # a package around it is run
            raise self._error(spec, f"its package failed to load: {one_line(error)}") from error
        if found is None:
            raise self._error(spec, f"no module {module}; is it installed here?")
        return Path(found.origin) if found.origin and found.origin.endswith(".py") else None

    def _import_file(self, path: Path) -> ModuleType:
        name = f"architecto_{self.kind.replace(' ', '_')}_{path.stem}"
        found = importlib.util.spec_from_file_location(name, path)
        if found is None or found.loader is None:
            raise ImportError(f"{path} is no .py file")
        module = importlib.util.module_from_spec(found)
        sys.modules[name] = module
        found.loader.exec_module(module)
        return module


def _bound(tree: ast.Module) -> set[str]:
    """Names that imports and assignments of a module bind; `*` where it imports any."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return imported | assigned
