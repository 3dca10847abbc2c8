"""Combinations in which every pair of choices of two dimensions appears: deterministic, valid ones only."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

Combination: TypeAlias = dict[str, str]
Pair: TypeAlias = tuple[tuple[str, str], tuple[str, str]]

_TRIES = 60  # random combinations that are looked at for each one that is taken


def pairs_in(combination: Mapping[str, str]) -> set[Pair]:
    """Each two choices that a combination takes together."""
    return set(itertools.combinations(combination.items(), 2))


def covering(
    dimensions: Mapping[str, Sequence[str]],
    is_valid: Callable[[Combination], bool],
    at_least: int,
) -> list[Combination]:
    """Combinations that have every possible pair at least once; more, of the rarest pairs, up to `at_least`."""
    chance = random.Random("matrix")
    seen: Counter[Pair] = Counter()
    missing = set(possible_pairs(dimensions, is_valid, chance))
    found: list[Combination] = []
    while missing or len(found) < at_least:
        must = min(missing) if missing else None
        tries = (_any(dimensions, is_valid, chance, dict(must) if must else {}) for _ in range(_TRIES))
        known = [one for one in tries if one is not None and one not in found]
        best = max(known, key=lambda one: (len(pairs_in(one) & missing), -sum(seen[pair] for pair in pairs_in(one))))
        found.append(best)
        seen.update(pairs_in(best))
        missing -= pairs_in(best)
    return found


def possible_pairs(
    dimensions: Mapping[str, Sequence[str]],
    is_valid: Callable[[Combination], bool],
    chance: random.Random,
) -> list[Pair]:
    """The pairs that stand in at least one valid combination."""
    pairs = []
    for one, other in itertools.combinations(dimensions, 2):
        for first, second in itertools.product(dimensions[one], dimensions[other]):
            pair = ((one, first), (other, second))
            if _any(dimensions, is_valid, chance, dict(pair)) is not None:
                pairs.append(pair)
    return pairs


def _any(
    dimensions: Mapping[str, Sequence[str]],
    is_valid: Callable[[Combination], bool],
    chance: random.Random,
    fixed: Mapping[str, str],
) -> Combination | None:
    """A valid combination with the fixed choices; None where so many tries gave none."""
    for _ in range(200):
        one = {name: fixed.get(name) or chance.choice(choices) for name, choices in dimensions.items()}
        if is_valid(one):
            return one
    return None
