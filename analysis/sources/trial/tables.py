"""Read ADaM tables from csv, parquet, xpt or sas7bdat, into one form whatever the format."""

from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import paths
from analysis.errors import UserError
from analysis.sources.trial.finding import TrialFinding
from analysis.sources.trial.plan import TrialPlan

FORMATS = ("parquet", "csv", "xpt", "sas7bdat")
"""Tried in this order."""
SAS_EPOCH = pd.Timestamp("1960-01-01")
YEARS = (1800, 2200)
"""Dates outside are none: they are SAS date-times, or 20140102 read as a number of days."""
A_DATE = f"a date, YYYY-MM-DD, of the years {YEARS[0]} to {YEARS[1]}"
TEXT_ENDINGS = ("ID", "CD", "FL", "DT", "DTC")
TEXT = frozenset(
    "TRT01P TRT01A TRTP TRTA ARM ACTARM SEX RACE ETHNIC COUNTRY SITEGR1 PARAM AVALC AVALU AVISIT "
    "VISIT ATPT DTYPE BASETYPE ANRIND BNRIND AETERM AEDECOD AEBODSYS AESEV AESER AEREL".split()
)
"""Variables that are text by CDISC, beside those whose names end in one of `TEXT_ENDINGS`."""


def data_folder(plan: TrialPlan, folder: Path) -> Path:
    """Return where the tables of a trial are.

    Raises
    ------
    UserError
        If the folder or the package that should hold them does not exist.
    """
    if plan.data.package:
        module, _, inside = plan.data.package.partition("/")
        spec = find_spec(module)
        if spec is None or not spec.submodule_search_locations:
            raise UserError(
                f"{paths.shown(folder / 'trial.yml')}: data.package needs the installed package "
                f"'{module}'; install it with: pip install {module}"
            )
        found = Path(spec.submodule_search_locations[0]) / inside
    else:
        found = folder / plan.data.folder
    if not found.is_dir():
        raise UserError(
            f"{paths.shown(folder / 'trial.yml')}: data.folder must be a folder; "
            f"got '{plan.data.folder if not plan.data.package else plan.data.package}'"
        )
    return found


def table_files(folder: Path) -> dict[str, Path]:
    """Return table name → file, for every readable table of a folder."""
    found: dict[str, Path] = {}
    for suffix in reversed(FORMATS):
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() == f".{suffix}" and path.is_file():
                found[path.stem.lower()] = path
    return dict(sorted(found.items()))


def read_table(path: Path, *, text: Collection[str] = ()) -> pd.DataFrame:
    """Read one table as it is stored.

    Parameters
    ----------
    path
        A csv, parquet, xpt (version 5 or 8) or sas7bdat file.
    text
        Variables that are text even where a csv has only digits in them, such as strata.

    Raises
    ------
    UserError
        If the file cannot be read as what its name says.
    """
    suffix = path.suffix.lower().lstrip(".")
    try:
        if suffix == "csv":
            return _read_csv(path, text)
        if suffix == "parquet":
            # Dates as numbers and not as a Python object each: 1,000,000 events have 2,000,000.
            return pd.read_parquet(path, to_pandas_kwargs={"date_as_object": False})
        # Imported late: most trials are csv or parquet.
        import pyreadstat

        reader = pyreadstat.read_xport if suffix == "xpt" else pyreadstat.read_sas7bdat
        return reader(str(path))[0]
    except UserError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())
        raise UserError(
            f"{paths.shown(path)} must be a readable {suffix} table; got: {said}"
        ) from None


def _read_csv(path: Path, text: Collection[str]) -> pd.DataFrame:
    # Identifiers such as 0012 are text, and so is a treatment named NA.
    table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    if not isinstance(table.index, pd.RangeIndex):
        raise ValueError("its rows have more cells than its header has names")
    # A csv does not say which variables are numbers; the other formats do. What is written as
    # a number throughout is one, unless its name says that it is text.
    for column in table:
        name = str(column).strip().upper()
        if not name.endswith(TEXT_ENDINGS) and name not in TEXT and name not in text:
            values = table[column].dropna()
            if len(values) and values.str.fullmatch(r"-?(?:0|[1-9]\d*)(?:\.\d+)?").all():
                table[column] = pd.to_numeric(table[column])
    return table


def normalise(name: str, table: pd.DataFrame) -> tuple[pd.DataFrame, list[TrialFinding]]:
    """Bring one table into the form the analysis uses, whatever it was stored in.

    Parameters
    ----------
    name
        Table name, for the findings.
    table
        As read.

    Returns
    -------
    table : pandas.DataFrame
        Upper-case names, each once; text as text without trailing blanks, missing text empty;
        numbers as float; variables whose names end in DT as dates (datetime64), from ISO text,
        date objects or SAS day numbers.
    findings : list of TrialFinding
        A note for each conversion that a reader should know of, and an error for each value
        that is no date or no number.
    """
    names = pd.Index([str(column).strip().upper() for column in table])
    findings = _names_twice(name, table, names)
    table = table.set_axis(names, axis=1).loc[:, ~names.duplicated()]
    columns = {}
    for column in table:
        values = table[column]
        if column.endswith("DT"):
            columns[column], found = _dates(name, values)
        elif pd.api.types.is_bool_dtype(values):
            columns[column], found = values.map({True: "Y", False: "N"}).fillna("").astype(str), []
        elif pd.api.types.is_numeric_dtype(values):
            columns[column], found = _number(values), []
        else:
            columns[column], found = _text_or_number(name, values)
        findings += found
    return pd.DataFrame(columns, index=table.index).reset_index(drop=True), findings


def _names_twice(name: str, table: pd.DataFrame, names: pd.Index) -> list[TrialFinding]:
    message = "names must differ by more than case; this one is not read: rename it"
    return [
        TrialFinding(name, names[at], "variable twice", message, value=str(table.columns[at]))
        for at in names.duplicated().nonzero()[0]
    ]


def _number(values: pd.Series) -> pd.Series:
    if values.isna().all() and not _is_numeric_name(str(values.name)):
        # A text variable that is empty throughout is stored as a number by pandas and R.
        return pd.Series("", index=values.index, dtype=str)
    return pd.Series(values.to_numpy(dtype=float, na_value=np.nan), index=values.index)


def _text(values: pd.Series) -> pd.Series:
    if not isinstance(values.dtype, pd.StringDtype):
        values = values.astype(object).where(values.notna(), "").astype(str)
    return values.astype(str).fillna("").str.rstrip()


def _dates(name: str, values: pd.Series) -> tuple[pd.Series, list[TrialFinding]]:
    column = str(values.name)
    if pd.api.types.is_datetime64_any_dtype(values):
        return _in_range(name, values.dt.tz_localize(None).dt.normalize())
    text = _text(values).str.strip()
    number = pd.to_numeric(text.where(text != ""), errors="coerce")
    if (text != "").any() and number[text != ""].notna().all():
        days = (number >= _sas_day(YEARS[0])) & (number < _sas_day(YEARS[1]))
        dates = SAS_EPOCH + pd.to_timedelta(number.where(days).round(), unit="D")
        wrong = number.notna() & ~days
        if wrong.any():
            return dates.astype("datetime64[ns]"), _wrong(name, column, text, wrong, A_DATE)
        message = "numbers read as SAS dates, days since 1960-01-01"
        count = int(number.notna().sum())
        note = TrialFinding(name, column, "SAS dates", message, "note", count=count)
        return dates.astype("datetime64[ns]"), [note]
    # A date-time has its date in the first ten characters.
    dates = pd.to_datetime(text.str[:10].where(text != ""), format="%Y-%m-%d", errors="coerce")
    dates = dates.where(_is_date(dates))
    wrong = (text != "") & dates.isna()
    return dates.astype("datetime64[ns]"), _wrong(name, column, text, wrong, A_DATE)


def _sas_day(year: int) -> int:
    return (pd.Timestamp(year, 1, 1) - SAS_EPOCH).days


def _in_range(name: str, values: pd.Series) -> tuple[pd.Series, list[TrialFinding]]:
    wrong = values.notna() & ~_is_date(values)
    dates = values.where(~wrong).astype("datetime64[ns]")
    return dates, _wrong(name, str(values.name), values, wrong, A_DATE)


def _is_date(values: pd.Series) -> pd.Series:
    # Two comparisons are much faster than taking the year of a million dates.
    return values.between(*(pd.Timestamp(year, 1, 1) for year in YEARS), inclusive="left")


def _text_or_number(name: str, values: pd.Series) -> tuple[pd.Series, list[TrialFinding]]:
    text, column = _text(values), str(values.name)
    if not _is_numeric_name(column):
        return text, []
    number = pd.to_numeric(text.str.strip().where(text.str.strip() != ""), errors="coerce")
    wrong = (text.str.strip() != "") & number.isna()
    return number.astype(float), _wrong(name, column, text, wrong, "a number")


NUMERIC = {
    *"AVAL BASE CHG PCHG AGE A1LO A1HI ANRLO ANRHI ADURN TRTDURD HEIGHTBL WEIGHTBL BMIBL".split(),
    *"AVISITN VISITNUM AESEQ LBSEQ VSSEQ DOSE CUMDOSE AVGDD".split(),
}


def _is_numeric_name(column: str) -> bool:
    return column in NUMERIC or (column.endswith("DY") and len(column) > 2)


def _wrong(
    name: str, column: str, text: pd.Series, wrong: pd.Series, what: str
) -> list[TrialFinding]:
    if not wrong.any():
        return []
    first = int(wrong.to_numpy().argmax())
    message = f"must be {what} or empty; correct the value"
    at = (first + 1, str(text.iloc[first]), int(wrong.sum()))
    return [TrialFinding(name, column, "wrong type", message, "error", *at)]
