"""Events of special interest by the terms of labels: the lists themselves, and what they find."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import yaml

from analysis import paths
from analysis.errors import UserError
from analysis.results import Results
from analysis.safety import answer, by_term, incidence_rates, special_interest, standout
from analysis.safety.interest import interest_groups, terms_in_no_group
from analysis.safety.settings import SafetyParameters, SafetyRun, resolve
from analysis.sources.special_interest import (
    groups_of,
    list_named,
    list_names,
    lists_in,
    stems_of,
)
from analysis.sources.trial.plan_safety import Safety
from analysis.sources.trial.read_plan import PlanError, read_plan
from analysis.sources.trial.spelling import plain_spelling, words_of_term
from analysis.sources.trial.trial_folder import TRIALS

FOLDER = paths.DATA / "references"
START = pd.Timestamp("2001-01-01")
V, H = "Valtropin", "Humatrope"
MALIGNANT, PRESSURE = "malignant or intracranial neoplasm", "intracranial hypertension"


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv", dtype=str, keep_default_na=False)


TERMS = table("special_interest").to_dict("records")
SOURCES = table("special_interest_sources").set_index("source").to_dict("index")


# The lists ----------------------------------------------------------------------------------------


def said_in(said: str, words: str) -> bool:
    """Say whether the parts of a text stand in another one, in their order; "…" parts them."""
    at, whole = 0, plain_spelling(words)
    for part in said.split("…"):
        found = whole.find(plain_spelling(part), at)
        if found < 0:
            return False
        at = found + len(plain_spelling(part))
    return True


@pytest.mark.parametrize("row", TERMS, ids=lambda row: f"{row['list']}-{row['term']}")
def test_every_term_stands_in_the_words_of_its_label(row: dict[str, str]) -> None:
    said = row["said_as"] or row["term"]
    assert said_in(said, row["words"]), f"'{said}' is not in '{row['words']}'"
    assert 1 <= len(row["words"].split()) <= 30, "a locator is a few words"
    source = SOURCES[row["source"]]
    assert source["kind"] in ("label", "guideline")
    assert source["address"].startswith("http")
    assert all(source.values())


def test_a_term_that_its_label_does_not_have_is_found_out() -> None:
    assert not said_in("Astrocytoma", "Leukaemia (This has been reported in a small number")
    assert not said_in("pain … at the site", "at the site of injection: pain")


def test_the_tables_of_the_lists_agree() -> None:
    keys = [(row["list"], row["group"], row["term"]) for row in TERMS]
    assert len(set(keys)) == len(keys)
    assert {row["list"] for row in TERMS} == set(list_names())
    assert {row["source"] for row in TERMS} == set(SOURCES)
    groups = {row["group"] for row in TERMS}
    assert {stem.group for stem in stems_of(groups)} == groups
    assert {row["match"] for row in TERMS} == {"whole", "part"}


def test_headache_is_apart_from_intracranial_hypertension_and_naevi_from_malignancy() -> None:
    groups = groups_of(["somatropin"])
    assert [each.term for each in groups["headache"]] == ["Headache"]
    assert not any(each.meets("Headache") for each in groups[PRESSURE])
    assert not any(each.meets("Melanocytic naevus") for each in groups[MALIGNANT])


@pytest.mark.parametrize(
    ("group", "terms"),
    [
        (MALIGNANT, "Acute lymphocytic leukaemia|CHRONIC MYELOID LEUKEMIA|Meningioma|"
         "Second primary malignancy|Brain neoplasm malignant|Medulloblastoma recurrent|"
         "Thyroid cancer"),
        (PRESSURE, "Benign intracranial hypertension|idiopathic intracranial hypertension|"
         "Intracranial pressure increased|PAPILLEDEMA"),
        ("diabetes or glucose intolerance", "Type 1 diabetes mellitus|Impaired glucose tolerance|"
         "Glucose tolerance impaired|Hyperglycemia|Insulin resistance"),
        ("pancreatitis", "Pancreatitis acute"),
        ("adrenal insufficiency", "Adrenal insufficiency|Secondary adrenocortical insufficiency"),
        ("hypersensitivity", "Anaphylactic reaction|Angioedema|URTICARIA|Drug hypersensitivity"),
        ("slipped capital femoral epiphysis", "Epiphysiolysis|Slipped capital femoral epiphysis"),
        ("scoliosis", "Scoliosis"),
        ("gynaecomastia", "Gynecomastia"),
        ("sleep apnoea and upper airways", "Sleep apnea syndrome"),
        ("fluid retention, joint and muscle pain",
         "Edema peripheral|Peripheral oedema|Carpal tunnel syndrome|Arthralgia|Myalgia"),
        ("lipoatrophy or lipodystrophy", "Lipoatrophy|Lipodystrophy acquired"),
        ("injection-site reactions",
         "Injection site hematoma|Injection site pain|Injection site induration"),
        ("otitis, ear and hearing disorders", "Otitis media acute|Ear infection|Deafness"),
        ("aortic and cardiovascular disorders", "Aortic dissection|Aortic aneurysm|Stroke"),
        ("hypertension", "Hypertension"),
        ("autoimmune thyroid disease", "Autoimmune thyroiditis"),
        ("coeliac and inflammatory bowel disease", "Celiac disease"),
    ],
)  # fmt: skip
def test_what_a_paediatric_endocrinologist_looks_for_is_in_its_group(
    group: str, terms: str
) -> None:
    searched = groups_of(["somatropin", "growth hormone deficiency", "Turner syndrome"])[group]
    for term in terms.split("|"):
        assert any(each.meets(term) for each in searched), term


@pytest.mark.parametrize(
    ("group", "term"),
    [
        (PRESSURE, "Hypertension"),
        (PRESSURE, "Migraine"),
        ("hypertension", "Intracranial hypertension"),
        ("hypertension", "Pulmonary hypertension"),
        (MALIGNANT, "Leukocytosis"),
        (MALIGNANT, "Family history of leukaemia"),
        (MALIGNANT, "Neuroleptic malignant syndrome"),
        ("diabetes or glucose intolerance", "Diabetes insipidus"),
        ("hypersensitivity", "Injection site urticaria"),
        ("hypothyroidism", "Hyperthyroidism"),
        ("aortic and cardiovascular disorders", "Heat stroke"),
        ("fluid retention, joint and muscle pain", "Papilloedema"),
    ],
)
def test_what_only_sounds_like_it_is_not_counted(group: str, term: str) -> None:
    searched = groups_of(list_names())[group]
    assert not any(each.meets(term) for each in searched)


def test_a_list_is_found_by_its_name_and_an_unknown_one_is_suggested() -> None:
    assert list_named("TURNER syndrome") == "Turner syndrome"
    assert Safety(population="x", special_interest_lists=("turner syndrome", "Turner syndrome"))
    with pytest.raises(UserError, match="did you mean 'somatropin'"):
        list_named("somatropine")


def test_a_list_that_is_none_is_one_sentence_of_the_plan(tmp_path: Any) -> None:
    content = yaml.safe_load((TRIALS / "ghd" / "trial.yml").read_text(encoding="utf-8"))
    content["safety"]["special_interest_lists"] = ["somatropin", "Turner syndrom"]
    (tmp_path / "trial.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(PlanError) as error:
        read_plan(tmp_path)
    (sentence,) = str(error.value).splitlines()
    assert "safety.special_interest_lists must be one of" in sentence
    assert "got 'Turner syndrom'; did you mean 'Turner syndrome'?" in sentence


@pytest.mark.parametrize(
    ("words", "lists"),
    [
        (["Placebo", "Girls with TURNER'S SYNDROME"], ("somatropin", "Turner syndrome")),
        (["SYN-GHD"], ("somatropin", "growth hormone deficiency")),
        (["Somatropin 0.03 mg/kg"], ("somatropin",)),
        (["Chronic kidney disease", "Placebo"], ()),
        (["Xanomeline", "ghdx"], ()),
    ],
)
def test_the_lists_that_words_speak_of(words: list[str], lists: tuple[str, ...]) -> None:
    assert lists_in(words) == lists


@pytest.mark.parametrize("trial", ["turner-1", "turner-2"])
def test_the_turner_studies_search_their_own_list(trial: str) -> None:
    plan = read_plan(TRIALS / trial)
    assert plan.safety is not None
    assert plan.safety.special_interest_lists == ("somatropin", "Turner syndrome")
    own = set(groups_of(["Turner syndrome"])) - set(groups_of(["somatropin"]))
    assert {"otitis, ear and hearing disorders", "aortic and cardiovascular disorders"} <= own


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oedema peripheral", "EDEMA PERIPHERAL"),
        ("Anaemia", "anemia"),
        ("Goitre", "Goiter"),
        ("Localised oedema", "localized edema"),
        ("Crohn's disease", "Crohns disease"),
        ("Legg-Calvé-Perthes disease", "Legg Calve Perthes disease"),
        ("Behaviour disorder", "Behavior disorder"),
        ("Paralysed", "paralyzed"),
    ],
)
def test_british_and_american_spelling_is_one(one: str, other: str) -> None:
    assert plain_spelling(one) == plain_spelling(other)


def test_words_that_differ_stay_apart() -> None:
    pairs = [("Hypothyroidism", "Hyperthyroidism"), ("Hypoglycaemia", "Hyperglycaemia")]
    assert all(words_of_term(one) != words_of_term(other) for one, other in pairs)


# What they find -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> SafetyRun:
    return resolve(SafetyParameters(trial="ghd"))


def as_read(frame: pd.DataFrame) -> pd.DataFrame:
    texts = frame.select_dtypes(["object", "string"]).columns
    return frame.astype(dict.fromkeys(texts, str))


def a_run(
    shipped: SafetyRun,
    *rows: tuple[str, str] | tuple[str, str, str],
    lists: tuple[str, ...] = ("somatropin",),
    own: dict[str, tuple[str, ...]] | None = None,
    single: bool = False,
    **parameters: Any,
) -> SafetyRun:
    """H1 to H3 and V1 to V4 with events: participant, term and, where it matters, organ class."""
    adae = pd.DataFrame(
        [(row[0], row[1], row[2] if len(row) > 2 else "Some disorders") for row in rows],
        columns=["USUBJID", "AEDECOD", "AEBODSYS"],
    )
    adae = adae.assign(TRTEMFL="Y", ASTDT=START + pd.Timedelta(days=9), AESER="N")
    arm = [V] * 7 if single else [H] * 3 + [V] * 4
    names = ["H1", "H2", "H3", "V1", "V2", "V3", "V4"]
    adsl = pd.DataFrame(
        {"USUBJID": names, "TRT01P": arm, "TRT01A": arm, "SAFFL": "Y", "TRTSDT": START}
    ).assign(TRTEDT=START + pd.Timedelta(days=99))
    changes = {"special_interest": own or {}, "special_interest_lists": lists, "exposure": ""}
    changes |= {"vital_signs": "", "laboratory": ()}
    plan = shipped.trial.plan
    update: dict[str, Any] = {"safety": shipped.plan.model_copy(update=changes)}
    if single:
        arms = plan.arms.model_copy(update={"reference": "", "treatment": V})
        update |= {"arms": arms, "design": "single-arm"}
    tables = {"adsl": adsl, "adae": adae}
    texts = {
        name: each.select_dtypes(["object", "string"]).columns for name, each in tables.items()
    }
    tables = {name: each.astype(dict.fromkeys(texts[name], str)) for name, each in tables.items()}
    trial = replace(shipped.trial, plan=plan.model_copy(update=update), tables=tables)
    return replace(shipped, trial=trial, parameters=SafetyParameters(trial="ghd", **parameters))


def counts(found: Results, group: str, level: str = "Any event") -> dict[str, int]:
    """Return arm → participants of one row of the counts."""
    rows = found.select(
        analysis_id=special_interest.COUNTS, variable=group, variable_level=level, stat_name="n"
    ).frame
    return {row["group1_level"]: int(row["stat"]) for row in rows.to_dict("records")}


def test_a_leukaemia_counts_whatever_its_spelling_and_a_headache_is_no_pressure(
    shipped: SafetyRun,
) -> None:
    run = a_run(
        shipped,
        ("V1", "Acute lymphocytic leukaemia"),
        ("V2", "acute lymphocytic leukemia"),
        ("H1", "LEUKEMIA"),
        ("V3", "Headache"),
        ("V4", "Melanocytic naevus"),
    )
    found = special_interest.special_interest(run)
    assert counts(found, MALIGNANT) == {H: 1, V: 2, "Total": 3}
    assert counts(found, PRESSURE) == {H: 0, V: 0, "Total": 0}
    assert counts(found, "headache")[V] == 1
    assert counts(found, "benign neoplasm or naevus")[V] == 1
    # A term of a list that nobody had has no row; every group has one.
    levels = set(found.select(analysis_id=special_interest.COUNTS).frame["variable_level"])
    assert levels == {
        "Any event", "Acute lymphocytic leukaemia", "acute lymphocytic leukemia", "LEUKEMIA",
        "Headache", "Melanocytic naevus",
    }  # fmt: skip
    groups = found.select(analysis_id=special_interest.COUNTS, variable_level="Any event").frame
    assert list(dict.fromkeys(groups["variable"])) == list(groups_of(["somatropin"]))


def test_what_the_terms_miss_is_shown_and_said(shipped: SafetyRun) -> None:
    neoplasms = "Neoplasms benign, malignant and unspecified (incl cysts and polyps)"
    run = a_run(
        shipped,
        ("V1", "Astrocytoma", neoplasms),
        ("V2", "Dysgerminoma", "Reproductive system"),
        ("H1", "Dermatofibroma", neoplasms),
        ("H2", "Prediabetes"),
        ("H3", "Diabetes insipidus"),
        ("V3", "Cough"),
        ("V4", "Family history of leukaemia"),
    )
    found = special_interest.special_interest(run)
    speaking = found.select(analysis_id=special_interest.SPEAKING, stat_name="n").frame
    pairs = list(dict.fromkeys(zip(speaking["variable"], speaking["variable_level"], strict=True)))
    assert pairs == [
        (MALIGNANT, "Astrocytoma"),
        (MALIGNANT, "Dermatofibroma"),
        (MALIGNANT, "Dysgerminoma"),
        (MALIGNANT, "Family history of leukaemia"),
        ("diabetes or glucose intolerance", "Prediabetes"),
    ]
    assert counts(found, MALIGNANT)["Total"] == 0
    shown = special_interest.special_interest_table(found, run)
    assert "Of 7 preferred terms with an event, 7 are in no group." in shown.footnotes
    looked_at = special_interest.to_look_at_table(found, run)
    assert "Astrocytoma" in looked_at.text()
    said = answer.sentences(run)
    assert said[-2].endswith("no event in 18 groups.")
    assert said[-1].startswith("In no such group, to be looked at: Astrocytoma 0 v 1;")


def test_the_answer_names_every_group_that_occurred(shipped: SafetyRun) -> None:
    rows = [("V1", "Meningioma"), ("V2", "Headache"), ("H1", "Headache"), ("H2", "Pancreatitis")]
    said = answer.sentences(a_run(shipped, *rows))[-1]
    assert said == (
        "Of special interest (participants, Humatrope v Valtropin): malignant or intracranial "
        "neoplasm 0 v 1 (Meningioma); pancreatitis 1 v 0; headache 1 v 1; no event in 15 "
        "other groups."
    )
    alone = a_run(shipped, *rows, single=True)
    assert answer.sentences(alone)[-1] == (
        "Of special interest (participants): malignant or intracranial neoplasm 1 (Meningioma); "
        "pancreatitis 1; headache 2; no event in 15 other groups."
    )
    named = standout.standout(alone).select(group2_level=standout.SPECIAL).wide()["variable"]
    assert named.tolist() == [
        each for group in (MALIGNANT, "pancreatitis", "headache") for each in (group, group)
    ]  # the group, and the one term of it
    nothing = answer.sentences(a_run(shipped, ("V1", "Cough")))[-1]
    assert nothing.endswith("(participants, Humatrope v Valtropin): no event in 18 groups.")


def test_the_answer_names_the_terms_where_a_group_says_more(shipped: SafetyRun) -> None:
    """Of a list and of the plan's own groups alike; the most frequent first, and no zero row."""
    own = {"falls and fractures": ("Fall", "Stumble", "Hip fracture")}
    rows = [
        ("V1", "Fall"), ("H1", "Stumble"), ("V2", "Stumble"), ("H2", "Headache"),
        ("V3", "Papilledema"),
    ]  # fmt: skip
    said = answer.sentences(a_run(shipped, *rows, own=own))[-1]
    assert "falls and fractures 1 v 2 (Stumble 1 v 1, Fall 0 v 1);" in said
    assert "Hip fracture" not in said
    assert f"{PRESSURE} 0 v 1 (Papilledema);" in said
    # A group called as its only term is said once.
    assert "headache 1 v 0;" in said
    many = {"skin": tuple(f"Rash {letter}" for letter in "ABCDEFG")}
    rows = [("V1", term) for term in many["skin"]]
    assert (
        "skin 0 v 1 (Rash A 0 v 1, Rash B 0 v 1, Rash C 0 v 1, Rash D 0 v 1, Rash E 0 v 1, 2 "
        in (answer.sentences(a_run(shipped, *rows, own=many))[-1])
    )


def test_a_term_of_two_groups_counts_in_both_and_is_said(shipped: SafetyRun) -> None:
    run = a_run(shipped, ("V1", "Primary hypothyroidism"), lists=("somatropin", "Turner syndrome"))
    found = special_interest.special_interest(run)
    both = ("hypothyroidism", "autoimmune thyroid disease")
    assert [counts(found, group)[V] for group in both] == [1, 1]
    shown = special_interest.special_interest_table(found, run)
    words = (
        "In several groups: Primary hypothyroidism (hypothyroidism and autoimmune thyroid disease)."
    )
    assert words in shown.footnotes
    assert terms_in_no_group(run).empty


def test_an_own_group_adds_to_a_list_or_stands_beside_it(shipped: SafetyRun) -> None:
    own = {MALIGNANT.upper(): ("Astrocytoma",), "falls": ("Fall", "Stumble")}
    run = a_run(shipped, ("V1", "ASTROCYTOMA"), ("H1", "Leukaemia"), ("V2", "Fall"), own=own)
    found = special_interest.special_interest(run)
    assert counts(found, MALIGNANT) == {H: 1, V: 1, "Total": 2}
    assert counts(found, "falls")[V] == 1
    # What the plan itself declares keeps its row.
    assert counts(found, "falls", "Stumble") == {H: 0, V: 0, "Total": 0}
    added = f"Added by trial.yml: {MALIGNANT} (Astrocytoma); falls (Fall, Stumble)."
    assert added in special_interest.special_interest_table(found, run).footnotes
    searched = special_interest.searched_table(found, run).text()
    assert "Leukaemia*" in searched
    assert "trial.yml" in searched


def test_terms_of_a_list_stay_in_the_table_of_terms_and_have_a_rate(shipped: SafetyRun) -> None:
    rows = [(f"V{place}", "Cough") for place in (1, 2, 3, 4)]
    run = a_run(shipped, *rows, ("V1", "Papilledema"), min_percent=30.0)
    terms = by_term.by_term(run).frame["variable_level"]
    assert "Papilledema" in set(terms)
    rates = incidence_rates.rates(run).select(variable=PRESSURE, stat_name="n").frame
    assert dict(zip(rates["group1_level"], rates["stat"], strict=True)) == {H: 0, V: 1, "Total": 1}


def test_events_before_treatment_do_not_make_a_row(shipped: SafetyRun) -> None:
    run = a_run(shipped, ("V1", "Cough"), ("V2", "Leukaemia"))
    events = run.trial.tables["adae"].assign(TRTEMFL=["Y", "N"])
    run = replace(run, trial=replace(run.trial, tables={**run.trial.tables, "adae": events}))
    (group,) = (each for each in interest_groups(run) if each.name == MALIGNANT)
    assert group.terms == ()


def test_without_a_list_or_a_group_the_section_says_which_there_are(shipped: SafetyRun) -> None:
    run = a_run(shipped, ("V1", "Cough"), lists=())
    with pytest.raises(UserError, match=r"special_interest_lists: somatropin, growth"):
        special_interest.special_interest(run)
    assert not any("special interest" in each for each in answer.sentences(run))
