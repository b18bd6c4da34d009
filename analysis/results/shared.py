"""What is made of a run, kept for other runs of which it reads the same.

The runs of a grid differ in a few parameters. What is made of one is kept in the folder that their
processes share (`analysis.shared_folder`), under the questions that were asked of the run and its
answers to them; a run that gives the same answers takes it from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from analysis.results.fingerprints import Incomparable, fingerprint, is_plain
from analysis.results.reads import Question, answers, is_watched, kind_of, watched
from analysis.results.run import DeclaredRun
from analysis.shared_folder import OPENED, keep, shared_place, taken

QUESTIONS = "questions"
"""Name of the file of the questions, beside what was made under each answer to them."""

AnyRun = TypeVar("AnyRun", bound=DeclaredRun)
Made = TypeVar("Made")


def shared(name: str, run: AnyRun, make: Callable[[AnyRun], Made]) -> Made:
    """Return what is made of a run, or what was made of another of which it reads the same.

    Parameters
    ----------
    name
        Tells what `make` makes from all that others make.
    run
        The run.
    make
        A function of the run alone, and of files: not of what it holds from elsewhere.

    Returns
    -------
    object
        The same to the byte. It is made where nothing is shared; and not kept where what was read
        cannot be compared.
    """
    # Another kind of run answers other questions.
    place = shared_place(f"{name} of {kind_of(run).__qualname__} in {kind_of(run).__module__}")
    if place is None:
        return make(run)
    for asked in sorted(place.glob(f"*/{QUESTIONS}")):
        if questions := taken(asked):
            said = _said(_answers(run, questions.made))
            if kept := taken(asked.with_name(said)):
                return cast("Made", kept.made)
    return _made(place, run, make)


def _made(place: Path, run: AnyRun, make: Callable[[AnyRun], Made]) -> Made:
    """Make it of the run under watch, and keep it under what was read of the run."""
    same, reads = watched(run)
    before = dict(OPENED)
    try:
        made = make(same)
    finally:
        # Whoever watches this run sees what was read of it inside.
        given = answers(run, reads.answers)
    questions = list(reads.answers)
    try:
        said, own = _said(given), place / fingerprint(questions)
    except Incomparable:
        return made
    keep(own / said, made, before)
    keep(own / QUESTIONS, questions, dict(OPENED))
    return made


_SEEN: dict[int, tuple[Any, str]] = {}
"""Fingerprints of what runs hold, such as a trial; held too, so that an id stays its own."""
_ANSWERS: WeakKeyDictionary[DeclaredRun, dict[Question, Any]] = WeakKeyDictionary()
"""What a run has answered: whatever is made of it asks for its trial, its arms and their sizes."""


def _answers(run: DeclaredRun, questions: Sequence[Question]) -> list[Any]:
    if is_watched(run):
        return answers(run, questions)
    known = _ANSWERS.setdefault(run, {})
    new = [each for each in questions if each not in known]
    known |= dict(zip(new, answers(run, new), strict=True))
    return [known[each] for each in questions]


def _said(given: Iterable[Any]) -> str:
    """Return a text that runs share which gave the same answers."""
    return fingerprint([each if is_plain(each) else _of_held(each) for each in given])


def _of_held(value: Any) -> str:
    if id(value) not in _SEEN:
        _SEEN[id(value)] = value, fingerprint(value)
    return _SEEN[id(value)][1]
