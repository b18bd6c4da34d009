"""A define.xml is written of tables, read beside them, and held against them."""

import csv
import re
import shutil
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from corpus import good_tables, write_trial
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis import paths
from analysis.errors import UserError
from analysis.sources.define import define_xml, read_define, read_dictionary, reading
from analysis.sources.define.dictionary import ANY, DATASETS, VARIABLES
from analysis.sources.trial.drafting.folder import read_folder
from analysis.sources.trial.tables import labels_of
from analysis.sources.trial.tables.described import label_of
from analysis.sources.trial.trial import load_trial, read_trial

ODM = "{http://www.cdisc.org/ns/odm/v1.3}"
DEF = "{http://www.cdisc.org/ns/def/v2.1}"
SYNTHETIC = sorted(path.parent for path in paths.DATA.glob("trials/*/assumptions.yml"))
PLANNED = {
    "adsl": "RACE ARM ARMCD ACTARM MOTHERHT FATHERHT PEAKGH BONEAGBL TANNER",
    **dict.fromkeys(("adgr", "advs"), "TRTP TRTA ASEQ SRCDOM SRCSEQ"),
    "adlb": "ANRLO ANRHI ANRIND BNRIND TRTP TRTA ASEQ SRCDOM SRCSEQ",
}
"""Variables that the tables of a synthetic trial may have beside those of today."""


def header(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


@pytest.mark.parametrize("folder", SYNTHETIC, ids=lambda folder: folder.name)
def test_every_variable_of_a_synthetic_trial_has_a_meaning(folder: Path) -> None:
    dictionary = read_dictionary()
    for path in folder.glob("*.csv"):
        names = {*header(path), *PLANNED.get(path.stem, "").split()}
        assert dictionary.dataset(path.stem).label
        assert {each.variable for each in dictionary.variables(path.stem, names)} == names
        assert set(dictionary.dataset(path.stem).keys) <= names


def test_the_dictionary_is_what_adam_allows() -> None:
    dictionary = read_dictionary()
    seen = [(table, each.variable) for each in dictionary.entries for table in each.tables]
    assert len(seen) == len(set(seen))
    labels: dict[str, set[str]] = {}
    for each in dictionary.entries:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,7}", each.variable)
        assert 0 < len(each.label) <= 40, each
        assert each.derivation or each.origin == "Collected", each
        assert each.core in ("", "Req", "Cond", "Perm"), each
        labels.setdefault(each.variable, set()).add(each.label)
        if each.origin == "Predecessor":
            table, _, source = each.derivation.partition(".")
            assert dictionary.variables(table.lower(), [source]), each
    assert {name for name, own in labels.items() if len(own) > 1} == set()
    tables = {each.table for each in dictionary.datasets}
    assert {table for each in dictionary.entries for table in each.tables} <= tables | {ANY}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("tables,variable\nadsl,AGE\n", "must have the columns"),
        (
            "tables,variable,label,type,core,levels,origin,derivation\nadsl,AGE,Age,real,,,Derived,x\n",
            "type of AGE must be one of text, integer, float, date; got 'real'",
        ),
        (
            "tables,variable,label,type,core,levels,origin,derivation\nadsl,AGE,Age,float,,,Copy,x\n",
            "origin of AGE must be one of",
        ),
        ("tables,variable,label,type,core,levels,origin,derivation\nadsl,AGE\n", "in every row"),
    ],
)
def test_a_wrong_dictionary_is_one_sentence(lines: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "variables.csv"
    path.write_text(lines)
    with pytest.raises(UserError, match=re.escape(said)):
        read_dictionary(DATASETS, path)
    with pytest.raises(UserError, match="must be a readable csv"):
        read_dictionary(tmp_path / "none.csv", VARIABLES)


def tables() -> dict[str, pd.DataFrame]:
    """Two participants, one of whom was only screened; a table with a value of each type."""
    adsl = pd.DataFrame(
        {
            "STUDYID": "S1",
            "USUBJID": ["S1-01", "S1-02"],
            "SITEID": ["1", "1"],
            "SEX": ["M", "F"],
            "AGE": [7.25, np.nan],
            "TRT01P": ["Verum", ""],
            "TRTSDT": pd.to_datetime(["2001-02-03", None]),
        }
    )
    adlb = pd.DataFrame(
        {
            "STUDYID": "S1",
            "USUBJID": "S1-01",
            "PARAMCD": ["TSH", "IGF1", "TSH"],
            "PARAM": ["TSH (mIU/L)", 'IGF-I <total> & "free" (ng/mL)', "TSH (mIU/L)"],
            "AVISIT": ["Month 12", "Baseline", "Baseline"],
            "AVISITN": [12, 0, 0],
            "ADT": pd.to_datetime(["2002-02-03", "2001-02-03", "2001-02-03"]),
            "AVAL": [1.5, 120.0, -0.125],
            "BASE": [-0.125, np.nan, np.nan],
            "ABLFL": ["", "Y", "Y"],
            "AVALC": ["", "", ""],
        }
    )
    return {"adsl": adsl, "adlb": adlb}


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.encode())


def test_references_are_whole() -> None:
    root = parsed(define_xml(tables(), study="S1", title="A study"))
    by = {
        name: [each.get("OID") for each in root.iter(f"{ODM}{name}")]
        for name in ("ItemGroupDef", "ItemDef", "CodeList", "MethodDef")
    }
    for oids in by.values():
        assert len(oids) == len(set(oids)) > 0
    for element, attribute, defined in (
        ("ItemRef", "ItemOID", "ItemDef"),
        ("CodeListRef", "CodeListOID", "CodeList"),
        ("ItemRef", "MethodOID", "MethodDef"),
    ):
        used = {each.get(attribute) for each in root.iter(f"{ODM}{element}")} - {None}
        assert used == set(by[defined])
    leaves = {each.get("ID") for each in root.iter(f"{DEF}leaf")}
    groups = list(root.iter(f"{ODM}ItemGroupDef"))
    assert {each.get(f"{DEF}ArchiveLocationID") for each in groups} == leaves
    standards = {each.get("OID") for each in root.iter(f"{DEF}Standard")}
    assert {each.get(f"{DEF}StandardOID") for each in groups} == standards
    for group in groups:
        numbers = [int(str(each.get("OrderNumber"))) for each in group.iter(f"{ODM}ItemRef")]
        assert numbers == list(range(1, len(numbers) + 1))
    for item in root.iter(f"{ODM}ItemDef"):
        assert item.find(f"{DEF}Origin") is not None
    assert "CL.ADLB.AVALC" not in by["CodeList"]  # Nobody has a value.


def test_what_is_written_is_read() -> None:
    text = define_xml(tables(), study="S1", title="A study")
    items = {each.get("OID"): each for each in parsed(text).iter(f"{ODM}ItemDef")}
    sizes = {
        oid: (each.get("DataType"), each.get("Length"), each.get("SignificantDigits"))
        for oid, each in items.items()
    }
    assert sizes["IT.ADSL.USUBJID"] == ("text", "5", None)
    assert sizes["IT.ADSL.TRTSDT"] == ("date", None, None)
    assert sizes["IT.ADLB.AVAL"] == ("float", "6", "3")
    assert sizes["IT.ADLB.AVISITN"] == ("integer", "2", None)
    assert sizes["IT.ADLB.AVALC"] == ("text", "1", None)
    words = {
        item.get("CodedValue"): next(item.iter(f"{ODM}TranslatedText")).text
        for codes in parsed(text).iter(f"{ODM}CodeList")
        if codes.get("OID") == "CL.ADLB.PARAMCD"
        for item in codes
    }
    assert words == {"IGF1": 'IGF-I <total> & "free" (ng/mL)', "TSH": "TSH (mIU/L)"}
    required = {
        each.get("ItemOID"): each.get("Mandatory") for each in parsed(text).iter(f"{ODM}ItemRef")
    }
    # ADaM requires both; only one is there for everybody.
    assert (required["IT.ADSL.SEX"], required["IT.ADSL.TRT01P"]) == ("Yes", "No")


def test_the_same_tables_give_the_same_bytes() -> None:
    text = define_xml(tables(), study="S1")
    assert text == define_xml(tables(), study="S1")
    assert 'CreationDateTime="2002-02-03T00:00:00"' in text  # The last day in the tables.
    undated = {"adsl": tables()["adsl"].drop(columns="TRTSDT")}
    assert define_xml(undated, study="S1") == define_xml(undated, study="S1")
    as_text = {
        name: table.assign(
            **{
                each: table[each].dt.strftime("%Y-%m-%d")
                for each in table.select_dtypes("datetime")
            }
        )
        for name, table in tables().items()
    }
    dated = re.compile(r"CreationDateTime=\S+")
    assert dated.sub("", define_xml(as_text, study="S1")) == dated.sub("", text)


@pytest.mark.parametrize(
    ("table", "column", "value", "said"),
    [
        ("adsl", "EYECOLOR", "blue", "a row for every variable of adsl; none for EYECOLOR"),
        ("adzz", "USUBJID", "S1-01", "a row for every table; none for 'adzz'"),
        ("adlb", "AVISITN", 1.5, "AVISITN must be integer, as variables.csv says; got '1.5'"),
        ("adlb", "AVAL", "high", "AVAL must be float, as variables.csv says; got 'high'"),
    ],
)
def test_what_has_no_meaning_is_not_written(
    table: str, column: str, value: object, said: str
) -> None:
    given_tables = tables()
    given_tables[table] = given_tables.get(table, tables()["adsl"][["USUBJID"]]).copy()
    given_tables[table][column] = value
    with pytest.raises(UserError, match=re.escape(said)):
        define_xml(given_tables, study="S1")


def test_a_synthetic_trial_is_what_its_define_says(tmp_path: Path) -> None:
    shipped = SYNTHETIC[-1]
    trial, folder = read_trial(shipped), tmp_path / "t"
    shutil.copytree(shipped, folder)
    text = define_xml(trial.tables, study=trial.adsl["STUDYID"].iloc[0], title=trial.plan.title)
    (folder / "define.xml").write_text(text, encoding="utf-8")
    again = read_trial(folder)
    odd = [each for each in again.findings if each.rule.startswith(("metadata", "no label"))]
    assert odd == []
    assert [each for each in again.findings if each not in trial.findings] == []
    for name, table in again.tables.items():
        assert set(labels_of(table)) == set(table)
        assert label_of(table)
        pd.testing.assert_frame_equal(table, trial.tables[name])


SMALL = """<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="define.xsl"?>
{doctype}
<ODM xmlns="http://www.cdisc.org/ns/odm/v1.{odm}" xmlns:def="http://www.cdisc.org/ns/def/v{version}">
 <Study OID="S"><MetaDataVersion OID="M">
  <!-- a comment -->
  <ItemGroupDef OID="IG.ADSL" Name="ADSL"{group}
   <ItemRef ItemOID="IT.AGE" Mandatory="Yes"/><ItemRef ItemOID="IT.SEX" Mandatory="Yes"/>
  </ItemGroupDef>
  <ItemDef OID="IT.AGE" Name="Age" DataType="integer" Length="8"{age}</ItemDef>
  <ItemDef OID="IT.SEX" Name="SEX" DataType="text" Length="1"{sex}
   <CodeListRef CodeListOID="CL.SEX"/></ItemDef>
  <CodeList OID="CL.SEX" Name="Sex" DataType="text">
   <EnumeratedItem CodedValue="F"/><CodeListItem CodedValue="M"/></CodeList>
 </MetaDataVersion></Study>
</ODM>
"""
DESCRIBED = "><Description><TranslatedText xml:lang='en'>{}</TranslatedText></Description>"


def small(version: str = "2.0", doctype: str = "") -> str:
    words = ("Subjects", "Age", "Sex")
    if version == "1.0":
        group, age, sex = (f' def:Label="{each}">' for each in words)
    else:
        group, age, sex = (DESCRIBED.format(each) for each in words)
    odm = "2" if version == "1.0" else "3"
    return SMALL.format(version=version, odm=odm, doctype=doctype, group=group, age=age, sex=sex)


@pytest.mark.parametrize("version", ["1.0", "2.0", "2.1"])
def test_every_version_is_read(version: str, tmp_path: Path) -> None:
    path = tmp_path / "define.xml"
    path.write_text(small(version))
    metadata = read_define(path)
    adsl = metadata.datasets["adsl"]
    assert metadata.loose == ()
    assert (adsl.label, adsl.labels) == ("Subjects", {"AGE": "Age", "SEX": "Sex"})
    assert adsl.texts == ("SEX",)
    assert adsl.variables["SEX"].levels == ("F", "M")
    assert adsl.variables["AGE"].length == 8


BOMB = "<!DOCTYPE a [<!ENTITY a '" + "x" * 50 + "'>" + "".join(
    f"<!ENTITY {new} '{f'&{old};' * 10}'>" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip
HOSTILE = {
    "entities without bound": small(doctype=BOMB).replace("Subjects", "&i;"),
    "entity of a file": small(
        doctype="<!DOCTYPE a [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
    ).replace("Subjects", "&a;"),
    "external document type": small(doctype="<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'>"),
    "parameter entity": small(
        doctype="<!DOCTYPE a [<!ENTITY % a SYSTEM 'file:///etc/hostname'> %a;]>"
    ),
}
BROKEN = HOSTILE | {
    "undeclared entity": small().replace("Subjects", "&a;"),
    "empty": "",
    "cut short": small()[:400],
    "no xml": "STUDYID,USUBJID\n1,2\n",
    "a page": "<html><body>Sign in</body></html>",
    "no table": "<ODM xmlns='http://www.cdisc.org/ns/odm/v1.3'><Study OID='S'/></ODM>",
    "unbound prefix": "<def:ODM/>",
    "unknown encoding": small().replace('"UTF-8"', '"nonsense-8"'),
    "other encoding": small().replace('"UTF-8"', '"UTF-16"'),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_one_sentence_and_stops_nothing(text: str, tmp_path: Path) -> None:
    folder = write_trial(tmp_path / "t")
    (folder / "define.xml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_define(folder / "define.xml")
    assert "\n" not in str(caught.value)
    assert "root:" not in str(caught.value)
    (finding,) = load_trial(folder).findings
    assert (finding.file, finding.rule, finding.severity) == (
        "define.xml", "metadata not read", "note",
    )  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_entities_are_refused_before_they_are_looked_at(text: str, tmp_path: Path) -> None:
    (tmp_path / "define.xml").write_text(text)
    with pytest.raises(UserError, match="must not declare a document type"):
        read_define(tmp_path / "define.xml")


def test_a_folder_and_a_huge_file_are_no_define(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "define.xml").mkdir()
    with pytest.raises(UserError, match="must be a readable Define-XML"):
        read_define(tmp_path / "define.xml")
    monkeypatch.setattr(reading, "LARGEST", 100)
    (tmp_path / "large.xml").write_text(small())
    with pytest.raises(UserError, match="at most 100 bytes"):
        read_define(tmp_path / "large.xml")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 1400), size=st.integers(1, 60), put=st.binary(max_size=20))
def test_no_damage_gives_a_traceback(at: int, size: int, put: bytes, tmp_path: Path) -> None:
    data = small().encode()
    path = tmp_path / "define.xml"
    path.write_bytes(data[:at] + put + data[at + size :])
    with suppress(UserError):
        read_define(path)


def test_loose_references_are_named(tmp_path: Path) -> None:
    folder = write_trial(tmp_path / "t")
    text = small().replace('ItemDef OID="IT.AGE"', 'ItemDef OID="IT.OLD"')
    (folder / "define.xml").write_text(text.replace('CodeList OID="CL.SEX"', 'CodeList OID="X"'))
    findings = [each for each in load_trial(folder).findings if each.rule == "metadata incomplete"]
    assert len(findings) == 1
    assert "variable IT.AGE of ADSL, code list CL.SEX of IT.SEX" in findings[0].message


def described(folder: Path, **changes: tuple[str, str]) -> list[str]:
    """Write the define.xml of the good trial with changes, and return what is found.

    The dictionary of the synthetic trials has no meaning for REGION and ANL01FL of others, so
    that a small dictionary of the tables themselves is made.
    """
    text = _of_good()
    for old, new in changes.values():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "define.xml").write_text(text, encoding="utf-8")
    return [f"{each.file}: {each.rule}: {each.value}" for each in read_trial(folder).findings]


def _of_good() -> str:
    parts = []
    for name, table in good_tables().items():
        refs = "".join(f'<ItemRef ItemOID="{name}.{column}"/>' for column in table)
        parts.append(
            f'<ItemGroupDef OID="{name}" Name="{name.upper()}"'
            + DESCRIBED.format("Subject-Level Analysis Dataset" if name == "adsl" else name)
            + f"{refs}</ItemGroupDef>"
        )
    for name, table in good_tables().items():
        for column, values in table.items():
            kind = {"f": "float", "i": "integer", "M": "date"}.get(values.dtype.kind, "text")
            length = 1 if kind == "date" else max(len(str(each)) for each in values)
            parts.append(
                f'<ItemDef OID="{name}.{column}" Name="{column}" DataType="{kind}" '
                f'Length="{length}"{DESCRIBED.format(f"Label of {column}")}'
                + (f'<CodeListRef CodeListOID="C.{column}"/>' if column in ("SEX", "RACE") else "")
                + "</ItemDef>"
            )
    for column, levels in (("SEX", "MF"), ("RACE", ("WHITE", "ASIAN"))):
        items = "".join(f'<EnumeratedItem CodedValue="{each}"/>' for each in levels)
        parts.append(f'<CodeList OID="C.{column}" DataType="text">{items}</CodeList>')
    return f"<ODM>{''.join(parts)}</ODM>"


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("", "", None),
        ('<ItemRef ItemOID="adsl.SEX"/>', "", "adsl: metadata: variables: SEX"),
        ('Name="AGE"', 'Name="AGEY"', "adsl: metadata: variables: AGEY"),
        ('Name="ADLB"', 'Name="ADLC"', "define.xml: metadata: tables: adlc"),
        ('Name="ADLB"', 'Name="ADLC"', "define.xml: metadata: tables: adlb"),
        (
            'OID="advs.AVAL" Name="AVAL" DataType="float"',
            'OID="advs.AVAL" Name="AVAL" DataType="integer"',
            "advs: metadata: type: AVAL (integer, has decimals)",
        ),
        (
            'OID="advs.AVAL" Name="AVAL" DataType="float"',
            'OID="advs.AVAL" Name="AVAL" DataType="text"',
            "advs: metadata: type: AVAL (text, has numbers)",
        ),
        (
            'Name="REGION" DataType="text"', 'Name="REGION" DataType="float"',
            "adsl: metadata: type: REGION (float, has texts)",
        ),
        (
            'Name="REGION" DataType="text" Length="4"', 'Name="REGION" DataType="text" Length="3"',
            "adsl: metadata: length: REGION (3, has 4)",
        ),
        ('CodedValue="ASIAN"', 'CodedValue="Asian"', "adsl: metadata: code list: RACE ('ASIAN')"),
        ('CodedValue="ASIAN"', 'CodedValue="Asian"', "adsl: metadata: code list: RACE ('Asian')"),
        ("Subject-Level Analysis Dataset", "Subjects", "adsl: metadata: label: Subjects"),
        ("Label of BASE", "", "advs: no label: BASE"),
        ("Label of ARM", "L" * 41, "adsl: long label: ARM"),
    ],
)  # fmt: skip
def test_tables_are_held_against_what_is_said_of_them(
    old: str, new: str, found: str | None, tmp_path: Path
) -> None:
    folder = write_trial(tmp_path / "t")
    findings = described(folder, change=(old, new)) if old else described(folder)
    assert found in findings if found else findings == []
    assert {each.severity for each in load_trial(folder).findings} <= {"note"}


def test_a_define_gives_labels_and_says_what_is_text(tmp_path: Path) -> None:
    tables = good_tables()
    tables["adsl"]["COHORT"] = np.where(tables["adsl"].index % 2 == 0, "1", "2")
    folder = write_trial(tmp_path / "t", tables=tables, suffix="csv")
    before = load_trial(folder)
    assert labels_of(before.adsl) == {}
    assert set(before.adsl["COHORT"]) == {1.0, 2.0}
    text = _of_good().replace(
        '<ItemRef ItemOID="adsl.SEX"/>',
        '<ItemRef ItemOID="adsl.SEX"/><ItemRef ItemOID="adsl.COHORT"/>',
    )
    text = text.replace(
        "</ODM>",
        '<ItemDef OID="adsl.COHORT" Name="COHORT" DataType="text" Length="2"'
        + DESCRIBED.format("Cohort")
        + "</ItemDef></ODM>",
    )
    (folder / "Define.XML").write_text(text)
    trial = load_trial(folder)  # The trial that was kept is not current any more.
    assert labels_of(trial.adsl)["COHORT"] == "Cohort"
    assert label_of(trial.adsl) == "Subject-Level Analysis Dataset"
    assert label_of(before.adsl) == ""
    assert set(trial.adsl["COHORT"]) == {"1", "2"}
    assert trial.findings == ()
    assert set(read_folder(folder).adsl["COHORT"]) == {"1", "2"}  # A draft sees the same.
    (folder / "Define.XML").unlink()
    assert labels_of(load_trial(folder).adsl) == {}


def test_labels_of_the_file_go_before_those_of_the_define(tmp_path: Path) -> None:
    tables = good_tables()
    tables["adsl"].attrs = {"labels": {"AGE": "Age (years)"}}
    folder = write_trial(tmp_path / "t", tables=tables)
    assert "adsl: metadata: label: AGE" in described(folder)
    own = labels_of(load_trial(folder).adsl)
    assert (own["AGE"], own["SEX"]) == ("Age (years)", "Label of SEX")
