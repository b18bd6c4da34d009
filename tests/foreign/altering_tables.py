"""Alterations of what stands in the tables."""

import numpy as np
import pandas as pd
from altering import (
    NothingToAlter,
    a_column,
    a_table,
    alteration,
    as_text,
    harmless,
    put,
    some_rows,
)
from bases import Base

Rng = np.random.Generator
BLANKS = ("", "NA", ".", "N/A", "NULL", "-", " ", "UNKNOWN", "nan")


# Columns ---------------------------------------------------------------------------------------


@alteration
def column_dropped(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table)
    base.tables[table] = base.tables[table].drop(columns=column)
    return f"{table}.{column} dropped"


@alteration
def column_misspelt(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table)
    at = int(rng.integers(len(column)))
    new = column[:at] + column[at + 1 :] + column[at] if rng.random() < 0.5 else f"{column}_1"
    base.tables[table] = base.tables[table].rename(columns={column: new})
    return f"{table}.{column} renamed {new}"


@harmless
def names_in_lower_case(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    base.tables[table] = base.tables[table].rename(columns=lambda name: f" {name.lower()} ")
    return f"names of {table} in lower case, with blanks around"


@harmless
def columns_shuffled(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    frame = base.tables[table]
    base.tables[table] = frame[list(rng.permutation(frame.columns))]
    return f"columns of {table} shuffled"


@harmless
def rows_shuffled(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    frame = base.tables[table]
    base.tables[table] = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    return f"rows of {table} shuffled"


@harmless
def column_added(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    names = "ARM RESPONSE SUBGROUP OUTSIDE INDEX LEVEL_0 COUNT arm response row EVENTS TIME GROUP"
    name = str(rng.choice([*names.split(), "VALUE", "variable", "N", "day", "LABEL", "at_risk"]))
    frame = base.tables[table]
    if name.upper() in map(str.upper, frame.columns):
        raise NothingToAlter
    values = [f"x{each}" for each in rng.integers(3, size=len(frame))]
    base.tables[table] = frame.assign(**{name: values})
    return f"{table}.{name} added"


@alteration
def column_twice(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table)
    frame = base.tables[table]
    other = as_text(frame[column]).iloc[rng.permutation(len(frame))].set_axis(frame.index)
    base.formats[table] = "csv"
    base.tables[table] = pd.concat([frame.apply(as_text), other], axis=1)
    if rng.random() < 0.3:
        base.formats[table] = "parquet"
        base.tables[table] = frame.assign(**{column.lower(): other.to_numpy()})
    return f"{table}.{column} twice, with other values ({base.formats[table]})"


# Types -----------------------------------------------------------------------------------------


@harmless
def numbers_as_text(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table, among="number")
    base.tables[table][column] = as_text(base.tables[table][column])
    return f"{table}.{column} as text"


@harmless
def other_types(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    frame = base.tables[table]
    column = a_column(base, rng, table)
    values = frame[column]
    base.formats[table] = "parquet"
    if pd.api.types.is_numeric_dtype(values):
        exact = values.dropna()
        whole = bool(len(exact)) and bool((exact == exact.round()).all())
        frame[column] = values.astype("Int64" if whole else "Float64")
    elif pd.api.types.is_datetime64_any_dtype(values):
        frame[column] = values.astype("datetime64[ms]").dt.tz_localize("UTC")
    else:
        frame[column] = as_text(values).astype("category")
    return f"{table}.{column} as {frame[column].dtype}"


@alteration
def dates_otherwise(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table, among="date")
    dates = pd.to_datetime(base.tables[table][column])
    form = str(rng.choice(["%d.%m.%Y", "%m/%d/%Y", "%d%b%Y", "%Y%m%d", "%d-%m-%y", "%Y-%m"]))
    base.tables[table][column] = dates.dt.strftime(form).astype(object).where(dates.notna(), None)
    return f"{table}.{column} as {form}"


@harmless
def dates_as_iso(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table, among="date")
    dates = pd.to_datetime(base.tables[table][column])
    form = str(rng.choice(["%Y-%m-%d", "%Y-%m-%dT00:00:00", "%Y-%m-%dT08:30"]))
    base.tables[table][column] = dates.dt.strftime(form).astype(object).where(dates.notna(), None)
    return f"{table}.{column} as {form}"


@harmless
def dates_of_sas(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table, among="date")
    days = (pd.to_datetime(base.tables[table][column]) - pd.Timestamp("1960-01-01")).dt.days
    if days.isna().all():
        raise NothingToAlter
    base.tables[table][column] = days.astype(float)
    return f"{table}.{column} as SAS day numbers"


@alteration
def text_among_numbers(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table, among="number")
    frame = base.tables[table]
    value = str(rng.choice(["<5", "12 kg", "1,5", "1.2.3", "1e400", "inf", "-inf", "five", "٣"]))
    put(frame, column, some_rows(frame, rng, 0.02), value)
    return f"{table}.{column} holds {value}"


@alteration
def decimal_comma(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table, among="number")
    frame = base.tables[table]
    frame[column] = as_text(frame[column]).str.replace(".", ",")
    base.formats[table] = "csv"
    return f"{table}.{column} with decimal commas"


# Values ----------------------------------------------------------------------------------------


@alteration
def values_blanked(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table)
    frame = base.tables[table]
    rows, blank = some_rows(frame, rng), str(rng.choice(BLANKS))
    put(frame, column, rows, blank or None)
    return f"{table}.{column} '{blank}' in {int(rows.sum())} of {len(frame)} rows"


@harmless
def blanks_written(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table)
    frame = base.tables[table]
    held = as_text(frame[column])
    empty = held.isna() | (held == "")
    if not empty.any():
        raise NothingToAlter
    blank = str(rng.choice(["NA", ".", " "]))
    frame[column] = held.mask(empty, blank)
    return f"{table}.{column}: its {int(empty.sum())} blanks written '{blank}'"


@alteration
def case_changed(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table, among="text")
    frame = base.tables[table]
    held, rows = as_text(frame[column]), some_rows(frame, rng)
    other = held.str.lower() if rng.random() < 0.5 else held.str.title()
    put(frame, column, rows, other)
    return f"{table}.{column} in other case in {int(rows.sum())} rows"


@harmless
def blanks_behind(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table, among="text")
    frame = base.tables[table]
    held = as_text(frame[column])
    frame[column] = (held + "  ").where(held.notna() & (held != ""), held)
    return f"{table}.{column} with blanks behind"


@alteration
def value_replaced(base: Base, rng: Rng) -> str:
    """One level of a category is written as another word."""
    table = a_table(base, rng)
    column = a_column(base, rng, table, among="text")
    frame = base.tables[table]
    held = as_text(frame[column])
    levels = held.dropna().unique()
    if not len(levels) or len(levels) > 12:
        raise NothingToAlter
    old = str(rng.choice(levels))
    new = str(rng.choice(["X", "OTHER", f"{old}S", old[:-1] or "Z", "1", "$x_1$", "<b>&", "=1+1"]))
    put(frame, column, held == old, new)
    return f"{table}.{column} '{old}' → '{new}'"


@alteration
def flag_replaced(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    frame = base.tables[table]
    flags = [name for name in frame if str(name).endswith("FL") and (frame[name] == "Y").any()]
    if not flags:
        raise NothingToAlter
    flag = str(rng.choice(flags))
    value = str(rng.choice(["", "N", "X", "y", "1", "Yes", "0", "true"]))
    rows = some_rows(frame, rng) & (frame[flag] == "Y")
    put(frame, flag, rows, value or None)
    return f"{table}.{flag} '{value}' for Y in {int(rows.sum())} rows"


@alteration
def numbers_scaled(base: Base, rng: Rng) -> str:
    """Values in other units: of a parameter, with its change, or of one variable."""
    table = a_table(base, rng)
    frame = base.tables[table]
    by = float(rng.choice([1 / 7, 12.0, 1000.0, 0.1, -1.0, 2.54, 0.4536]))
    if "PARAMCD" not in frame:
        column = a_column(base, rng, table, among="number")
        frame[column] = pd.to_numeric(frame[column]) * by
        return f"{table}.{column} times {by:.4g}"
    code = str(rng.choice(frame["PARAMCD"].dropna().unique()))
    rows = (frame["PARAMCD"] == code) & some_rows(frame, rng)
    columns = [name for name in ("AVAL", "BASE", "CHG") if name in frame]
    columns = columns if rng.random() < 0.6 else columns[:1]
    for column in columns:
        values = pd.to_numeric(frame[column]).astype(float)
        frame[column] = values.where(~rows, values * by)
    return f"{table} {code} {', '.join(columns)} times {by:.4g} in {int(rows.sum())} rows"


@alteration
def one_value_wild(base: Base, rng: Rng) -> str:
    table = a_table(base, rng)
    column = a_column(base, rng, table, among="number")
    frame = base.tables[table]
    value = float(rng.choice([-5.0, 0.0, 1e9, 1e300, 0.3333333333333333, 530.0]))
    values = pd.to_numeric(frame[column]).astype(float).to_numpy(copy=True)
    if not len(values):
        raise NothingToAlter
    values[int(rng.integers(len(values)))] = value
    frame[column] = values
    return f"{table}.{column} {value:g} in one row"
