"""Reads policies: `guard.yaml`, packs by name and files by path, with what they extend, into one policy."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from guard.formats.yaml import FORMAT
from guard.model.document import Tree
from guard.model.finding import Problem
from guard.model.location import Location, whole_file
from guard.model.node import Node, is_sequence
from guard.policy import packs
from guard.policy.checking import check, nearest
from guard.policy.model import ASSERT, BudgetEntry, Policy, PolicySource, PolicyWaiver, RuleEntry, Where
from guard.policy.negotiated import negotiated
from guard.policy.sources import FindRule, Found, Home, Reading, Remote, find

ModelT = TypeVar("ModelT")

STANDARD = ("guard.yaml", "guard.yml")
BUDGET_RULE = "over-budget"
PERIODS = {"monthly": 1, "quarterly": 3, "yearly": 12}
"""By the key of a budget, the months of its fiscal period."""
NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
DEPTH_LIMIT = 16


def load(
    sources: Sequence[PolicySource],
    tree: Tree,
    find_rule: FindRule,
    rule_names: Sequence[str],
    platforms: Sequence[str] = (),
    remote: Remote | None = None,
) -> tuple[Policy, tuple[Problem, ...]]:
    """Return the policy that `sources` make together, later ones over earlier ones, and every mistake in them.

    Without sources it is the `guard.yaml` at the root of `tree`, else the default pack. What has a mistake is left
    out and the rest holds. `find_rule` gives the rule of a name, `rule_names` are all of them and `platforms` the names
    that `where` may use (none: all). `remote` gives the files of another repository.
    """
    reading = Reading(tree, remote, find_rule, rule_names, platforms)
    policy = Policy()
    for source in sources or (_standard(tree),):
        folder, _, name = source.name.rpartition("/")
        # A guard.yaml speaks about its own folder, wherever the check starts; any other policy about the root.
        reading.anchor = folder if name in STANDARD and source.text is None else ""
        policy = _joined(policy, _read(reading, source, None, Home(tree), ()))
    policy = _completed(reading, policy)
    return replace(policy, texts=reading.texts, sources=tuple(reading.sources)), tuple(reading.problems)


def _standard(tree: Tree) -> PolicySource:
    return PolicySource(next((name for name in STANDARD if tree.exists(name)), packs.DEFAULT))


def _read(
    reading: Reading, source: PolicySource, named_at: Location | None, home: Home, above: tuple[str, ...]
) -> Policy:
    found = find(reading, source, named_at, home)
    if found is None:
        return Policy()
    if found.path in above or len(above) > DEPTH_LIMIT:
        circle = " -> ".join((*above, found.path))
        reading.wrong(f"policies extend each other in a circle: {circle}", named_at or whole_file(found.path))
        return Policy()
    reading.texts[found.path] = found.text
    reading.sources.append(source.name)
    document = FORMAT.parse(found.path, found.text)
    reading.problems += [replace(one, code="policy", blocking=True) for one in document.problems]
    if len(document.roots) > 1:
        reading.wrong("a policy file holds one document", document.roots[1].location)
    if not document.roots or document.roots[0].value is None:
        if not document.problems:
            reading.wrong("the policy is empty; write, for one, `extends: [ai-cost]`", whole_file(found.path))
        return Policy()
    return _policy(reading, document.roots[0], found, (*above, found.path))


def _policy(reading: Reading, root: Node, found: Found, above: tuple[str, ...]) -> Policy:
    from guard.policy.schema import BudgetModel, LooseEntryModel, PolicyModel, WaiverModel

    lists = {name: root.get(name) for name in ("rules", "budgets", "waivers", "prices")}
    singly = {name: node for name, node in lists.items() if node is not None and is_sequence(node.value)}
    header = _header(reading, root, frozenset(singly), PolicyModel)
    own = Policy(
        rules=tuple(entry for node in _items(singly, "rules") for entry in _rule(reading, node, LooseEntryModel)),
        budgets=_budgets(reading, _items(singly, "budgets"), BudgetModel),
        waivers=tuple(entry for node in _items(singly, "waivers") for entry in _waiver(reading, node, WaiverModel)),
        locality=dict(header.locality),
        clusters=root.items("clusters") if header.clusters else (),
        prices=negotiated(reading, root.get("prices"), found),
        usage=_usage(root, found),
    )
    inherited = Policy()
    for name, node in zip(header.extends, root.items("extends"), strict=False):
        if found.home is None and name not in packs.names():
            reading.wrong(f'no pack is called "{name}"', node.location)
            continue
        extended = _read(reading, PolicySource(name), node.location, found.home or Home(reading.tree), above)
        inherited = _joined(inherited, extended)
    where = _where(reading, header.where, root.get("where"))
    return _scoped(_joined(inherited, own), where)


def _usage(root: Node, found: Found) -> Node | None:
    """Return the usage that is written in the policy, or the path of its file, relative to the root."""
    node = root.get("usage")
    if node is None or isinstance(node.value, Mapping):
        return node
    if not isinstance(node.value, str) or not node.value:
        return None
    folder = found.home.folder if found.home else ""
    return replace(node, value=posixpath.normpath(posixpath.join(folder, node.value)))


def _header(reading: Reading, root: Node, but: frozenset[str], model: type[Any]) -> Any:
    """Return the policy without its lists, and without the keys that have mistakes."""
    if not isinstance(root.value, Mapping):
        header, problems = check(root, model)
        reading.problems += problems
        return header or model()
    fields = {key: node for key, node in root.value.items() if key not in but}
    header, problems = check(replace(root, value=fields), model)
    reading.problems += problems
    if header is not None:
        return header
    sound = {key: node for key, node in fields.items() if not check(replace(root, value={key: node}), model)[1]}
    return check(replace(root, value=sound), model)[0] or model()


def _items(lists: Mapping[str, Node], name: str) -> tuple[Node, ...]:
    return lists[name].items() if name in lists else ()


def _rule(reading: Reading, node: Node, model: type[Any]) -> Sequence[RuleEntry]:
    if _is_assertion(node):
        return _assertion(reading, node)
    entry, problems = check(node, model)
    reading.problems += problems
    named = node.get("rule")
    if entry is None or named is None:
        return ()
    rule = reading.find_rule(entry.rule)
    if rule is None:
        reading.wrong(f'unknown rule "{entry.rule}"{nearest(entry.rule, reading.rule_names)}', named.location)
        return ()
    where = _where(reading, entry.where, node.get("where"))
    written = node.get("options")
    options = None
    if written is not None:
        options, problems = check(written, rule.options)
        reading.problems += problems
        if options is None:
            return ()
    return (RuleEntry(rule.name, named.location, entry.name, entry.severity, where, options),)


def _is_assertion(node: Node) -> bool:
    named = node.get("rule") if isinstance(node.value, Mapping) else None
    return named is not None and named.value == ASSERT


def _assertion(reading: Reading, node: Node) -> Sequence[RuleEntry]:
    from guard.policy.assertions import Entry

    entry, problems = check(node, Entry, reading.texts.get(node.location.path, ""))
    reading.problems += problems
    if entry is None:
        return ()
    if entry.name in reading.rule_names or entry.name == ASSERT:
        reading.wrong(f'"{entry.name}" is the name of one of guard\'s rules; take another', node.nearest("name"))
        return ()
    if re.fullmatch(NAME, entry.name) is None:
        reading.wrong(f'name: "{entry.name}" is written with small letters, digits and hyphens', node.nearest("name"))
        return ()
    where = _where(reading, entry.where, node.get("where"))
    return (RuleEntry(ASSERT, node.nearest("rule"), entry.name, entry.severity, where, entry.options()),)


def _budgets(reading: Reading, nodes: Sequence[Node], model: type[Any]) -> tuple[BudgetEntry, ...]:
    found: dict[str, BudgetEntry] = {}
    for node in nodes:
        for entry in _budget(reading, node, model):
            if entry.name in found:
                line = found[entry.name].location.line
                name = node.get("name") or node
                message = f'there is a budget "{entry.name}" on line {line} already: give this one another name'
                reading.wrong(message, name.location)
            else:
                found[entry.name] = entry
    return tuple(found.values())


def _budget(reading: Reading, node: Node, model: type[Any]) -> Sequence[BudgetEntry]:
    budget, problems = check(node, model)
    reading.problems += problems
    name = node.get("name")
    if budget is None or name is None:
        return ()
    increase = budget.increase
    amount, percent = (increase.amount, increase.percent) if increase else (None, None)
    period = next((one for one in PERIODS if getattr(budget, one) is not None), None)
    if period is None and amount is None and percent is None:
        reading.wrong(f'budget "{budget.name}" has neither `monthly` nor `increase`', name.location)
        return ()
    months = PERIODS[period] if period else 1
    return (
        BudgetEntry(
            budget.name,
            node.nearest(period or "increase"),
            _where(reading, budget.where, node.get("where")),
            getattr(budget, period) / months if period else None,
            amount,
            percent,
            budget.undecided,
            months,
            budget.fiscal_year_starts,
            budget.warn_at,
        ),
    )


def _waiver(reading: Reading, node: Node, model: type[Any]) -> Sequence[PolicyWaiver]:
    waiver, problems = check(node, model)
    reading.problems += problems
    named = node.get("rule")
    if waiver is None or named is None:
        return ()
    rule = reading.find_rule(waiver.rule)
    where = _where(reading, waiver.where, node.get("where"))
    name = rule.name if rule else waiver.rule
    return (PolicyWaiver(name, named.location, waiver.reason, where, waiver.owner, waiver.expires, waiver.up_to),)


def _where(reading: Reading, where: Any, node: Node | None) -> tuple[Where, ...]:
    if where is None or node is None:
        return ()
    for name, written in zip(where.platform, node.items("platform"), strict=True):
        if reading.platforms and "*" not in name and name not in reading.platforms:
            reading.wrong(f'unknown platform "{name}"{nearest(name, reading.platforms)}', written.location)
    return (
        Where(
            paths=_anchored(reading, where.paths),
            exclude=_anchored(reading, where.exclude),
            addresses=where.address,
            types=where.type,
            platforms=where.platform,
            origins=where.origin,
            purposes=where.purpose,
            regions=where.region,
            environments=where.environment,
            labels=tuple(where.labels.items()),
        ),
    )


def _anchored(reading: Reading, globs: tuple[str, ...]) -> tuple[str, ...]:
    if not reading.anchor:
        return globs
    return tuple(f"{reading.anchor}/{glob if '/' in glob else f'**/{glob}'}" for glob in globs)


def _joined(inherited: Policy, own: Policy) -> Policy:
    """Return both together; an own entry replaces the extended ones for the same rule and name."""
    replaced = {(entry.rule, entry.name) for entry in own.rules}
    kept = tuple(entry for entry in inherited.rules if (entry.rule, entry.name) not in replaced)
    budgets = {entry.name for entry in own.budgets}
    return Policy(
        rules=kept + tuple(_filled(entry, inherited) for entry in own.rules),
        budgets=tuple(one for one in inherited.budgets if one.name not in budgets) + own.budgets,
        waivers=inherited.waivers + own.waivers,
        locality={**own.locality, **{glob: at for glob, at in inherited.locality.items() if glob not in own.locality}},
        clusters=inherited.clusters + own.clusters,
        prices=inherited.prices + own.prices,
        usage=own.usage or inherited.usage,
    )


def _filled(entry: RuleEntry, inherited: Policy) -> RuleEntry:
    """Return the entry with what it does not write taken from the one that it replaces."""
    before = [one for one in inherited.rules if (one.rule, one.name) == (entry.rule, entry.name)]
    if len(before) != 1:
        return entry
    return replace(
        entry,
        severity=entry.severity or before[0].severity,
        where=entry.where or before[0].where,
        options=entry.options if entry.options is not None else before[0].options,
    )


def _scoped(policy: Policy, where: tuple[Where, ...]) -> Policy:
    if not where:
        return policy
    return replace(
        policy,
        rules=tuple(replace(entry, where=where + entry.where) for entry in policy.rules),
        budgets=tuple(replace(entry, where=where + entry.where) for entry in policy.budgets),
        waivers=tuple(replace(entry, where=where + entry.where) for entry in policy.waivers),
    )


def _completed(reading: Reading, policy: Policy) -> Policy:
    """Return the policy with every entry's options, and with the rule that judges budgets if there are any."""
    rules = policy.rules
    waivers = tuple(one for one in policy.waivers if _names_a_rule(reading, one, rules))
    if policy.budgets and not any(entry.rule == BUDGET_RULE for entry in rules):
        rules += (RuleEntry(BUDGET_RULE, policy.budgets[0].location),)
    completed = tuple(entry for one in rules for entry in _with_options(reading, one))
    if not completed and not reading.problems:
        place = whole_file(next(iter(reading.texts), packs.path(packs.DEFAULT)))
        reading.wrong("the policy runs no rule, so nothing is judged; write, for one, `extends: [ai-cost]`", place)
    return replace(policy, rules=completed, waivers=waivers)


def _names_a_rule(reading: Reading, waiver: PolicyWaiver, rules: Sequence[RuleEntry]) -> bool:
    own = [entry.name for entry in rules if entry.rule == ASSERT]
    if waiver.rule in own or (waiver.rule != ASSERT and reading.find_rule(waiver.rule) is not None):
        return True
    reading.wrong(f'unknown rule "{waiver.rule}"{nearest(waiver.rule, [*reading.rule_names, *own])}', waiver.location)
    return False


def _with_options(reading: Reading, entry: RuleEntry) -> Sequence[RuleEntry]:
    rule = reading.find_rule(entry.rule)
    if rule is None or entry.options is not None:
        return (entry,) if rule else ()
    nothing = Node({}, entry.location)
    options, problems = check(nothing, rule.options)
    reading.problems += problems
    return (replace(entry, options=options),) if options is not None else ()
