"""Reading YAML that others wrote: one meaning for every word, bounded, and said where it is wrong.

Plans, runs and grids decide what is computed, so a slip in them must not pass. What is read is
the core schema of YAML 1.2, in which ``NO`` is a word and 1:30 no number. What an older reader
takes for another number than it looks is refused, and so is a key that is given twice.
"""

import math
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, ClassVar

import yaml

from analysis import paths
from analysis.errors import UserError

LARGEST = 1_000_000
"""Bytes of a file beyond which it is not read."""
DEEPEST = 40
"""Levels of lists and mappings in each other."""
MOST = 100_000
"""Values of a file, those that an alias repeats counted as often as it does."""
DIGITS = 18
"""Digits of a whole number beyond which it is an identifier, to be written as a text."""

CORE = {
    "null": r"|~|null|Null|NULL",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
}
"""What a word without quotes may be besides a text, YAML 1.2.2, section 10.3.2."""
DOUBTFUL = re.compile(
    r"[-+]?0[0-9]+|[-+]?0[box][0-9a-fA-F_]+|[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?"
    r"|[-+]?\.?[0-9]*\._?[0-9]*_[0-9_]*|[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9_]*)?"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
"""What one version of YAML reads as another number than the other, or as none that is finite."""


class YamlError(UserError):
    """A YAML file cannot be read, or says something that could be read in two ways."""


class _Core(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader with the words of YAML 1.2, by libyaml where it is installed."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Keep keys as they are written, and refuse a key of which the first would be lost."""
        made: dict[Hashable, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _Refused("a key must be a word or a number", key.start_mark)
            if key.value in made:
                raise _Refused(f"'{key.value}' is given twice; leave one out", key.start_mark)
            made[key.value] = self.construct_object(value, deep=deep)
        return made

    def construct_scalar(self, node: yaml.Node) -> Any:
        """Refuse a number that is not what it looks like."""
        text = super().construct_scalar(node)
        if isinstance(node, yaml.ScalarNode) and not node.style:
            _certain(text, node.start_mark)
        return text


for _kind, _pattern in CORE.items():
    _Core.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"(?:{_pattern})$"), None)


class _Plain(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes every text in quotes, so that no reader takes one for a number or a truth value."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write what occurs twice twice."""
        return True


_Plain.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def written(content: Any) -> str:
    """Write values as YAML that `read_yaml` reads as the same: texts in quotes, order kept.

    Parameters
    ----------
    content
        Dicts of texts, lists, texts, finite numbers, truth values and None.

    Examples
    --------
    >>> print(written({"arm": "NO", "n": 12}), end="")
    "arm": "NO"
    "n": 12
    """
    return str(yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=10**6))


class _Refused(yaml.MarkedYAMLError):
    """A rule of this module is broken; the mark says where."""

    def __init__(self, problem: str, mark: Any) -> None:
        super().__init__(problem=problem, problem_mark=mark)


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Parameters
    ----------
    path
        The file, in UTF-8.

    Returns
    -------
    object
    Dicts of texts, lists, texts, finite numbers, truth values and None; a date is a text.

    Raises
    ------
    YamlError
        With the line and column of the first mistake: what is no YAML; a key that is given
        twice; a number that versions of YAML read in two ways (``010``, ``1_8``, ``1:30``) or
        that is not finite; a tag; an alias of itself; more than `LARGEST` bytes, `DEEPEST` levels
        or `MOST` values.

    References
    ----------
    YAML Ain't Markup Language version 1.2.2 (2021), core schema.
    """
    where = paths.shown(path)
    text = _text(path, where)
    try:
        _bounded(text)
        return yaml.load(text, Loader=_Core)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        if isinstance(error, _Refused):
            raise YamlError(f"{where}{place}: {error.problem}") from None
        said = _plainly(text) or str(error.problem)
        raise YamlError(f"{where}{place} must be readable YAML; got: {said}") from None
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise YamlError(f"{where} must be readable YAML; got: {said}") from None


def _text(path: Path, where: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        said = (error.strerror or str(error)).lower()
        raise YamlError(f"{where} must be a readable YAML file; got: {said}") from None
    if len(content) > LARGEST:
        raise YamlError(f"{where} must have at most {LARGEST:,} bytes; it has more")
    try:
        if b"\0" in content:
            raise YamlError(f"{where} must be UTF-8; got UTF-16 or no text; save it as UTF-8")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlError(
            f"{where} must be readable YAML in UTF-8; got another encoding in line {line}; "
            "save it as UTF-8"
        ) from None


def _bounded(text: str) -> None:
    """Refuse what would take for ever: counted from the events, before anything is built."""
    sizes: dict[str | None, int] = {}
    open_: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=_Core):
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_):
                raise _Refused(f"*{event.anchor} refers to itself", event.start_mark)
            total += sizes.get(event.anchor, 0)  # What is no anchor, the parser refuses.
        elif isinstance(event, yaml.NodeEvent):
            if getattr(event, "tag", None):
                raise _Refused(
                    "a tag has no meaning here; write the value alone, a text in quotes",
                    event.start_mark,
                )
            total += 1
            if isinstance(event, yaml.CollectionStartEvent):
                open_.append((event.anchor, total))
            elif event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_.pop()
            if anchor:
                sizes[anchor] = total - before + 1
        if len(open_) > DEEPEST:
            raise _Refused(f"at most {DEEPEST} levels are read", event.start_mark)
        if total > MOST:
            raise _Refused(f"at most {MOST:,} values are read", event.start_mark)


def _certain(text: str, mark: Any) -> None:
    if DOUBTFUL.fullmatch(text):
        raise _Refused(
            f"{text} is not read as a number by every reader of YAML, or as another one; write "
            f"the number in digits, or '{text}' in quotes where a text is meant",
            mark,
        )
    if re.fullmatch(CORE["float"], text):
        shown = text if len(text) <= 2 * DIGITS else f"{text[:DIGITS]}…"
        if not math.isfinite(float(text)):
            raise _Refused(f"a number must be finite; got {shown}", mark)
        if sum(map(str.isdigit, text.partition("e")[0])) > DIGITS and "." not in text:
            raise _Refused(
                f"{shown} has more than {DIGITS} digits; write it in quotes where it is a text",
                mark,
            )


def _plainly(text: str) -> str:
    """Return what the plain parser says is wrong, the same whether libyaml is there or not."""
    try:
        yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        return ", ".join(filter(None, [error.context, error.problem]))
    except yaml.YAMLError as error:
        return " ".join(str(error).split())
    return ""
