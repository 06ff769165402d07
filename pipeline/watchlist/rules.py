"""When a rule speaks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipeline.records import Rule, Tagging


def rule_fires(rule: Rule, entries: Collection[str]) -> bool:
    """Whether an article that mentions these watch entries is one this rule alerts about."""
    if not rule.all_of and not rule.any_of:
        return False
    return all(slug in entries for slug in rule.all_of) and (
        not rule.any_of or any(slug in entries for slug in rule.any_of)
    )


def matching_rules(rules: Sequence[Rule], tagging: Tagging) -> tuple[Rule, ...]:
    """The rules that speak about an article tagged so, in their order."""
    entries = frozenset(tagging.entries())
    return tuple(rule for rule in rules if rule_fires(rule, entries))
