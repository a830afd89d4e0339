"""Turns the changes that rules ask for into edits of the text, and holds them to text that still parses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from guard.formats import hcl, json, yaml
from guard.formats.hcl_syntax import Body
from guard.model.change import Append, Change
from guard.model.document import Document
from guard.model.finding import Edit, Finding
from guard.policy import _fix_hcl, _fix_tree
from guard.policy._fix_hcl import UncertainError
from guard.policy._written import UnwritableError
from guard.policy.patching import Cut, PatchError, Text, patched

_NATIVE = (".tf", ".tofu", ".tfvars")
_TREES = (".yaml", ".yml", ".json", "MLmodel")


class Fixer:
    """Makes edits of changes; each file is parsed once. `texts` holds the texts by path, as they are to be edited."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._parsed: dict[str, tuple[Text, Document]] = {}

    def fixed(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return the findings with edits in place of changes; a fix that is not certain is left out."""
        return tuple(self._one(finding) for finding in findings)

    def edits(self, changes: Sequence[Change]) -> tuple[Edit, ...]:
        """Return the edits that make these changes, sorted. Raises UncertainError where one cannot be made."""
        made: list[Edit] = []
        for change in changes:
            text, document = self._read(change.location.path)
            try:
                made += [text.edit(cut) for cut in _together(_cuts(text, document, change))]
            except (PatchError, UnwritableError) as error:
                raise UncertainError(str(error)) from None
        edits = tuple(sorted(set(made), key=lambda one: (one.location, one.text)))
        self._prove(edits)
        return edits

    def _one(self, finding: Finding) -> Finding:
        fix = finding.fix
        if fix is None or not fix.changes:
            return finding
        try:
            edits = self.edits(fix.changes)
        except UncertainError:
            edits = ()
        return replace(finding, fix=replace(fix, edits=edits, changes=()) if edits else None)

    def _read(self, path: str) -> tuple[Text, Document]:
        if path not in self._parsed:
            text = self._texts.get(path)
            if text is None:
                raise UncertainError(f"{path} cannot be read")
            self._parsed[path] = Text(path, text), _parse(path, text)
        return self._parsed[path]

    def _prove(self, edits: Sequence[Edit]) -> None:
        for path in sorted({one.location.path for one in edits}):
            text, document = self._read(path)
            try:
                after = patched(path, text.text, [one for one in edits if one.location.path == path])
            except PatchError as error:
                raise UncertainError(str(error)) from None
            if len(_parse(path, after).problems) > len(document.problems):
                raise UncertainError(f"{path} would not parse")


def reads_as_well(path: str, before: str, after: str) -> bool:
    """Tell whether a file parses with no more problems than before."""
    return len(_parse(path, after).problems) <= len(_parse(path, before).problems)


def _together(cuts: Sequence[Cut]) -> list[Cut]:
    """Return the cuts of one change, those that insert at the same place made one in their order."""
    found: dict[tuple[int, int], Cut] = {}
    for cut in cuts:
        place = cut.start, cut.end
        same = found.get(place) if cut.start == cut.end else None
        found[place] = cut._replace(text=same.text + cut.text) if same else cut
    return list(found.values())


def _cuts(text: Text, document: Document, change: Change) -> list[Cut]:
    if isinstance(change, Append):
        if isinstance(document.syntax, Body):
            return _fix_hcl.append(text, document.syntax, change)
        raise UncertainError("blocks are written in Terraform's native syntax only")
    if isinstance(document.syntax, Body):
        return _fix_hcl.put(text, document.syntax, change)
    return _fix_tree.put(text, document.roots, change, text.path.endswith(".json"))


def _parse(path: str, text: str) -> Document:
    if path.endswith(_NATIVE):
        return hcl.parse(path, text)
    if path.endswith(".json"):
        return json.FORMAT.parse(path, text)
    if path.endswith(_TREES):
        return yaml.FORMAT.parse(path, text)
    raise UncertainError(f"guard does not write files like {path}")
