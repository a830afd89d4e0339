"""The functions that only Terragrunt has. None of them reads the environment, asks a cloud or runs a command."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from guard.model.location import Location
from guard.model.value import Unknown
from guard.terraform.functions.framework import Arguments, Environment, Function, FunctionError, Parameter
from guard.terraform.functions.paths import CHECKOUT
from guard.terraform.types import DYNAMIC, STRING, Type
from guard.terraform.values import Value, string, unknown

if TYPE_CHECKING:
    from guard.terraform.terragrunt_config import Config

Texts = Sequence[str]
Run = Callable[["Config", Texts, Location], Value]

DEFAULT_NAMES: Final = ("terragrunt.hcl", "terragrunt.hcl.json", "root.hcl")
"""What `find_in_parent_folders` looks for without an argument, the first that is found in the nearest folder."""


def functions(config: Config) -> Mapping[str, Function]:
    """Return Terragrunt's functions as they work within one file."""
    return {
        **{name: _function(config, run) for name, run in _RUNS.items()},
        **{name: _undecided(name, reason) for name, reason in _UNDECIDED.items()},
        "read_terragrunt_config": _reading(config),
    }


def _function(config: Config, run: Run) -> Function:
    def call(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        texts = [one.content if isinstance(one.content, str) else "" for one in arguments]
        return run(config, texts, environment.location)

    return Function((), STRING, call, Parameter("argument", STRING))


def _undecided(name: str, reason: str) -> Function:
    def call(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        return unknown(DYNAMIC, Unknown(f"{name}() {reason}", environment.location))

    return Function((), DYNAMIC, call, Parameter("argument", null=True, unknown=True, dynamic=True), never_null=False)


def _absolute(directory: str) -> Value:
    return string(f"{CHECKOUT}/{directory}" if directory else CHECKOUT)


def _relative(directory: str, start: str) -> Value:
    return string(posixpath.relpath(f"/{directory}", f"/{start}"))


# Paths


def _find_in_parent_folders(config: Config, texts: Texts, place: Location) -> Value:
    names = (texts[0],) if texts and texts[0] else DEFAULT_NAMES
    sources = config.reading.sources
    directory = config.home
    while directory:
        directory = posixpath.dirname(directory)
        for name in names:
            path = posixpath.normpath(posixpath.join(directory, name))
            if sources.tree.exists(path) or path in sources.files:
                return _absolute(path)
    if len(texts) > 1:
        return string(texts[1])
    raise FunctionError(f'no folder above has a file "{names[0]}"', 0 if texts else None)


def _included_from(config: Config, texts: Texts) -> str:
    """Return the directory of the file that includes lead to: this one where it is included, else the named one."""
    if config.child is not None:
        return config.directory
    includes = config.includes()
    if texts and texts[0]:
        if texts[0] not in includes:
            raise FunctionError(f'there is no include "{texts[0]}"', 0)
        return includes[texts[0]].config.directory
    first = next(iter(includes.values()), None)
    return config.home if first is None else first.config.directory


def _path_relative_to_include(config: Config, texts: Texts, place: Location) -> Value:
    return _relative(config.home, _included_from(config, texts))


def _path_relative_from_include(config: Config, texts: Texts, place: Location) -> Value:
    return _relative(_included_from(config, texts), config.home)


def _parent_directory(config: Config, texts: Texts, place: Location) -> Value:
    return _absolute(_included_from(config, texts))


def _terragrunt_directory(config: Config, texts: Texts, place: Location) -> Value:
    return _absolute(config.home)


def _original_directory(config: Config, texts: Texts, place: Location) -> Value:
    return _absolute(config.original)


def _repo_root(config: Config, texts: Texts, place: Location) -> Value:
    return string(CHECKOUT)


def _from_repo_root(config: Config, texts: Texts, place: Location) -> Value:
    return _relative(config.home, "")


def _to_repo_root(config: Config, texts: Texts, place: Location) -> Value:
    return _relative("", config.home)


# What is around


def _get_env(config: Config, texts: Texts, place: Location) -> Value:
    if len(texts) > 1:
        return string(texts[1])
    name = texts[0] if texts else ""
    return unknown(STRING, Unknown(f"guard does not read the environment: {name}", place))


def _same(config: Config, texts: Texts, place: Location) -> Value:
    return string(texts[0] if texts else "")


_RUNS: Final[Mapping[str, Run]] = {
    "find_in_parent_folders": _find_in_parent_folders,
    "path_relative_to_include": _path_relative_to_include,
    "path_relative_from_include": _path_relative_from_include,
    "get_terragrunt_dir": _terragrunt_directory,
    "get_original_terragrunt_dir": _original_directory,
    "get_parent_terragrunt_dir": _parent_directory,
    "get_repo_root": _repo_root,
    "get_path_from_repo_root": _from_repo_root,
    "get_path_to_repo_root": _to_repo_root,
    "get_env": _get_env,
    "mark_as_read": _same,
}

_CLOUD: Final = "is asked of the cloud while Terragrunt runs"
_RUNNING: Final = "depends on how Terragrunt is run"
_LISTS: Final = "stands for a list that comes with Terragrunt"
_UNDECIDED: Final[Mapping[str, str]] = {
    "run_cmd": "runs a command, which guard never does",
    "sops_decrypt_file": "reads a secret",
    "read_tfvars_file": "is not supported by guard",
    "get_aws_account_id": _CLOUD,
    "get_aws_account_alias": _CLOUD,
    "get_aws_caller_identity_arn": _CLOUD,
    "get_aws_caller_identity_user_id": _CLOUD,
    "get_platform": _RUNNING,
    "get_working_dir": _RUNNING,
    "get_terraform_command": _RUNNING,
    "get_terraform_cli_args": _RUNNING,
    "get_terragrunt_source_cli_flag": _RUNNING,
    "get_default_retryable_errors": _LISTS,
    "get_terraform_commands_that_need_vars": _LISTS,
    "get_terraform_commands_that_need_input": _LISTS,
    "get_terraform_commands_that_need_locking": _LISTS,
    "get_terraform_commands_that_need_parallelism": _LISTS,
}


# Other files


def _reading(config: Config) -> Function:
    def call(arguments: Arguments, kind: Type, environment: Environment) -> Value:
        found = read_config(config, arguments[0])
        if found is not None:
            return found.whole()
        if len(arguments) > 1:
            return arguments[1]
        shown = arguments[0].content if isinstance(arguments[0].content, str) else ""
        raise FunctionError(f"there is no file {shown.removeprefix(CHECKOUT + '/')}", 0)

    return Function(
        (Parameter("path", STRING),), lambda arguments: DYNAMIC, call, Parameter("default", null=True), never_null=False
    )


def read_config(config: Config, path: Value) -> Config | None:
    """Return the file that `read_terragrunt_config` reads from within `config`, None where there is none."""
    located = config.located(path)
    if located is None:
        return None
    return config.reading.config(located, posixpath.dirname(located), config.original)
