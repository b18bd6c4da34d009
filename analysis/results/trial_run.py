"""A run on a trial: its plan, the choices of the run laid over it, and its population."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal

import pandas as pd

from analysis.brief import brief
from analysis.errors import UserError
from analysis.numbers import level
from analysis.results.counted import Counted, marks
from analysis.results.melted import rows_of
from analysis.results.points import for_lines
from analysis.results.precision import recorded_decimals
from analysis.results.run import AS_PLANNED, Choices, DeclaredRun
from analysis.results.table import OWN_ANALYSIS, Results
from analysis.results.withheld import AMONG, withheld
from analysis.sources.trial.identifiers import refuse_identifying
from analysis.sources.trial.plan_disclosure import Allowed
from analysis.sources.trial.trial import Trial, load_trial


# Compared by identity, like the run it extends.
@brief(words="in_brief")
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrialRun(DeclaredRun):
    """What every analysis of a trial's data is told.

    Parameters
    ----------
    trial
        The checked trial.
    population
        Name of one of its populations.
    conf_level
        Two-sided confidence level, a fraction.
    """

    trial: Trial
    population: str
    conf_level: float
    treatment_variable: ClassVar[Literal["planned", "actual"]] = "planned"
    """Whether a participant counts in the planned arm (efficacy) or the actual (safety)."""

    @property
    def source(self) -> str:
        """The trial, for the source of a result row."""
        return self.trial.plan.id

    @property
    def data_status(self) -> str:
        """Status of the trial's data."""
        return "real" if self.trial.data_status == "real" else "synthetic"

    @property
    def is_current(self) -> bool:
        """Whether the files of the trial are still what they were when they were read."""
        return self.trial.is_current

    @property
    def arms(self) -> tuple[str, ...]:
        """All arms, in the order of tables and figures."""
        return self.trial.plan.arms.names

    def in_brief(self) -> dict[str, object]:
        """Return what a person wants to know of the run, label → words."""
        plan = self.trial.plan
        return {
            "trial": f"{plan.id}: {plan.title}",
            "population": self.population_words,
            "level": level(self.conf_level),
            **DeclaredRun.in_brief(self),
        }

    @property
    def in_lines(self) -> Allowed:
        """What a figure with a line a participant may draw; see `for_lines`."""
        return for_lines(self.trial.plan.allowed, len(self.subjects()))

    def subjects(self) -> pd.DataFrame:
        """Return the participants of the run's population, with ``arm``."""
        return _subjects(self, self.population).copy(deep=False)

    @property
    def population_words(self) -> str:
        """The population with its size in each arm, as a table's footnote names it."""
        sizes, said = self._sizes(self.population), self.trial.plan.allowed.count
        arms = "; ".join(f"{arm} N {said(sizes[arm])}" for arm in self.arms)
        return f"{self.population} ({arms})"

    def labelled(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows with source, status, population and its size, the arm's where there is one.

        ``dataset``, where the frame has it, is the table that a row rests on. What a row counts
        (see `analysis.results.counted`) are records of the run's trial.
        """
        for name in marks(frame):
            own = [each.of(self.trial) if isinstance(each, Counted) else None
                   for each in frame[name]]  # fmt: skip
            frame = frame.assign(**{name: pd.Series(own, frame.index, dtype=object)})
        if "dataset" in frame:
            tables = f"{self.source}: " + frame["dataset"].astype(str)
            frame = frame.drop(columns="dataset").assign(source=tables)
        # A dataclass with slots is made anew: super() would look for the class it was before.
        frame = DeclaredRun.labelled(self, frame)
        if "population" not in frame:
            frame = frame.assign(population=self.population)
        if "n_population" not in frame:
            levels = frame.get("group1_level", pd.Series("", frame.index))
            # What is no arm has the size of all, which is asked once.
            arms = [level if level in self.arms else "" for level in levels]
            pairs = list(zip(frame["population"], arms, strict=True))
            sizes = {pair: self.size_of(*pair) for pair in dict.fromkeys(pairs)}
            each = pd.Series([sizes[pair] for pair in pairs], frame.index, dtype=object)
            frame = frame.assign(n_population=each)
        return frame

    def written(self, frame: pd.DataFrame, analysis_id: str, **options: Any) -> Results:
        """Return a frame as results, without what the plan of the trial withholds."""
        if options.get("context") == OWN_ANALYSIS:
            refuse_identifying(self.trial.plan, self.trial.tables, frame)
        allowed, frame = self.trial.plan.allowed, self.labelled(frame)
        if allowed.minimum > 1 and AMONG not in frame:
            sizes = self._sizes(self.population)
            levels = frame.get("group1_level", pd.Series("", frame.index))
            every = sum(sizes.values())
            frame = frame.assign(**{AMONG: [sizes.get(level, every) for level in levels]})
        shown = withheld(
            frame, allowed, arms=self.arms, unit=options.get("unit", ""), sums=self.says_sums
        )
        return rows_of(shown, analysis_id, as_shown=allowed.points == "grouped", **options)

    @property
    def says_sums(self) -> bool:
        """Whether an estimate may say how many were analysed in all arms together."""
        return True

    def size_of(self, population: str, arm: str = "") -> int | str:
        """Return the size of one arm of a population, or of the whole where none is named.

        A population that is none of the trial's has no size; nor has one that leaves too few of an
        arm of the run's own, which is read beside it.
        """
        if population not in self.trial.plan.populations:
            return ""
        sizes, own = self._sizes(population), self._sizes(self.population)
        few = [self.trial.plan.allowed.small(abs(own[name] - sizes[name])) for name in self.arms]
        if dict(zip(self.arms, few, strict=True)).get(arm, any(few)):
            return ""
        return sizes[arm] if arm in self.arms else sum(sizes.values())

    def near(self, population: str) -> str:
        """Return the arm in which few tell this population from the run's; "" where none does.

        Who has two tables of the same, one of each, could subtract them.
        """
        own, other = (
            _subjects(self, name).set_index("USUBJID")["arm"]
            for name in (self.population, population)
        )
        apart = pd.concat([own[~own.index.isin(other.index)], other[~other.index.isin(own.index)]])
        small = self.trial.plan.allowed.small
        return next((str(arm) for arm, n in apart.value_counts().items() if small(n)), "")

    def refuse_near(self, planned: str) -> None:
        """Refuse a population that few tell from the planned one: a page of each tells of them.

        Raises
        ------
        UserError
            Saying in which arm, and what to do.
        """
        if arm := self.near(planned):
            raise UserError(
                f"the population '{self.population}' differs from '{planned}', which the plan "
                f"analyses, by fewer than {self.trial.plan.allowed.minimum} participants of "
                f"{arm}: a page of each would tell of them by subtraction; choose another "
                "population, or allow it in trial.yml (disclosure.minimum_count)"
            )

    def _sizes(self, population: str) -> dict[str, int]:
        sizes = _subjects(self, population)["arm"].value_counts()
        return {arm: int(sizes[arm]) for arm in self.arms}

    def decimals(self, dataset: str, paramcd: str) -> int:
        """Return how many decimals a measurement was recorded with, at baseline and after it."""
        table = self.trial.tables[dataset]
        return recorded_decimals(table[table["PARAMCD"] == paramcd].filter(["AVAL", "BASE"]))


@lru_cache(maxsize=4)
def _subjects(run: TrialRun, population: str) -> pd.DataFrame:
    """Return the participants of a population, once for all tables of a run."""
    return run.trial.subjects(population, treatment=run.treatment_variable)


def trial_run(parameters: Any) -> TrialRun:
    """Return the run of a notebook that names a trial, and perhaps population and level.

    `parameters` has ``trial``; ``population`` and ``conf_level`` are as planned where it has
    none.

    Raises
    ------
    UserError
        If the trial cannot be loaded or has no such population.
    """
    trial, choices = load_trial(parameters.trial), Choices()
    wanted = getattr(parameters, "population", AS_PLANNED)
    run = TrialRun(
        trial=trial,
        population=choices.choose("population", trial.plan.analysis.population, wanted),
        conf_level=chosen_level(choices, trial, getattr(parameters, "conf_level", AS_PLANNED)),
        departures=tuple(choices.departures),
    )
    run.subjects()  # Says which populations there are, where this one is not.
    run.refuse_near(trial.plan.analysis.population)
    return run


def chosen_level(choices: Choices, trial: Trial, used: Any) -> float:
    """Return the confidence level of a run, a fraction, as planned or as chosen."""
    chosen: float = choices.choose("conf_level", trial.plan.analysis.conf_level, used)
    if not 0.5 < chosen < 1:
        raise UserError(
            f"conf_level must be greater than 0.5 and less than 1, 0.95 for 95 %; got {chosen:g}"
        )
    return chosen
