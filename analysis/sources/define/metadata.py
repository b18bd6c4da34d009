"""What a define.xml says of tables and variables, as far as it is used here."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a table.

    Parameters
    ----------
    name, label
        Name in upper case; "" for no label.
    kind
        DataType of Define-XML: ``"text"``, ``"integer"``, ``"float"``, ``"date"`` …
    length
        Longest value in characters; None where it is not said.
    levels
        Values that its code list allows; empty for none, and for a list kept elsewhere.
    """

    name: str
    label: str = ""
    kind: str = ""
    length: int | None = None
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """One table: its name in lower case, its label, and its variables by name."""

    name: str
    label: str = ""
    variables: Mapping[str, Variable] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, str]:
        """Variable → label, as far as there is one."""
        return {name: each.label for name, each in self.variables.items() if each.label}

    @property
    def texts(self) -> tuple[str, ...]:
        """The variables that are text, also where only digits stand in them."""
        return tuple(name for name, each in self.variables.items() if each.kind == "text")


@dataclass(frozen=True, slots=True)
class Metadata:
    """All tables of a define.xml, by name.

    Parameters
    ----------
    datasets
        Table name in lower case → what is said of it.
    loose
        References to what the file does not define, in words.
    """

    datasets: Mapping[str, Dataset]
    loose: tuple[str, ...] = ()
