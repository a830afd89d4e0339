"""A tag has a value or a spelling that the policy, or the provider, does not take.

## Why this matters

`Prod`, `prod` and `production` are three environments to a bill, and `cost-center: tbd` is as good as none: cost that
is tagged wrongly is harder to find than cost without tags. What a provider does not take at all fails only when it is
applied, after the change was approved.

## What to do

Write one of the values that the finding names. `guard fix` does so where only letter case is wrong.

`values` says what the value of a key must be, where the tag is there (missing ones are `missing-tag`'s). `key_case` and
`value_case` hold all keys and values to one way of writing. The grammar of the provider always counts: lengths,
characters and reserved prefixes of AWS and Azure tags, Google labels and Kubernetes labels.

## When to leave it

Keys that programs read have the spelling that the program wants: list them under `ignore` (`Name`, and keys with a
prefix such as `kubernetes.io/` or `aws:`, are listed by default and are judged by the provider's grammar only).

## Source

AWS, "Tag your Amazon EC2 resources: tag restrictions"; Microsoft, "Use tags to organize your Azure resources:
limitations"; Google Cloud, "Requirements for labels"; Kubernetes, "Labels and Selectors: syntax and character set".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, Field

from guard.model.finding import Finding, Fix, Severity, UnknownFact
from guard.model.resource import Label, Resource
from guard.model.rule import Context, Example, Rule
from guard.model.value import Known, Unknown
from guard.rules._helpers import checked_pattern, fitting, found_in, label_word, listed, put

Pattern = Annotated[str, AfterValidator(checked_pattern)]
Choice = Annotated[tuple[str, ...], Field(min_length=1)]
Allowed = Pattern | Choice | None
Case = Literal["any", "lower", "upper", "kebab", "snake", "camel", "pascal"]
Glob = Annotated[str, Field(min_length=1)]

_CASES = {
    "lower": r"[^A-Z]*",
    "upper": r"[^a-z]*",
    "kebab": r"[a-z0-9]+(?:-[a-z0-9]+)*",
    "snake": r"[a-z0-9]+(?:_[a-z0-9]+)*",
    "camel": r"[a-z][a-zA-Z0-9]*",
    "pascal": r"[A-Z][a-zA-Z0-9]*",
}
_ALIKE = {
    "kebab": "words-with-hyphens",
    "snake": "words_with_underscores",
    "camel": "camelCase",
    "pascal": "PascalCase",
}
_NAME = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)"
_DNS = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"


class Options(BaseModel, extra="forbid", frozen=True):
    """What tags may be."""

    values: Mapping[str, Allowed] = Field(default_factory=dict)
    """Keys with what their value must be: a regular expression (RE2), a list of values, or null for any but empty."""
    key_case: Case = "any"
    """How keys are written."""
    value_case: Case = "any"
    """How values are written."""
    ignore_case_and_separators: bool = True
    """Whether `cost-center`, `cost_center` and `CostCenter` are the same key in `values`."""
    ignore: tuple[Glob, ...] = ("Name", "*/*", "*:*")
    """Globs of keys that `key_case` and `value_case` leave alone."""
    grammar: bool = True
    """Whether the provider's own grammar counts."""


class Grammar(NamedTuple):
    """What a provider takes: patterns of keys and values, and both in words."""

    key: re.Pattern[str]
    value: re.Pattern[str]
    key_words: str
    value_words: str


GRAMMARS = {
    "aws": Grammar(
        re.compile(r"(?!(?i:aws:))[\w .:/=+@-]{1,128}"),
        re.compile(r"[\w .:/=+@-]{0,256}"),
        "1 to 128 letters, digits, spaces and _.:/=+-@, and not begin with aws:",
        "at most 256 letters, digits, spaces and _.:/=+-@",
    ),
    "google": Grammar(
        re.compile(r"[^\WA-Z0-9_](?:[^\WA-Z]|-){0,62}"),
        re.compile(r"(?:[^\WA-Z]|-){0,63}"),
        "begin with a lower-case letter and have at most 63 lower-case letters, digits, _ and -",
        "at most 63 lower-case letters, digits, _ and -",
    ),
    "azure": Grammar(
        re.compile(r"(?!(?i:microsoft|azure|windows))[^<>%&\\?/]{1,512}"),
        re.compile(r".{0,256}", re.DOTALL),
        "1 to 512 characters without <>%&\\?/, and not begin with microsoft, azure or windows",
        "at most 256 characters",
    ),
    "kubernetes": Grammar(
        re.compile(rf"(?:{_DNS}/)?{_NAME}"),
        re.compile(rf"{_NAME}?"),
        "have at most 63 letters, digits and -_. between two letters or digits, alone or after a DNS name and /",
        "at most 63 letters, digits and -_. that begin and end with a letter or digit",
    ),
}
_OF_SPECS = {
    "azureml": "azure",
    "vertex": "google",
    "cloudformation": "aws",
    "sagemaker_pipeline": "aws",
}


def check(context: Context[Options]) -> Iterator[Finding | UnknownFact]:
    """Yield the first thing that is wrong with each tag, and each value that is asked for and unknown."""
    resource, options = context.resource, context.options
    if not resource.labels.taggable:
        return
    seen = set()
    for key, allowed in sorted(options.values.items()):
        found = resource.labels.find(key, options.ignore_case_and_separators)
        if isinstance(found, Unknown):
            yield context.undecided(found, f"labels.{key}")
        elif isinstance(found, Known) and not _allows(allowed, found.value):
            seen.add(found.location)
            yield _wrong_value(context, key, found, allowed)
    for key, label in sorted(resource.labels.entries.items()):
        if label.value.location not in seen and not _placeholder(key, label):
            yield from _spelling(context, key, label)


def _allows(allowed: Allowed, text: str) -> bool:
    if allowed is None:
        return bool(text)
    return found_in(allowed, text) if isinstance(allowed, str) else text in allowed


def _wrong_value(context: Context[Options], key: str, value: Known[str], allowed: Allowed) -> Finding:
    word = label_word(context.resource)
    attribute = f"labels.{key}"
    if allowed is None:
        return context.finding(value, f"{word} {key} is empty", attribute=attribute)
    if isinstance(allowed, str):
        return context.finding(value, f'{word} {key} is "{value.value}", not like {allowed}', attribute=attribute)
    alike = [one for one in allowed if one.casefold() == value.value.casefold()]
    fix = None
    if len(alike) == 1:
        fix = Fix(f"write {alike[0]}", changes=(put(value.location, (), alike[0]),))
    message = f'{word} {key} is "{value.value}", not {listed(allowed, "or")}'
    return context.finding(value, message, attribute=attribute, fix=fix)


def _placeholder(key: str, label: Label) -> bool:
    """Tell whether key or value is to be filled in by another program: `${team}`, `{{ team }}`, `<team>`."""
    value = label.value.value if isinstance(label.value, Known) else ""
    return any(mark in text for text in (key, value) for mark in ("${", "{{", "$(", "<", "%s", "%d"))


def _spelling(context: Context[Options], key: str, label: Label) -> Iterator[Finding]:
    options, word = context.options, label_word(context.resource)
    attribute = f"labels.{key}"
    where = label.key or label.value.location
    grammar = GRAMMARS.get(_provider(context.resource, label)) if options.grammar else None
    value = label.value.value if isinstance(label.value, Known) else None
    ignored = fitting(options.ignore, key) is not None
    if grammar is not None and not grammar.key.fullmatch(key):
        yield context.finding(where, f"{word} key {_shown(key)} must {_must(grammar.key_words)}", attribute=attribute)
    elif not ignored and not _cased(options.key_case, key):
        message = f"{word} key {_shown(key)} is not {_written(options.key_case)}"
        yield context.finding(where, message, attribute=attribute)
    elif value is not None and grammar is not None and not grammar.value.fullmatch(value):
        message = f"{word} {key} is {_shown(value)}; a value has {grammar.value_words}"
        yield context.finding(label.value, message, attribute=attribute)
    elif value and not ignored and not _cased(options.value_case, value):
        message = f"{word} {key} is {_shown(value)}, which is not {_written(options.value_case)}"
        yield context.finding(label.value, message, attribute=attribute)


def _cased(case: Case, text: str) -> bool:
    return case == "any" or re.fullmatch(_CASES[case], text) is not None


def _provider(resource: Resource, label: Label) -> str:
    """Return whose grammar holds for a label, "" where nobody's is known to."""
    if label.source.startswith("metadata."):
        return ""
    if resource.platform in GRAMMARS and resource.platform != "kubernetes":
        return resource.platform
    if resource.origin == "spec":
        return _OF_SPECS.get(resource.platform, "")
    return "kubernetes"


def _must(words: str) -> str:
    return f"have {words}" if words[0].isdigit() else words


def _written(case: str) -> str:
    return f"written like {_ALIKE[case]}" if case in _ALIKE else f"in {case} case"


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= 40 else f'"{text[:37]}..." of {len(text)} characters'


TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
  default_tags {
    tags = { Environment = "Prod" }
#                          ^^^^^^ tag environment is "Prod", not dev, stage or prod
  }
}

resource "aws_instance" "train" {
  instance_type = "g5.xlarge"
  tags = {
    Name        = "train"
    cost-center = "tbd"
#                 ^^^^^ tag cost-center is "tbd", not like ^cc-[0-9]{4}$
    "aws:owner" = "search"
#   ^^^^^^^^^^^ tag key "aws:owner" must have 1 to 128 letters, digits, spaces and _.:/=+-@, and not begin with aws:
  }
}

provider "google" {
  region = "us-central1"
}

resource "google_compute_instance" "serve" {
  name         = "serve"
  machine_type = "g2-standard-4"
  zone         = "us-central1-a"
  labels       = { owner = "Search Team" }
#                          ^^^^^^^^^^^^^ label owner is "Search Team"; a value has at most 63 lower-case letters, digits, _ and -
}
""",  # noqa: E501
    options={"values": {"environment": ["dev", "stage", "prod"], "cost-center": "^cc-[0-9]{4}$"}},
)

KUBERNETES = Example(
    "train.yaml",
    """\
apiVersion: batch/v1
kind: Job
metadata:
  name: train
  labels:
    app.kubernetes.io/name: train
    CostCenter: cc-1042
#   ^^^^^^^^^^ label key "CostCenter" is not written like words-with-hyphens
    owner: bob@example.com
#          ^^^^^^^^^^^^^^^ label owner is "bob@example.com"; a value has at most 63 letters, digits and -_. that begin and end with a letter or digit
spec:
  template:
    spec:
      containers:
        - name: train
          image: docker.io/acme/train:1.0
""",  # noqa: E501
    options={"key_case": "kebab"},
)

SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata:
  name: chat
  labels: {environment: production}
#                       ^^^^^^^^^^ label environment is "production", not dev, stage or prod
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
    options={"values": {"environment": ["dev", "stage", "prod"]}},
)

GOOD_TERRAFORM = Example(
    "main.tf",
    """\
provider "aws" {
  region = "us-east-1"
}

variable "environment" {
  type = string
}

resource "aws_instance" "train" {
  instance_type = "g5.xlarge"
  tags = {
    Name        = "train"
    cost-center = "cc-1042"
    environment = var.environment
  }
}
""",
    options={
        "key_case": "kebab",
        "value_case": "lower",
        "values": {"environment": ["dev", "prod"], "cost-center": "^cc-[0-9]{4}$"},
    },
)

GOOD_SPEC = Example(
    "chat.yaml",
    """\
apiVersion: guard/v1
kind: ModelDeployment
metadata: {name: chat, owners: [Ada Lovelace], labels: {environment: prod}}
model: {name: chat, version: "3"}
compute: {provider: aws, region: us-east-1, instance: g5.xlarge}
""",
    options={"values": {"environment": ["dev", "prod"]}},
)

RULE = Rule(
    name="invalid-tag",
    severity=Severity.ERROR,
    options=Options,
    check=check,
    docs=__doc__ or "",
    bad=(TERRAFORM, KUBERNETES, SPEC),
    good=(GOOD_TERRAFORM, GOOD_SPEC),
)
