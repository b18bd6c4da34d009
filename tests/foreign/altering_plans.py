"""Alterations of trial.yml: any field misspelt, removed, or of another kind."""

from typing import Any

import numpy as np
from altering import NothingToAlter, alteration, harmless, unseen
from bases import Base

Rng = np.random.Generator
Where = tuple[Any, ...]
ELSE: tuple[Any, ...] = ("?", "", None, 5, -1.5, True, [], ["a"], {}, {"a": 1}, "nonsense", 1e300)


def leaves(part: Any, where: Where = ()) -> list[Where]:
    """Return the places of every value of a plan, the containers among them."""
    if isinstance(part, dict):
        inner = [each for key, value in part.items() for each in leaves(value, (*where, key))]
    elif isinstance(part, list):
        inner = [each for at, value in enumerate(part) for each in leaves(value, (*where, at))]
    else:
        inner = []
    return [*([where] if where else []), *inner]


def _chosen(base: Base, rng: Rng) -> tuple[Any, Any, str]:
    """Return a container, the key in it, and the field in words."""
    places = leaves(base.plan)
    where = places[int(rng.integers(len(places)))]
    part: Any = base.plan
    for key in where[:-1]:
        part = part[key]
    return part, where[-1], ".".join(map(str, where))


@alteration
def field_removed(base: Base, rng: Rng) -> str:
    part, key, words = _chosen(base, rng)
    del part[key]
    return f"{words} removed"


@alteration
def field_misspelt(base: Base, rng: Rng) -> str:
    part, key, words = _chosen(base, rng)
    if not isinstance(part, dict) or not isinstance(key, str):
        raise NothingToAlter
    part[key[:-1] or "x"] = part.pop(key)
    return f"{words} misspelt"


@alteration
def word_misspelt(base: Base, rng: Rng) -> str:
    part, key, words = _chosen(base, rng)
    if not isinstance(part[key], str) or not part[key]:
        raise NothingToAlter
    old = part[key]
    at = int(rng.integers(len(old)))
    part[key] = str(rng.choice([old[:at] + old[at + 1 :], old.swapcase(), f"{old} ", f"{old}x"]))
    return f"{words}: '{old}' → '{part[key]}'"


@alteration
def field_of_another_kind(base: Base, rng: Rng) -> str:
    part, key, words = _chosen(base, rng)
    part[key] = ELSE[int(rng.integers(len(ELSE)))]
    return f"{words}: {part[key]!r}"


@alteration
def word_of_the_data(base: Base, rng: Rng) -> str:
    """A field names something of the data that is not what it should be."""
    part, key, words = _chosen(base, rng)
    if not isinstance(part[key], str):
        raise NothingToAlter
    adsl = base.tables["adsl"]
    known = [*adsl.columns, *base.tables, "AGE", "SEX", "USUBJID", "TRTSDT", "AVAL", "Baseline"]
    part[key] = str(rng.choice(known))
    return f"{words}: '{part[key]}'"


@alteration
def item_twice(base: Base, rng: Rng) -> str:
    part, key, words = _chosen(base, rng)
    if not isinstance(part[key], list) or not part[key]:
        raise NothingToAlter
    part[key] = [*part[key], part[key][0]]
    return f"{words}: an item twice"


@unseen
def arms_exchanged(base: Base, rng: Rng) -> str:
    arms = base.plan["arms"]
    if not arms.get("reference"):
        raise NothingToAlter
    arms["treatment"], arms["reference"] = arms["reference"], arms["treatment"]
    _ = rng
    return "treatment and reference exchanged"


@harmless
def visits_removed(base: Base, rng: Rng) -> str:
    """No visits in the plan: those of the data; windows no longer choose, so without them."""
    if not base.plan.get("visits") or any(each.get("window") for each in base.plan["visits"]):
        raise NothingToAlter
    del base.plan["visits"]
    _ = rng
    return "visits removed"


@harmless
def words_quoted_otherwise(base: Base, rng: Rng) -> str:
    """Dataset names in upper case mean the same tables."""
    primary = base.plan["endpoints"]["primary"]
    primary["dataset"] = primary["dataset"].upper()
    _ = rng
    return f"dataset {primary['dataset']}"


@harmless
def title_odd(base: Base, rng: Rng) -> str:
    base.plan["title"] = str(rng.choice(["<script>alert(1)</script>", "$a_b$", "'\"", "ü" * 300]))
    return f"title {base.plan['title'][:20]}"


@alteration
def kind_of_another_endpoint(base: Base, rng: Rng) -> str:
    """An endpoint of measurements is called a response or a time."""
    primary = base.plan["endpoints"]["primary"]
    primary["kind"] = str(rng.choice(["binary", "time-to-event"]))
    if primary["kind"] == "binary":
        primary["response"] = {"variable": primary.get("value", "AVAL"), "is": "Y"}
    return f"kind {primary['kind']}"


@harmless
def kind_said(base: Base, rng: Rng) -> str:
    """What is taken for continuous is said to be."""
    base.plan["endpoints"]["primary"]["kind"] = "continuous"
    _ = rng
    return "kind continuous"
