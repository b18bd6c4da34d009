"""What is read of a run, so that what was made of it holds for every run that reads the same.

A section is a function of its run. Two runs that differ in the margin are one run for a section
that never asks for the margin. Which sections those are is not declared, where it could be wrong,
but seen while they are made.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, TypeVar, cast

from analysis.results.run import DeclaredRun

AnyRun = TypeVar("AnyRun", bound=DeclaredRun)

Question = tuple[str, tuple[Any, ...] | None]
"""An attribute of a run, and what it is called with; None where it is not called."""
COPYING = ("replace", "_replace")
"""Functions of `dataclasses` that copy every field of a run and look at none."""
SUMMED_UP = ("plan_status", "departs")
"""What says a little of a field that differs in every run of a grid: how it departs from the plan.

It is noted by its answer, and not by what it looks at. It may look at nothing that is remembered.
"""
WATCHED = "_watched"
"""Attribute of the classes of watched runs."""


@dataclasses.dataclass(slots=True)
class Reads:
    """What was asked of a run.

    Attributes
    ----------
    answers
        Question → answer: a field, or one of `SUMMED_UP` with its arguments.
    of_run
        Whether all of it was the run's own, and nothing was made in between, as the level is of
        the same run with another level.
    """

    answers: dict[Question, Any] = dataclasses.field(default_factory=dict)
    of_run: bool = True


def answers(run: DeclaredRun, questions: Iterable[Question]) -> list[Any]:
    """Return what a run answers to some questions."""
    found = ((getattr(run, name), arguments) for name, arguments in questions)
    return [each if arguments is None else each(*arguments) for each, arguments in found]


def watched(run: AnyRun) -> tuple[AnyRun, Reads]:
    """Return the same run, and a list on which stands what is read of it from then on.

    Parameters
    ----------
    run
        A run; what `dataclasses.replace` makes of it is watched, too.

    Returns
    -------
    tuple
        A run of a class of its own below that of `run`, equal in all its fields; and the list.

    Notes
    -----
    Fields are noted, whatever property or method looks at them. So what is remembered for a run,
    and looks at nothing when it is asked again, has been noted when it was made: nothing that was
    remembered for the run itself is remembered for the watched one.

    Examples
    --------
    >>> from analysis.results.trial_run import trial_run
    >>> from types import SimpleNamespace as Parameters
    >>> run, reads = watched(trial_run(Parameters(trial="ghd", conf_level=0.9)))
    >>> run.plan_status, run.population
    ('exploratory', 'full analysis')
    >>> reads.answers
    {('plan_status', None): 'exploratory', ('population', None): 'full analysis'}
    """
    kind = kind_of(run)
    names = [each.name for each in dataclasses.fields(kind)]
    fields = {name: object.__getattribute__(run, name) for name in names}
    watch = _Watch(kind, fields)
    body = {"__getattribute__": watch.reader(), "__module__": kind.__module__, WATCHED: True}
    own = cast("AnyRun", object.__new__(type(kind.__name__, (kind,), body)))
    for name, value in fields.items():
        object.__setattr__(own, name, value)
    return own, watch.reads


def kind_of(run: DeclaredRun) -> Any:
    """Return the class of a run, watched or not."""
    return type(run).__base__ if is_watched(run) else type(run)


def is_watched(run: DeclaredRun) -> bool:
    """Say whether somebody notes what is read of a run."""
    return WATCHED in vars(type(run))


class _Watch:
    """Notes what is read of a run, and of what is made of it by changing some of its fields."""

    def __init__(self, kind: type[Any], fields: dict[str, Any]) -> None:
        self.kind, self.fields = kind, fields
        self.reads = Reads()

    def reader(self) -> Callable[[Any, str], Any]:
        """Return the function by which Python gets an attribute of the run."""

        def read(own: Any, name: str) -> Any:
            if name in self.fields:
                return self._field(name, object.__getattribute__(own, name), sys._getframe(1))
            if name not in SUMMED_UP:
                return object.__getattribute__(own, name)
            if isinstance(getattr(self.kind, name), property):
                return self._summed_up((name, None), lambda: object.__getattribute__(own, name))
            method = object.__getattribute__(own, name)
            return lambda *asked: self._summed_up((name, asked), lambda: method(*asked))

        return read

    def _field(self, name: str, value: Any, reader: FrameType) -> Any:
        copied = reader.f_code.co_name in COPYING
        if copied and reader.f_code.co_filename == dataclasses.__file__:
            return value
        if value is self.fields[name]:
            self.reads.answers[name, None] = value
        else:
            self.reads.of_run = False
        return value

    def _summed_up(self, question: Question, make: Callable[[], Any]) -> Any:
        """Note an answer, or what is looked at for it where that is not the run's own."""
        outer = self.reads
        inner = self.reads = Reads()
        try:
            value = make()
        finally:
            self.reads = outer
        if inner.of_run:
            outer.answers[question] = value
        else:
            outer.answers |= inner.answers
            outer.of_run = False
        return value
