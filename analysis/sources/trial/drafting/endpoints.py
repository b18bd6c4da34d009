"""Endpoints and their analysis: candidates to choose from, and what no data can say."""

import pandas as pd

from analysis.errors import UserError
from analysis.sources.trial.drafting.arms import Arms, find_arms, plain_comment
from analysis.sources.trial.drafting.candidate import Candidate
from analysis.sources.trial.drafting.folder import Folder
from analysis.sources.trial.drafting.labels import without_unit
from analysis.sources.trial.drafting.writing import comment, counted, listed, named, plain, quoted
from analysis.sources.trial.vocabulary import USUAL, models

MOST_LINES = 15
STRATA = ("STRAT", "REGION", "SITEGR", "POOL", "COUNTRY", "SITEID")
MOST_STRATA = 20

Candidates = dict[str, list[Candidate]]


def require_candidates(folder: Folder, candidates: Candidates) -> None:
    """Refuse a folder in which nothing can be an endpoint.

    Raises
    ------
    UserError
        With what each table lacks.
    """
    if not candidates:
        why = "; ".join(unusable(folder, candidates)) or "no other table has parameters (PARAMCD)"
        raise UserError(
            f"{folder.shown}: no table has what an efficacy endpoint of this version needs, "
            "numbers in AVAL that differ between participants of a population at a planned "
            f"visit (AVISIT) after baseline: {why}"
        )


def unusable(folder: Folder, candidates: Candidates) -> list[str]:
    """Say of each table of results why no endpoint is in it."""
    return [
        f"{name} {_why_not(folder, name)}"
        for name, table in folder.tables.items()
        if {"PARAMCD"} <= set(table) and name not in candidates and not name.startswith("adex")
    ]


def _why_not(folder: Folder, name: str) -> str:
    table = folder.tables[name]
    if "CNSR" in table:
        return "is times to event, and has none with one record for each participant of two arms"
    if "AVAL" not in table or not table["AVAL"].notna().any():
        return "has no numbers in AVAL"
    if "AVISIT" not in table or (table["AVISIT"] == "").all():
        return "has no visits (AVISIT)"
    if name not in folder.measured:
        return "has AVAL or AVISIT of the wrong type"
    if name in folder.doubled:
        return "repeats or derives from parameters of another laboratory table"
    later = table[(table["AVISIT"] != "") & table["AVAL"].notna()]
    if "ABLFL" in table:
        later = later[later["ABLFL"] != "Y"]
    if "ANL01FL" in table and len(later) and not (later["ANL01FL"] == "Y").any():
        return "has no record after baseline that counts (ANL01FL = Y)"
    if later["AVISIT"].nunique() == 0 or folder.measured[name]["AVISIT"].nunique() < 2:
        return "has no values after baseline"
    many = "two arms" if find_arms(folder).design == "parallel" else "the arm"
    return f"has no visit after baseline where two participants of {many} have one value each"


def endpoints_lines(folder: Folder, arms: Arms, candidates: Candidates) -> list[str]:
    """Return the lines of the endpoints: which is primary is a question with its answers."""
    words = (
        'Which endpoint is the primary one? Put one of these lines in the place of "?" (or write '
        'one like it), and in it "higher" or "lower" for the direction that is better. The '
        "number is that of participants with a value."
    )
    lines = ["endpoints:", *comment(words, indent=2)]
    shown = _shown(candidates)
    for candidate in shown:
        seen = _seen(candidate, with_base(arms, candidates))
        lines.append(plain_comment(f"  #   {_mapping(candidate)}  # {seen}"))
    if rest := _rest(candidates, shown):
        lines += comment(f"Further candidates: {rest}.", indent=2)
    if lacking := unusable(folder, candidates):
        lines += comment(f"No endpoint of this version: {'; '.join(lacking)}.", indent=2)
    return [
        *lines,
        '  primary: "?"',
        "  secondary: []  # further lines like that of the primary, each after a dash",
    ]


def _shown(candidates: Candidates) -> list[Candidate]:
    """Return those that are listed: some of every table, then more of the first."""
    share = max(2, MOST_LINES // len(candidates))
    first = [each for own in candidates.values() for each in own[:share]][:MOST_LINES]
    more = [each for own in candidates.values() for each in own[share:] if not each.levels]
    chosen = [*first, *more[: MOST_LINES - len(first)]]
    return [each for own in candidates.values() for each in own if each in chosen]


def _rest(candidates: Candidates, shown: list[Candidate]) -> str:
    left = {
        name: [_code(each) for each in own if each not in shown] for name, own in candidates.items()
    }
    return "; ".join(
        f"{len(codes)} of {name} ({', '.join(codes[:8])}{' …' if len(codes) > 8 else ''})"
        for name, codes in left.items()
        if codes
    )


def _code(candidate: Candidate) -> str:
    flag = candidate.variable if candidate.variable.startswith("CRIT") else ""
    return f"{candidate.paramcd} {flag}".strip()


def _mapping(candidate: Candidate) -> str:
    measured = candidate.kind in ("continuous", "?")
    change = "change to " if candidate.value == "CHG" and measured else ""
    at_visit = f", {change}{candidate.visit}" if candidate.visit else ""
    words = {
        "name": f"{without_unit(candidate.label)}{at_visit}", "kind": candidate.kind,
        "dataset": candidate.dataset, "paramcd": candidate.paramcd, "visit": candidate.visit,
        "value": candidate.value if measured else "",
        "unit": candidate.unit if candidate.kind != "binary" else "", "direction": "?",
    }  # fmt: skip
    needed = {"unit"} if candidate.kind != "binary" else set()
    fields = [f"{name}: {quoted(word)}" for name, word in words.items() if word or name in needed]
    if candidate.kind == "binary":
        fields.append(f"response: {_rule(candidate)}")
    if candidate.cnsr:
        ends = (f"{code}: {quoted(plain(said))}" for code, said in candidate.cnsr.items())
        fields.append(f"cnsr: {{{', '.join(ends)}}}")
    if candidate.where:
        chosen = (
            f"{named(name)}: {quoted(own[0]) if len(own) == 1 else listed(own)}"
            for name, own in candidate.where.items()
        )
        fields.append(f"where: {{{', '.join(chosen)}}}")
    return f"{{{', '.join(fields)}}}"


def _rule(candidate: Candidate) -> str:
    return f"{{variable: {candidate.variable}, is: {quoted(candidate.responses)}}}"


def with_base(arms: Arms, candidates: Candidates) -> bool | None:
    """Say whether BASE is a covariate: if the likeliest endpoint has it; None with one arm."""
    first = next(iter(candidates.values()))[0]
    return first.base if arms.design == "parallel" else None


def _seen(candidate: Candidate, base: bool | None) -> str:
    words = [f"n {candidate.participants}"]
    if candidate.kind == "time-to-event":
        words.append(f"{candidate.events} with the event")
    if candidate.levels:
        words.append(f"coded {'/'.join(map(str, candidate.levels))}")
    if candidate.kind == "?":
        words.append(
            'kind "continuous" averages the scores, "binary" needs response: '
            f"{_rule(candidate)} or a limit, at_least or at_most"
        )
    if candidate.words and not (candidate.levels and candidate.variable == "AVAL"):
        words.append(f"{candidate.variable} is {', '.join(map(plain, candidate.words))}")
    if candidate.kind in ("continuous", "?") and base is not None and base != candidate.base:
        has = 'BASE, so covariates: ["BASE"]' if candidate.base else "no BASE, so covariates: []"
        words.append(f"{has} below")
    for name, values in candidate.choices.items():
        others = [value or "blank" for value in values if value not in candidate.where[name]]
        words.append(f"{name} has also {', '.join(others)}")
    return "; ".join(words)


def analysis_lines(
    folder: Folder, arms: Arms, candidates: Candidates, population: str
) -> list[str]:
    """Return the lines of the analysis; the margin of a trial with arms is a question."""
    own = [each for its in candidates.values() for each in its]
    parallel = arms.design == "parallel"
    first = next(iter(candidates.values()))[0].kind
    usual = next((model for kind, model in USUAL.items() if kind == first), "ANCOVA")
    model = usual if parallel else "paired t"
    base = with_base(arms, candidates)
    lines = [
        "analysis:",
        f"  population: {quoted(population)}  # whom the primary analysis is of",
        *(_models() if parallel else []),
        f"  model: {quoted(model)}",
    ]
    lines.append(f"  covariates: {listed(['BASE'] if base else [])}")
    if parallel:
        lines += _strata(folder)
        words = (
            "Which margin? A number for non-inferiority, on the scale of the primary endpoint, "
            "or null for superiority."
        )
        lines += [*comment(words, indent=2), '  margin: "?"']
    lines.append("  conf_level: 0.95")
    if carried := [each for each in own if each.locf]:
        some = ", ".join(f"{each.paramcd} n {each.locf}" for each in carried[:4])
        words = (
            "Values carried forward are in the data (DTYPE LOCF). Where the plan was to analyse "
            f'them, write "LOCF" here and dtype: "LOCF" at the endpoint: {some}.'
        )
        lines += comment(words, indent=2)
    others = '"LOCF", "multiple imputation"; of a response also "non-responder"'
    return [*lines, f'  missing_data: "observed"  # or {others}']


def _models() -> list[str]:
    said = {
        "continuous": "a measurement", "binary": "a response", "time-to-event": "a time",
    }  # fmt: skip
    words = "; ".join(
        f"of {what} {', '.join(models('parallel', kind))}"
        for kind, what in zip(USUAL, said.values(), strict=True)
    )
    more = "Most models of a response or a time take no covariates: write [] there."
    return comment(f"The model is that of the primary endpoint's kind: {words}. {more}", indent=2)


def _strata(folder: Folder) -> list[str]:
    adsl = folder.adsl
    levels = {
        name: adsl[name].nunique()
        for name in adsl
        if name.startswith(STRATA) and not pd.api.types.is_numeric_dtype(adsl[name])
    }
    few = {name: int(n) for name, n in levels.items() if 1 < n <= MOST_STRATA}
    lines = comment(f"Factors of ADSL, with their levels: {counted(few)}.", indent=2) if few else []
    return [*lines, "  strata: []  # factors of the model, such as those of the randomisation"]


def estimand_lines() -> list[str]:
    """Return the lines of the estimand, which is a question as a whole."""
    words = (
        'What is estimated, in words (ICH E9(R1))? Put this line, filled in, in the place of "?": '
        "whom the estimate is for, what is compared with what, which variable, what happens to "
        "it when treatment stops (treatment policy, hypothetical, composite variable, while on "
        "treatment or principal stratum), and how it is summed up, such as a difference of means."
    )
    fields = ", ".join(f'{name}: "?"' for name in ("population", "treatment", "variable"))
    events = '[{event: "Stop of treatment", strategy: "?"}]'
    line = f'#   {{{fields}, intercurrent_events: {events}, summary_measure: "?"}}'
    return [*comment(words), line, 'estimand: "?"']
