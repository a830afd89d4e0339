"""The texts that stand below the fields of models, as their descriptions: for schemas and pages, and for nothing else.

Pydantic can read them whenever a class is made, which is in every run and takes longer than making the class.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeVar, get_args

from pydantic import BaseModel

ModelT = TypeVar("ModelT", bound=BaseModel)
_DESCRIBED: set[type[BaseModel]] = set()


def described(model: type[ModelT]) -> type[ModelT]:
    """Return the model, with the texts below its fields, and below those of models in them, as descriptions."""
    if model in _DESCRIBED:
        return model
    _DESCRIBED.add(model)
    for field in model.model_fields.values():
        for inner in _models(field.annotation):
            described(inner)
    texts = {name: text for one in reversed(model.__mro__) for name, text in _texts(one)}
    for name, field in model.model_fields.items():
        field.description = field.description or texts.get(name)
    model.model_rebuild(force=True)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for one in get_args(annotation):
        yield from _models(one)


def _texts(model: type) -> Iterator[tuple[str, str]]:
    if model is BaseModel or not issubclass(model, BaseModel):
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    (body,) = (one.body for one in tree.body if isinstance(one, ast.ClassDef))
    for field, below in pairwise(body):
        text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else None
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, str):
            yield field.target.id, inspect.cleandoc(text)
