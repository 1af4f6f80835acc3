"""Finds the canvas that ``MODULE:NAME`` on a command line names."""

import importlib
import os
import sys
from typing import Any

from ..engine.errors import UmbelError


class CanvasNotFound(UmbelError):
    """MODULE:NAME names nothing that can be drawn."""

    exit_code = os.EX_NOINPUT


class BadName(UmbelError):
    """What should be MODULE:NAME is not."""

    exit_code = os.EX_USAGE


class CanvasRaised(UmbelError):
    """The module, or the callable in it, raised an exception of its own."""

    exit_code = os.EX_DATAERR


def find_canvas(spec: str) -> Any:
    """Return the canvas that ``spec`` names; a callable without arguments is called for it.

    The module is looked for in the working directory first.

    Raises
    ------
    BadName, CanvasNotFound, CanvasRaised
        See there; each message says what to do.
    """
    module_name, colon, path = spec.partition(":")
    if not (colon and module_name and path):
        raise BadName(f"{spec!r} is not of the form MODULE:NAME, such as shop.tasks:checkout.")
    found: Any = _import(module_name)
    for name in path.split("."):
        if not hasattr(found, name):
            raise CanvasNotFound(f"The module {module_name} has no {path}.{_suggest(found)}")
        found = getattr(found, name)
    return _called(found, spec)


def _import(name: str) -> Any:
    sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            message = f"There is no module {name} here ({os.getcwd()}) or on the Python path."
            raise CanvasNotFound(message) from error
        raise CanvasRaised(f"Importing {name} failed: {_tell(error)}") from error
    except Exception as error:
        raise CanvasRaised(f"Importing {name} failed: {_tell(error)}") from error
    finally:
        sys.path.remove(os.getcwd())


def _called(found: Any, spec: str) -> Any:
    from celery import Task
    from celery.canvas import Signature

    if isinstance(found, Signature | dict):
        return found
    if isinstance(found, Task):
        return found.s()
    if not callable(found):
        raise CanvasNotFound(
            f"{spec} is {type(found).__name__}, not a canvas or a callable that returns one."
        )
    try:
        made = found()
    except Exception as error:
        raise CanvasRaised(f"{spec} was called and failed: {_tell(error)}") from error
    if not isinstance(made, Signature | dict):
        raise CanvasNotFound(f"{spec} returned {type(made).__name__}, not a canvas.")
    return made


def _tell(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _suggest(found: Any) -> str:
    from celery.canvas import Signature

    names = [name for name, value in vars(found).items() if isinstance(value, Signature)][:10]
    return f" It has the canvases {', '.join(names)}." if names else ""
