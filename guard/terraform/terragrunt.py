"""Units of Terragrunt: each `terragrunt.hcl` that deploys a module is a root, the module evaluated with its inputs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from guard.formats.hcl_syntax import Attribute, Block, Body, GetAttribute, Literal, Variable
from guard.model.document import ReadError
from guard.model.finding import Problem, UnknownFact
from guard.model.location import FIRST_CHARACTER, Location, whole_file
from guard.model.value import Unknown
from guard.terraform.configuration import Module, Written, declare
from guard.terraform.evaluation import Evaluation
from guard.terraform.functions.paths import CHECKOUT
from guard.terraform.modules import grow, is_local
from guard.terraform.sources import Sources
from guard.terraform.terragrunt_config import Config, Input, Reading
from guard.terraform.terragrunt_generated import Generated, generated
from guard.terraform.terragrunt_merging import merged_inputs, nested, setting_value
from guard.terraform.types import DYNAMIC
from guard.terraform.values import Value, unknown
from guard.terraform.variables import Deployment, EvaluationOptions, Given

NAME = "terragrunt.hcl"
UNSUPPORTED = {
    "terragrunt.hcl.json": "guard reads Terragrunt only in HCL: write terragrunt.hcl",
    "terragrunt.stack.hcl": "guard does not read stacks of Terragrunt: their units are not judged; "
    "run terragrunt stack generate before guard",
}
_TFR = re.compile(
    r"tfr://(?P<host>[\w.-]*)/(?P<address>[\w-]+/[\w-]+/[\w-]+)(?P<path>//[^?]*)?(?:\?version=(?P<version>.*))?"
)


class Units:
    """The units of a tree by directory; each is read once."""

    def __init__(self, sources: Sources, options: EvaluationOptions) -> None:
        self.sources = sources
        self.options = options
        self.units: dict[str, Unit] = {}
        for directory, names in sorted(sources.files.items()):
            if NAME in names and not _cached(directory):
                self.units[directory] = Unit(self, directory)

    def deploying(self, within: Callable[[str], bool]) -> tuple[Unit, ...]:
        """Return the units that deploy something."""
        return tuple(one for directory, one in self.units.items() if within(directory) and one.deploys())

    def broken(self, within: Callable[[str], bool]) -> Iterator[tuple[str, Problem]]:
        """Yield what is wrong with the text of files that deploy nothing as far as they can be read."""
        for directory, one in self.units.items():
            if within(directory) and not one.deploys():
                yield from ((directory, problem) for problem in self.sources.document(one.path).problems)

    def unsupported(self, within: Callable[[str], bool]) -> Iterator[tuple[str, Problem]]:
        """Yield the files of Terragrunt that guard does not read, each with its directory."""
        for directory, names in sorted(self.sources.files.items()):
            for name, message in UNSUPPORTED.items():
                if name in names and within(directory) and not _cached(directory):
                    place = whole_file(posixpath.join(directory, name))
                    yield directory, Problem("terragrunt", message, place, blocking=False)

    def outputs(self, directory: str) -> Mapping[str, Callable[[], Value]] | None:
        """Return the outputs of the unit in a directory, None where there is no unit whose module can be read."""
        unit = self.units.get(directory)
        evaluation = unit.evaluation() if unit is not None else None
        if evaluation is None:
            return None
        root = evaluation.root
        return {name: _output(evaluation, name) for name in root.module.outputs}


def _output(evaluation: Evaluation, name: str) -> Callable[[], Value]:
    def compute() -> Value:
        found = evaluation.root.output(name)
        assert found is not None
        return found

    return compute


def _cached(directory: str) -> bool:
    return any(part in (".terragrunt-cache", ".terraform", ".terragrunt-stack") for part in directory.split("/"))


class Unit:
    """One unit: its file with what that includes, and the root that it makes of its module."""

    def __init__(self, units: Units, directory: str) -> None:
        self.units = units
        self.directory = directory
        self.path = posixpath.join(directory, NAME)
        self.reading = Reading(units.sources, units.options.moment, units.outputs)
        self._config: Config | None = None
        self._evaluation: Evaluation | None = None
        self._busy = False
        self.module: str | None = None
        self.missing: Unknown | None = None

    @property
    def config(self) -> Config:
        """The unit's own file."""
        if self._config is None:
            found = self.reading.config(self.path, self.directory, self.directory)
            assert found is not None
            self._config = found
        return self._config

    @property
    def place(self) -> Location:
        """Where the unit is written."""
        blocks = self.config.blocks("terraform")
        return Location(self.path, blocks[0].header if blocks else FIRST_CHARACTER)

    def deploys(self) -> bool:
        """Tell whether the unit has a module: a source, or configuration beside it; and is not excluded."""
        source = setting_value(self.config, "terraform", "source")
        if source is None and self.directory not in self.units.sources.directories:
            return False
        skip = setting_value(self.config, "", "skip")
        return skip is None or skip.content is not True

    def evaluation(self) -> Evaluation | None:
        """Return the unit's root, not yet walked; None where its module cannot be read or the unit needs itself."""
        if self._evaluation is None and not self._busy and self.missing is None:
            self._busy = True
            try:
                self._evaluation = self._evaluated()
            finally:
                self._busy = False
        return self._evaluation

    def unknowns(self) -> tuple[UnknownFact, ...]:
        """Return that the unit's module is not there, where it is not."""
        if self.missing is None:
            return ()
        return (UnknownFact(self.directory or ".", "source", self.missing.reason, self.missing.location),)

    def _evaluated(self) -> Evaluation | None:
        inputs, rest = merged_inputs(self.config)
        module, files = self._module(inputs)
        if module is None:
            return None
        given = self._given(inputs, rest, module)
        for one in files:
            given.update({name: Given(whole_file(one.path), value=value) for name, value in one.unknown.items()})
        branch = grow(self.units.sources, module.path, module)
        assert branch is not None
        self.module = module.path
        return Evaluation(
            self.units.sources, branch, self._options(), Deployment(self.directory, given, self.directory)
        )

    # The module

    def _module(self, inputs: Mapping[str, Input]) -> tuple[Module | None, list[Generated]]:
        source = setting_value(self.config, "terraform", "source")
        directory = self._directory(source) if source is not None else self.directory
        if directory is None:
            text = source.content if source is not None and isinstance(source.content, str) else ""
            directory = self._downloaded(text)
        if directory is None:
            return (self._called(text, inputs), generated(self.config)) if text and self.missing is None else (None, [])
        if directory not in self.units.sources.directories:
            message = f"there is no configuration in {directory or 'the root directory'}, which the unit deploys"
            self.reading.tell("module", message, self.place, blocking=True)
            self.missing = Unknown(message, self.place)
            return None, []
        return self._assembled(directory)

    def _downloaded(self, source: str) -> str | None:
        """Return the directory of a module from elsewhere, None where it is not downloaded."""
        try:
            return self.units.sources.downloaded(*_address(source)) if source and self.missing is None else None
        except ReadError as error:
            self.reading.tell("module", f"the unit's module cannot be downloaded: {error}", self.place)
            return None

    def _directory(self, source: Value) -> str | None:
        """Return the directory that a source leads to, None where that is elsewhere or unknown."""
        if not isinstance(source.content, str):
            cause = source.undecided
            self.missing = Unknown(cause.cause.reason if cause else "the unit's source is no text", self.place)
            return None
        text = source.content.partition("?")[0]
        if not (is_local(text) or text.startswith(CHECKOUT) or not text):
            return None
        path = posixpath.normpath(posixpath.join(f"{CHECKOUT}/{self.directory}", re.sub("(?<!^)//+", "/", text)))
        if path == CHECKOUT:
            return ""
        if path.startswith(f"{CHECKOUT}/"):
            return path.removeprefix(f"{CHECKOUT}/")
        self.missing = Unknown(f"the module lies outside the directory that is checked: {text}", self.place)
        return None

    def _assembled(self, directory: str) -> tuple[Module, list[Generated]]:
        sources = self.units.sources
        files: dict[str, tuple[str, Body]] = {}
        problems: list[Problem] = []
        for one in dict.fromkeys((directory, self.directory)):
            for path in sources.configuration(one):
                document = sources.document(path)
                problems.extend(document.problems)
                if isinstance(document.syntax, Body):
                    files[posixpath.basename(path)] = path, document.syntax
        made = generated(self.config)
        for file in made:
            if not (file.keeps and file.name in files):
                files[file.name] = file.path, file.body
        module = declare(directory, [files[name] for name in sorted(files)])
        module.problems.extend(problems)
        _declare_placeholders(module, made)
        return module, made

    def _called(self, source: str, inputs: Mapping[str, Input]) -> Module:
        """Return a root whose only part is a call of a module from elsewhere, by the name of the unit's directory."""
        source, version = _address(source)
        span = self.place.span
        written = {"source": Literal(source, span), **({"version": Literal(version, span)} if version else {})}
        attributes = {name: Attribute(name, value, span, span) for name, value in written.items()}
        module = Module(self.directory)
        for name, one in inputs.items():
            where = one.expression.span
            if name not in attributes:
                attributes[name] = Attribute(name, GetAttribute(Variable("var", where), name, where), where, where)
            module.variables[name] = Written(one.scope.path, _variable_block(name))
        label = re.sub(r"\W", "_", posixpath.basename(self.directory)) or "unit"
        block = Block("module", (label,), (span,), Body(attributes, (), span), span, span, span)
        elsewhere = {name: one.scope.path for name, one in inputs.items()}
        module.calls[label] = Written(self.path, block, elsewhere)
        made = generated(self.config)
        for file in made:
            for provider in (one for one in file.body.blocks if one.type == "provider"):
                if len(provider.labels) == 1:
                    module.providers.setdefault(provider.labels[0], Written(file.path, provider))
        _declare_placeholders(module, made)
        return module

    # What the variables are given

    def _given(self, inputs: Mapping[str, Input], rest: Unknown | None, module: Module) -> dict[str, Given]:
        given: dict[str, Given] = {}
        if rest is not None:
            given = {name: Given(rest.location, value=unknown(DYNAMIC, rest)) for name in module.variables}
        for name, one in inputs.items():
            given[name] = Given(one.location, one.expression, scope=one.scope, value=one.value)
        return given

    def _options(self) -> EvaluationOptions:
        options = self.units.options
        files = tuple(self._variable_files())
        before = options.sequence or "f" * len(options.var_files) + "v" * len(options.variables)
        return replace(options, var_files=(*files, *options.var_files), sequence="f" * len(files) + before)

    def _variable_files(self) -> Iterator[str]:
        for config, block in nested(self.config, "terraform", "extra_arguments").values():
            for name in ("required_var_files", "optional_var_files"):
                value = config.value(block.body.attributes.get(name), name)
                for item in value.items if value is not None else ():
                    path = config.located(item)
                    if path is not None and (name.startswith("required") or self.units.sources.tree.exists(path)):
                        yield path


def _address(source: str) -> tuple[str, str]:
    """Return a source as a module call has it, and its version: Terragrunt writes `tfr://` for registries."""
    match = _TFR.fullmatch(source)
    if match is None:
        return source, ""
    host = match["host"] if match["host"] not in ("", "registry.terraform.io") else ""
    return f"{host}/{match['address']}".lstrip("/") + (match["path"] or ""), match["version"] or ""


def _variable_block(name: str) -> Block:
    body = Body({}, (), FIRST_CHARACTER)
    return Block("variable", (name,), (FIRST_CHARACTER,), body, FIRST_CHARACTER, FIRST_CHARACTER, FIRST_CHARACTER)


def _declare_placeholders(module: Module, files: list[Generated]) -> None:
    for one in files:
        for name in one.unknown:
            module.variables[name] = Written(one.path, _variable_block(name))
