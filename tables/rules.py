"""Turns a column's kind into SQL: the value it holds, and the rule that a bad value breaks.

Text and typed input go through the same rules; a type that could only be a mistake (a timestamp
where milliseconds are wanted) refuses the file rather than each of its rows.
"""

from dataclasses import dataclass

import pyarrow as pa

from tables.columns import EARLIEST_MS, LATEST_AHEAD_MS, Column, Kind
from tables.engine import literal

WHOLE_KINDS = {Kind.ID, Kind.TIME, Kind.COUNT, Kind.SMALL_COUNT, Kind.SECONDS}
TEXT_KINDS = {Kind.TEXT, Kind.CHOICE}
LARGEST_EXACT_FLOAT = 2**53
LARGEST_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ColumnSql:
    """Three expressions over a staged row.

    Attributes:
        value: The typed value, null where absent or unreadable.
        written: The input as text, null where absent.
        broken_rule: The rule that the input breaks, null where it breaks none.
    """

    value: str
    written: str
    broken_rule: str


def accepts(column: Column, kind: pa.DataType) -> bool:
    """Whether a column of Arrow type `kind` can hold such values at all."""
    if pa.types.is_null(kind) or _is_text(kind):
        return True
    if column.kind is Kind.LIST:
        return _is_list_of_text(kind)
    if column.kind is Kind.FLAG:
        return bool(pa.types.is_boolean(kind) or pa.types.is_integer(kind))
    if column.kind is Kind.DAY:
        return bool(pa.types.is_date(kind))
    if column.kind in TEXT_KINDS:
        return bool(pa.types.is_integer(kind))
    return _is_number(kind)


def column_sql(column: Column, staged: str, kind: pa.DataType, now_ms: int) -> ColumnSql:
    """The rules of `column` over staged column `staged` of type `kind`."""
    if column.kind is Kind.LIST and _is_list_of_text(kind):
        return ColumnSql(_clean_list(staged), f"array_to_string({staged}, '|')", "NULL")
    is_text = not _is_number(kind) and not pa.types.is_boolean(kind)
    raw = f"nullif(trim({staged}::VARCHAR), '')" if is_text else staged
    value = _value(column, staged, raw, is_text, pa.types.is_floating(kind))
    absent = "'is missing'" if column.required else "NULL"
    broken = f"CASE WHEN {raw} IS NULL THEN {absent} {_tests(column, raw, value, now_ms)} END"
    if column.default is not None:
        value = f"coalesce({value}, {literal(column.default)})"
    return ColumnSql(value, f"{staged}::VARCHAR", broken)


def _value(column: Column, staged: str, raw: str, is_text: bool, is_float: bool) -> str:
    if column.kind in WHOLE_KINDS:
        sql_type = "INTEGER" if column.kind is Kind.SMALL_COUNT else "BIGINT"
        return _whole(raw, sql_type, is_text, is_float)
    if column.kind is Kind.NUMBER:
        return _finite(raw, is_text)
    if column.kind is Kind.DAY:
        return f"epoch_ms(TRY_CAST({raw} AS DATE))"
    if column.kind is Kind.FLAG:
        text = f"lower({raw}::VARCHAR)"
        return (
            f"CASE WHEN {text} IN ('true', '1') THEN TRUE WHEN {text} IN ('false', '0') "
            "THEN FALSE END"
        )
    if column.kind is Kind.LIST:
        return _clean_list(f"string_split({raw}, '|')")
    if column.kind is Kind.CHOICE:
        return f"CASE WHEN {raw} IN ({_choices(column)}) THEN {raw} END"
    return f"CASE WHEN {raw} IS NOT NULL THEN {staged}::VARCHAR END"


def _whole(raw: str, sql_type: str, is_text: bool, is_float: bool) -> str:
    if is_float:
        exact = f"{raw} = trunc({raw}) AND abs({raw}) <= {LARGEST_EXACT_FLOAT}"
        return f"CASE WHEN isfinite({raw}) AND {exact} THEN TRY_CAST({raw} AS {sql_type}) END"
    if not is_text:
        return f"TRY_CAST({raw} AS {sql_type})"
    return (
        f"CASE WHEN regexp_full_match({raw}, '[+-]?[0-9]+') THEN TRY_CAST({raw} AS {sql_type}) "
        f"WHEN regexp_full_match({raw}, '[+-]?[0-9]+[.]0*') "
        f"THEN TRY_CAST(split_part({raw}, '.', 1) AS {sql_type}) END"
    )


def _finite(raw: str, is_text: bool) -> str:
    number = f"TRY_CAST({raw} AS DOUBLE)"
    if not is_text:
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    decimal = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
    return (
        f"CASE WHEN regexp_full_match({raw}, '{decimal}') AND isfinite({number}) THEN {number} END"
    )


def _tests(column: Column, raw: str, value: str, now_ms: int) -> str:
    """The `WHEN … THEN rule` clauses for a value that is there."""
    unreadable = f"WHEN {value} IS NULL THEN"
    negative = f"WHEN {value} < 0 THEN 'must not be negative'"
    match column.kind:
        case Kind.ID | Kind.COUNT:
            return f"{unreadable} 'is not a whole number of 64 bits' {negative}"
        case Kind.SMALL_COUNT:
            return f"{unreadable} 'is not a whole number up to {LARGEST_INT32}' {negative}"
        case Kind.TIME:
            limits = _time_limits(value, EARLIEST_MS, now_ms + LATEST_AHEAD_MS)
            return f"{unreadable} 'is not a whole number of milliseconds' {limits}"
        case Kind.SECONDS:
            limits = _time_limits(value, EARLIEST_MS // 1000, (now_ms + LATEST_AHEAD_MS) // 1000)
            return f"{unreadable} 'is not a whole number of seconds' {limits}"
        case Kind.DAY:
            limits = _time_limits(value, EARLIEST_MS, now_ms + LATEST_AHEAD_MS)
            return f"{unreadable} 'is not a date like 2022-04-25' {limits}"
        case Kind.NUMBER:
            return f"{unreadable} 'is not a finite number'"
        case Kind.FLAG:
            return f"{unreadable} 'is not one of true, false, 0, 1'"
        case Kind.CHOICE:
            rule = "is not one of " + ", ".join(column.choices)
            return f"WHEN {raw} NOT IN ({_choices(column)}) THEN {literal(rule)}"
        case Kind.TEXT | Kind.LIST:
            return ""


def _time_limits(value: str, earliest: int, latest: int) -> str:
    return (
        f"WHEN {value} < {earliest} THEN 'must not be before 1990 ({earliest})' "
        f"WHEN {value} > {latest} THEN 'must not be more than a day ahead ({latest})'"
    )


def _choices(column: Column) -> str:
    return ", ".join(literal(choice) for choice in column.choices)


def _clean_list(values: str) -> str:
    """Names without surrounding blanks, empty ones left out, repeats once, in the order given."""
    trimmed = f"list_transform({values}, lambda name: trim(name))"
    named = f"list_filter({trimmed}, lambda name: name <> '')"
    first_only = f"list_filter({named}, lambda name, place: list_position({named}, name) = place)"
    return f"coalesce({first_only}, []::VARCHAR[])"


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_list_of_text(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.ListType | pa.LargeListType) and _is_text(kind.value_type)
