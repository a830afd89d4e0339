"""The one module that knows all stages: text in, report out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from guard import __version__
from guard.costing.estimate import estimates
from guard.costing.usage import Usage, apply_usage, read_usage
from guard.discover import load as load_module
from guard.discover import modules, offered, one
from guard.inputs.texts import Texts
from guard.model.document import Document, Format, ReadError, Renderer, Tree
from guard.model.finding import Finding, Problem, Severity, UnknownFact
from guard.model.instance import Item
from guard.model.location import FIRST_CHARACTER, Location, whole_file
from guard.model.platform import Platform
from guard.model.price import OLD_AFTER_DAYS, PriceBook
from guard.model.report import Report, RuleInfo, totals
from guard.model.resource import Resource
from guard.model.rule import Project, Rule
from guard.model.usage import UsageHistory
from guard.platforms.packages import unpacked
from guard.platforms.reading import read
from guard.platforms.recognition import may_be_claimed, seems_to_deploy
from guard.policy.baseline import Baseline, Entry, subtracted
from guard.policy.fixing import Fixer
from guard.policy.judging import Judgement, judge
from guard.policy.loading import load
from guard.policy.model import ASSERT, Policy, PolicySource
from guard.policy.sources import Remote
from guard.request import Request
from guard.terraform.plan import read_plan
from guard.terraform.roots import Evaluated

TERRAFORM_FORMATS = frozenset({"hcl", "tfjson"})
ADVISORY = frozenset({"template", "duplicate-key"})


@dataclass(frozen=True, slots=True)
class Understanding:
    """What the input would deploy, the problems met on the way, and what the text does not decide.

    `standing` is what plans say is there before they are applied, None where there is no plan.
    """

    resources: tuple[Resource, ...]
    problems: tuple[Problem, ...]
    unknowns: tuple[UnknownFact, ...]
    files: int
    standing: tuple[Resource, ...] | None = None


def understand(request: Request, prices: PriceBook) -> Understanding:
    """Return the resources that the request's files would deploy, each sorted by its place."""
    evaluating = request.begun or request.evaluating()
    try:
        given = tuple(_documents(request))
        evaluated = evaluating.finish()
    finally:
        evaluating.stop()
    renderer = (lambda: _programs(request.tree)) if request.render else None
    documents, untold = unpacked(request.tree, given, renderer, request.judges)
    plans = tuple(plan for document in documents if (plan := read_plan(document, request.tree)) is not None)
    planned = {plan.covers for plan in plans}
    roots = tuple(one for one in evaluated if one.root not in planned)
    items = tuple(
        Item(document.path, root, ordinal) for document in documents for ordinal, root in enumerate(document.roots)
    )
    written = [(one.root, one.instances) for one in roots]
    sources = [*written, *((plan.root, plan.instances) for plan in plans)]
    resources, problems = read(sources, items, prices, request.locality, request.clusters)
    standing: tuple[Resource, ...] | None = None
    if plans:
        now = [*written, *((plan.root, plan.before_instances) for plan in plans)]
        standing = read(now, items, prices, request.locality, request.clusters)[0]
    if request.usage is not None:
        resources, told = apply_usage(resources, request.usage)
        problems += told
        standing = apply_usage(standing, request.usage).resources if standing is not None else None
    every = [*problems, *(p for root in roots for p in root.problems), *(p for plan in plans for p in plan.problems)]
    every += [*untold, *_of_documents(documents, {one.location.path for one in resources})]
    if not documents and not roots and not request.files:
        every.append(_nothing(request))
    return Understanding(
        resources=resources,
        problems=tuple(sorted(set(every), key=_place)),
        unknowns=tuple(sorted({u for root in roots for u in root.unknowns}, key=_unknown_place)),
        files=_count(request, given, roots),
        standing=standing,
    )


def _programs(tree: Tree) -> Renderer:
    # Few repositories hold packages, and running programs takes many modules.
    from guard.inputs.programs import Programs

    return Programs(tree)


def load_usage(path: str, text: str) -> tuple[Usage, tuple[Problem, ...]]:
    """Return what a usage file declares, and the mistakes in it; `path` is how reports call it."""
    document = one("guard.formats", "yaml", "FORMAT", Format)
    if document is None:
        raise LookupError("there is no format for YAML")
    parsed = document.parse(path, text)
    usage, problems = read_usage(parsed.roots[0] if parsed.roots else None, path)
    return usage, (*(replace(p, code="usage", blocking=True) for p in parsed.problems), *problems)


def find_rule(name: str) -> Rule[Any] | None:
    """Return the rule called `name`, or formerly called so; a current name imports only its own module."""
    if name == ASSERT:
        # Its conditions are the policy's, and so is the rule that asks them.
        return load_module("guard.policy.assertions", "RULE", Rule)
    rule = one("guard.rules", name, "RULE", Rule)
    if rule is not None and rule.name == name:
        return rule
    every = offered("guard.rules", "RULE", Rule).values()
    return next((rule for rule in every if name in rule.formerly), None)


def rule_names() -> tuple[str, ...]:
    """Return the names of all rules, sorted, without importing any."""
    return tuple(name.replace("_", "-") for name in modules("guard.rules"))


def platform_names() -> tuple[str, ...]:
    """Return the names of all platforms, sorted."""
    return tuple(offered("guard.platforms", "PLATFORM", Platform))


def load_policy(
    sources: Sequence[PolicySource], tree: Tree, remote: Remote | None = None
) -> tuple[Policy, tuple[Problem, ...]]:
    """Return the policy that these sources make together, and every mistake in them, each at its place.

    `remote` gives the files of a repository (by URL and ref) that one of them extends.
    """
    return load(sources, tree, find_rule, rule_names(), platform_names(), remote)


def starting_point(understood: Understanding, base: Request | None, prices: PriceBook) -> Project | None:
    """Return what the change starts from: the commit to compare with, else what plans say is there now."""
    if base is not None:
        return price(understand(base, prices), prices)
    if understood.standing is None:
        return None
    return Project(understood.standing, estimates(understood.standing, prices), prices)


def price(understood: Understanding, prices: PriceBook) -> Project:
    """Return the resources with what each costs."""
    return Project(understood.resources, estimates(understood.resources, prices), prices)


def check(
    request: Request,
    policy: Policy,
    problems: Sequence[Problem],
    prices: PriceBook,
    today: date,
    base: Request | None = None,
    baseline: Baseline | None = None,
    history: UsageHistory | None = None,
) -> Report:
    """Return everything that `policy` says about the request, compared with `base` where there is one.

    `problems` are those of reading the policy. `today` decides about waivers that expire. The findings of `baseline`
    count as waived. `history` is what machines were seen to use.
    """
    texts = Texts(request.tree)
    # Before the rest, because other processes may be evaluating meanwhile.
    commented = texts.with_waivers(request.judges)
    understood = understand(request, prices)
    project = replace(price(understood, prices), history=history, texts=texts)
    before = starting_point(understood, base, prices)
    rules = {entry.rule: rule for entry in policy.rules if (rule := find_rule(entry.rule)) is not None}
    judgement = judge(
        policy,
        project,
        rules,
        rule_names=rule_names(),
        texts=commented,
        today=today,
        base=before,
    )
    asked_for = Fixer(texts).fixed(one for one in judgement.findings if _wanted(one, request, policy))
    left = subtracted(asked_for, baseline or Baseline(""), request.judges)
    findings = left.findings
    every = {*problems, *understood.problems, *judgement.problems}
    asked = [one for one in every if one.location is None or _concerns(request, one.location.path, policy)]
    unknowns = {*understood.unknowns, *judgement.unknowns}
    return Report(
        findings=findings,
        waived=(*(one for one in judgement.waived if _wanted(one.finding, request, policy)), *left.waived),
        problems=tuple(sorted(asked, key=_place)),
        unknowns=tuple(sorted(unknowns, key=_unknown_place)),
        totals=totals(project, before),
        resources=understood.resources,
        estimates=project.estimates,
        files=understood.files,
        rules=_rules(policy, rules, judgement),
        texts={path: texts[path] for path in _shown(findings, asked) if path in texts} | dict(policy.texts),
        prices_as_of=prices.as_of(),
        version=__version__,
        passed=judgement.passed,
        base=before,
        day=today.isoformat(),
        notes=(*_gone(left.gone), *_aged(prices, today)),
    )


def _aged(prices: PriceBook, today: date) -> tuple[str, ...]:
    """Return what is to be said of prices that are too old to build on."""
    as_of = prices.as_of()
    days = (today - date.fromisoformat(as_of)).days if len(as_of) == len("2026-08-22") else 0
    if days <= OLD_AFTER_DAYS:
        return ()
    return (f"the newest price is of {as_of}, {days} days ago: `guard prices update` asks the providers anew",)


def _gone(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return what of the baseline is no longer found: a line that sums it up, then one for each."""
    if not entries:
        return ()
    count = sum(one.count for one in entries)
    first = (
        f"{count} finding{'s' if count > 1 else ''} of the baseline no longer found; `guard baseline` writes it anew"
    )
    return (first, *(f"gone: {one.path}: {one.rule}: {one.message}" for one in entries))


def _wanted(finding: Finding, request: Request, policy: Policy) -> bool:
    """Tell whether a finding was asked for: where it stands, or what leads to it, or the policy that it is about."""
    places = [finding.location, *(step.location for step in finding.related)]
    return any(_concerns(request, place.path, policy) for place in places)


def _concerns(request: Request, path: str, policy: Policy) -> bool:
    declared = request.usage is not None and path == request.usage.path
    return declared or request.judges(path) or path in policy.texts


def _shown(findings: Sequence[Finding], problems: Sequence[Problem]) -> set[str]:
    paths = {one.location.path for one in findings} | {p.location.path for p in problems if p.location}
    return paths | {step.location.path for one in findings for step in one.related}


def _rules(policy: Policy, rules: Mapping[str, Rule[Any]], judgement: Judgement) -> tuple[RuleInfo, ...]:
    severities: dict[str, Severity] = {}
    for entry in policy.rules:
        severity = entry.severity or rules[entry.rule].severity
        severities[entry.rule] = min(severity, severities.get(entry.rule, severity), key=lambda one: one.rank)
    ran = {name: RuleInfo(name, rules[name].title, rules[name].docs, at) for name, at in severities.items()}
    others = {one.rule: one.severity for one in judgement.findings if one.rule not in ran}
    for name, severity in others.items():
        ran[name] = RuleInfo(name, name.replace("-", " ").capitalize(), name, severity)
    return tuple(ran[name] for name in sorted(ran))


def _of_documents(documents: Sequence[Document], deploying: Set[str]) -> Iterator[Problem]:
    """Yield what is wrong with the documents; a key set twice is nobody's business in a file that deploys nothing."""
    for document in documents:
        for problem in document.problems:
            if problem.code != "duplicate-key" or document.path in deploying:
                yield _advisory(problem) if problem.code in ADVISORY else problem


def _nothing(request: Request) -> Problem:
    # A pipeline that points at the wrong directory must not stay green for ever.
    where = ", ".join(directory or "." for directory in request.directories)
    message = f"nothing to check in {where}: no Terraform, Kubernetes manifest or model deployment spec"
    return Problem("nothing-to-check", message, None)


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
        raw = request.tree.read(path)
    except ReadError as error:
        yield Document(path, "", problems=(Problem("unreadable", str(error), whole_file(path)),))
        return
    claimed = path in request.files or may_be_claimed(raw)
    if chosen.name == "yaml" and not claimed:
        # Counted among the files, but not composed: that would take longer than everything else.
        yield Document(path, "")
        return
    ours = seems_to_deploy(raw)
    if chosen.name == "json" and not (claimed and ours):
        return
    # Bytes that are no UTF-8 reach the format as lone surrogates, so that it can place them.
    document = chosen.parse(path, raw.decode("utf-8", "surrogateescape"))
    if not ours:
        document = replace(document, problems=tuple(_advisory(one) for one in document.problems))
    yield document


def _advisory(problem: Problem) -> Problem:
    return replace(problem, blocking=False, advisory=True)


def _count(request: Request, documents: Sequence[Document], roots: Sequence[Evaluated]) -> int:
    terraform = {".tf", ".tofu", ".tfvars"}
    paths = {document.path for document in documents}
    paths |= {p for p in request.tree.paths() if request.reads(p) and any(p.endswith(s) for s in terraform)}
    return len(paths)


def _unknown_place(fact: UnknownFact) -> tuple[Location, str, str, str, str]:
    return fact.location, fact.address, fact.attribute, fact.reason, fact.rule


def _place(problem: Problem) -> tuple[Location, str, str]:
    return problem.location or Location("", FIRST_CHARACTER), problem.code, problem.message
