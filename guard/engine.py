"""The one module that knows all stages: text in, report out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from guard.discover import offered
from guard.inputs.selection import below
from guard.model.document import Document, Format, ReadError, Tree
from guard.model.finding import Problem, UnknownFact
from guard.model.instance import Item
from guard.model.location import FIRST_CHARACTER, Location, whole_file
from guard.model.price import PriceBook
from guard.model.resource import Resource
from guard.platforms.reading import read
from guard.terraform.roots import Evaluated, EvaluationOptions, evaluate

TERRAFORM_FORMATS = frozenset({"hcl", "tfjson"})
# What a deployment says of itself, in any format: text without one of these is nobody's, and nobody's broken text is
# no reason to stop a pipeline.
DEPLOYS = re.compile(
    r"""^[\s"'-]*(apiVersion|AWSTemplateFormatVersion|Resources|\$schema|workerPoolSpecs|endpoint_name|planned_values|"""
    r"""resources|accelerators|instance_type|services|bundle|Steps|flavors|instance_group)["']?\s*[:{\[]""",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be read: all paths are relative to the tree's root.

    `directories` and `files` are judged; `context` are directories whose documents are read besides, because facts of
    what is judged may be written there.
    """

    tree: Tree
    directories: tuple[str, ...] = ("",)
    files: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    terraform: EvaluationOptions = field(default_factory=EvaluationOptions)
    locality: Mapping[str, str] = field(default_factory=dict)

    def judges(self, path: str) -> bool:
        """Tell whether findings in `path` are asked for."""
        return path in self.files or any(below(path, directory) for directory in self.directories)

    def reads(self, path: str) -> bool:
        """Tell whether `path` is read at all, as judged or as context."""
        return self.judges(path) or any(below(path, directory) for directory in self.context)


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the input would deploy, the problems met on the way, and what the text does not decide."""

    resources: tuple[Resource, ...]
    problems: tuple[Problem, ...]
    unknowns: tuple[UnknownFact, ...]
    files: int


def understand(request: Request, prices: PriceBook) -> Understanding:
    """Return the resources that the request's files would deploy, each sorted by its place."""
    documents = tuple(_documents(request))
    roots = evaluate(request.tree, request.terraform)
    items = tuple(
        Item(document.path, root, ordinal) for document in documents for ordinal, root in enumerate(document.roots)
    )
    resources, problems = read([(one.root, one.instances) for one in roots], items, prices, request.locality)
    every = [*problems, *(p for d in documents for p in d.problems), *(p for root in roots for p in root.problems)]
    return Understanding(
        resources=resources,
        problems=tuple(sorted(set(every), key=_place)),
        unknowns=tuple(sorted({u for root in roots for u in root.unknowns}, key=lambda u: (u.location, u.reason))),
        files=_count(request, documents, roots),
    )


def _documents(request: Request) -> Iterator[Document]:
    formats = [one for one in offered("guard.formats", "FORMAT", Format).values() if one.name not in TERRAFORM_FORMATS]
    suffixes = sorted(((suffix, one) for one in formats for suffix in one.suffixes), key=lambda pair: -len(pair[0]))
    foreign = (".tf.json", ".tofu.json", ".tfvars.json")
    for path in request.tree.paths():
        if not request.reads(path) or path.endswith(foreign):
            continue
        name = path.rpartition("/")[2]
        chosen = next((one for suffix, one in suffixes if name == suffix or name.endswith(suffix)), None)
        if chosen is not None:
            yield from _document(request, path, chosen)
    for path in request.files:
        if not request.tree.exists(path):
            yield Document(path, "", problems=(Problem("unreadable", f"{path} does not exist", whole_file(path)),))


def _document(request: Request, path: str, chosen: Format) -> Iterator[Document]:
    try:
        text = request.tree.read(path).decode("utf-8")
    except ReadError as error:
        yield Document(path, "", problems=(Problem("unreadable", str(error), whole_file(path)),))
        return
    except UnicodeDecodeError as error:
        message = f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8"
        yield Document(path, "", problems=(Problem("encoding", message, whole_file(path), blocking=False),))
        return
    ours = DEPLOYS.search(text) is not None
    if chosen.name == "json" and not ours:
        return
    document = chosen.parse(path, text)
    if ours:
        yield document
    else:
        yield replace(document, problems=tuple(replace(one, blocking=False) for one in document.problems))


def _count(request: Request, documents: Sequence[Document], roots: Sequence[Evaluated]) -> int:
    terraform = {".tf", ".tofu", ".tfvars"}
    paths = {document.path for document in documents}
    paths |= {p for p in request.tree.paths() if request.reads(p) and any(p.endswith(s) for s in terraform)}
    return len(paths)


def _place(problem: Problem) -> tuple[Location, str, str]:
    return problem.location or Location("", FIRST_CHARACTER), problem.code, problem.message
