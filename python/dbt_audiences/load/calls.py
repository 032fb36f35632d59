"""The SQL that reads a call into one row, with the reason when it must be rejected.

Three queries give the same columns, `STAGED_COLUMNS`:
  from_lines    lines of JSON, as they stand in a file
  from_values   the JSON text of each field, taken out by `exact.py` for the lines that the engine would change
  from_columns  the columns of a Parquet file
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

# The fields of a call, in the order of the values of `from_values`; of the times, the first that can be used counts.
TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
TEXTS = {
    "type": "type",
    "messageId": "message_id",
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "event": "event",
    "name": "name",
    "groupId": "group_id",
    "previousId": "previous_id",
}
OBJECTS = ("properties", "traits", "context")
FIELDS = (*TIMES, *TEXTS, *OBJECTS)

TYPES = ("track", "page", "screen", "identify", "group", "alias")
CONTENT_LENGTH = 10_000

STAGED_COLUMNS = (
    "line, reason, content, message_id, type, occurred_at, received_at, user_id, anonymous_id, event, name, group_id, "
    "previous_id, properties, traits, context"
)

POSTPONED = "?"
"""The reason of a line that `exact.py` has to read; its content is whole."""

Read = Callable[[str], str]

# What the engine's JSON reader takes though it is no JSON (NaN, a comma too many), or rounds (a number of many digits).
_ODD = r"'[0-9][0-9.]{15,}[ eE,}\]]|,\s*[}\]]|[:,\[]\s*-?[nNiI][aAnN]'"

_INSTANT = (
    r"'^(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-[0-9]{2}-[0-9]{2}(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]"
    r"(?::[0-5][0-9](?:\.[0-9]+)?)?(?:Z|[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?)?)?$'"
)

_NUL = r"'(?:^|[^\\])(?:\\\\)*\\u0000'"


def inexact(text: str) -> str:
    """Whether a JSON text has to be read by `exact.py`."""
    return f"(regexp_matches({text}, {_ODD}) or {_deep(text)})"


def _deep(text: str) -> str:
    """Whether a JSON text may be nested deeper than other readers follow."""
    return f"(length({text}) > 2000 and length({text}) - length(replace(replace({text}, '{{', ''), '[', '')) > 400)"


def _changed(text: str, read: str) -> str:
    """The same as `inexact`, for less, where the text as the engine writes it is at hand."""
    same = f"contains({read}, 'NaN') or contains({read}, 'Infinity') or {_deep(read)}"
    return f"case when {read} is null then false when {read} = {text} then {same} else {inexact(text)} end"


def instant(text: str) -> str:
    """An ISO 8601 text as a naive instant in UTC, cut to microseconds; null for anything else."""
    # A cast to `timestamp` would leave the offset out without a word.
    return f"case when regexp_matches({text}, {_INSTANT}) then try_cast({text} as timestamptz) at time zone 'UTC' end"


def epoch(text: str) -> str:
    """The text of a number of seconds (below 1e11) or milliseconds (below 1e14) since 1970 as an instant, else null."""
    number = f"try_cast({text} as decimal(24, 9))"
    return (
        f"case when abs({number}) < 100000000000 then make_timestamp(cast(floor({number} * 1000000) as bigint))"
        f" when abs({number}) < 100000000000000 then make_timestamp(cast(floor({number} * 1000) as bigint)) end"
    )


def from_lines(lines: str, otherwise: str, elsewhere: str) -> str:
    """`lines` is a query of `line` and `text`; `otherwise` is the instant of a call that has none, in SQL; for `elsewhere` see
    `named_elsewhere`."""
    paths = ", ".join(f"'$.{field}'" for field in FIELDS)
    malformed = f"""case
            when inexact then '{POSTPONED}'
            when field is null then 'not JSON'
            when starts_with(text, '{{') then null
            when not starts_with(ltrim(text, e' \\t\\r'), '{{') then 'not a JSON object'
        end"""
    return f"""with lines as ({lines}),
flagged as (select line, text, {inexact("text")} as inexact from lines
    where case when starts_with(text, '{{') then true else trim(text, e' \\t\\r') <> '' end),
source as (
    select *, case when not inexact then try(cast(json_extract(text, [{paths}]) as varchar[])) end as field
    from flagged
),
{_from_json(malformed, otherwise, elsewhere)}"""


def from_values(lines: str, otherwise: str, elsewhere: str) -> str:
    """`lines` is a query of `line`, `text` (the line) and `given` (a JSON array: the JSON text of each field)."""
    paths = ", ".join(f"'$[{index}]'" for index, _ in enumerate(FIELDS))
    return f"""with lines as ({lines}),
source as (select line, text, json_extract_string(given, [{paths}]) as field from lines),
{_from_json("cast(null as varchar)", otherwise, elsewhere)}"""


def from_columns(rows: str, types: Mapping[str, str], elsewhere: str) -> str:
    """`rows` is a query of `line` and, as `f_` and the field, every column in `types`, the engine's type of each."""

    def column(read: Callable[[str, str], str], type: str) -> Read:
        absent = "false" if type == "boolean" else f"cast(null as {type})"
        return lambda field: read(f"f_{field}", types[field]) if field in types else absent

    present = [field for field in OBJECTS if field in types]
    objects = "".join(f", {_object_column(f'f_{field}', types[field])} as o_{field}" for field in present)
    reads = "".join(f", cast(try(json(o_{field})) as varchar) as r_{field}" for field in present)
    changed = " or ".join(_changed(f"o_{field}", f"r_{field}") for field in present) or "false"
    # Written out for `exact.py` with the texts as they were read here: a float that stands for a whole number is one no more.
    read_here = [field for field in types if field in TEXTS and _no_text_column("", types[field]) == "false"]
    written = [f"'{field}': {TEXTS[field] if field in read_here else f'f_{field}'}" for field in types]
    content = f"cast(to_json({{{', '.join(written)}}}) as varchar)"
    parsed = _parsed(
        malformed=f"case when {changed} then '{POSTPONED}' end",
        otherwise="null",
        time=column(_time_column, "timestamp"),
        text=column(_text_column, "varchar"),
        object=lambda field: f"r_{field}" if field in types else "cast(null as varchar)",
        no_text=column(_no_text_column, "boolean"),
        no_object=lambda field: (
            f"o_{field} is not null and not coalesce(starts_with(r_{field}, '{{'), false)" if field in types else "false"
        ),
    )
    return f"""with given as ({rows}),
texts as (select *{objects} from given),
source as (select *{reads} from texts),
{parsed},
{_judged(content, elsewhere)}"""


def _from_json(malformed: str, otherwise: str, elsewhere: str) -> str:
    place = {field: f"field[{index}]" for index, field in enumerate(FIELDS, start=1)}

    def time(field: str) -> str:
        value = place[field]
        return f"case when starts_with({value}, '\"') then {instant(_unquoted(value))} else {epoch(value)} end"

    def text(field: str) -> str:
        value = place[field]
        return (
            f"case when starts_with({value}, '\"') then {_filled(_unquoted(value))}"
            f" when {value} <> 'null' and not {no_text(field)} then {value} end"
        )

    def no_text(field: str) -> str:
        return f"substr({place[field]}, 1, 1) in ('{{', '[', 't', 'f')"

    parsed = _parsed(
        malformed=malformed,
        otherwise=otherwise,
        time=time,
        text=text,
        object=lambda field: f"case when starts_with({place[field]}, '{{') then {place[field]} end",
        no_text=no_text,
        no_object=lambda field: f"{place[field]} <> 'null' and not starts_with({place[field]}, '{{')",
    )
    return f"{parsed},\n{_judged('text', elsewhere)}"


def _filled(text: str) -> str:
    """The text as it is, and null for one of blanks."""
    return f"case when trim({text}) <> '' then {text} end"


def _unquoted(value: str) -> str:
    # By code points: `value[2:-2]` takes a quote and a combining mark after it for one character.
    bare = f"substr({value}, 2, length({value}) - 2)"
    return f"case when contains({value}, '\\') then json_extract_string({value}, '$') else {bare} end"


def _parsed(*, malformed: str, otherwise: str, time: Read, text: Read, object: Read, no_text: Read, no_object: Read) -> str:
    misfits = [f"when {no_text(field)} then '{field} is neither a text nor a number'" for field in TEXTS]
    misfits += [f"when {no_object(field)} then '{field} is not an object'" for field in OBJECTS]
    columns = [f"{malformed} as malformed", f"case {' '.join(misfits)} end as misfit"]
    columns.append(f"coalesce({', '.join(time(field) for field in TIMES)}, {otherwise}) as occurred_at")
    columns.append(f"{time('receivedAt')} as received_at")
    columns += [f"{text(field)} as {name}" for field, name in TEXTS.items()]
    columns += [f"{object(field)} as {field}" for field in OBJECTS]
    listed = ",\n        ".join(columns)
    return f"parsed as (\n    select\n        source.*,\n        {listed}\n    from source\n)"


def _judged(content: str, elsewhere: str) -> str:
    """`content` writes the call out, for a person and for `exact.py`; only a call with a reason is."""
    nul = " or ".join(
        [f"contains({name}, chr(0))" for name in TEXTS.values()]
        + [f"(contains({field}, '\\u0000') and regexp_matches({field}, {_NUL}))" for field in OBJECTS]
    )
    call = ", ".join(f"'{name}': {name}" for name in ("occurred_at", *TEXTS.values(), *OBJECTS) if name != "message_id")
    columns = ", ".join(name for name in STAGED_COLUMNS.split(", ") if name not in ("line", "reason", "content", "message_id"))
    return f"""judged as (
    select
        parsed.*,
        case
            when malformed is not null then malformed
            when misfit is not null then misfit
            when type is null then 'no type'
            when not regexp_full_match(type, '{"|".join(TYPES)}') then 'unknown type ' || left(replace(type, chr(0), ' '), 40)
            when user_id is null and anonymous_id is null and not coalesce({elsewhere}, false) then 'no identifier'
            when type = 'track' and event is null then 'track without event'
            when type = 'group' and group_id is null then 'group without groupId'
            when type = 'alias' and previous_id is null then 'alias without previousId'
            when occurred_at is null or occurred_at < timestamp '0001-01-01' or occurred_at >= timestamp '10000-01-01'
                then 'no usable time'
            when {nul} then 'NUL character'
        end as reason
    from parsed
)
select
    line,
    reason,
    case
        when reason = '{POSTPONED}' then {content}
        when reason is not null then replace(left({content}, {CONTENT_LENGTH}), chr(0), chr(65533))
    end as content,
    case when reason is not null or message_id is not null then message_id else md5(cast(to_json({{{call}}}) as varchar)) end
        as message_id,
    {columns}
from judged"""


_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
_FRACTIONAL = ("FLOAT", "DOUBLE", "DECIMAL")
_NUMBERS = (*_WHOLE, *_FRACTIONAL)


def _base(type: str) -> str:
    return type.upper().split("(")[0] if not type.endswith("]") else "LIST"


def _time_column(column: str, type: str) -> str:
    kind = _base(type)
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"{column} at time zone 'UTC'"
    if kind == "TIMESTAMP_NS":
        # The cast would round.
        return f"make_timestamp(cast(floor(epoch_ns({column}) / 1000.0::decimal(5, 1)) as bigint))"
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return f"cast({column} as timestamp)"
    text = f"cast({column} as varchar)"
    return epoch(text) if kind in _NUMBERS else f"coalesce({instant(text)}, {epoch(text)})"


def _text_column(column: str, type: str) -> str:
    text = _filled(f"cast({column} as varchar)")
    if _base(type) in _FRACTIONAL:
        # A column of whole numbers becomes one of floats where one is missing.
        is_whole = f"{column} = trunc({column}) and abs({column}) < 1e15"
        return f"case when {is_whole} then cast(cast({column} as bigint) as varchar) else {text} end"
    return text


def _no_text_column(column: str, type: str) -> str:
    taken = _base(type) in (*_NUMBERS, "VARCHAR", "UUID") or type.startswith("ENUM")
    return "false" if taken else f"{column} is not null"


def _object_column(column: str, type: str) -> str:
    if _base(type) in ("VARCHAR", "JSON"):
        return f"nullif(nullif(trim(cast({column} as varchar)), ''), 'null')"
    return f"cast(to_json({column}) as varchar)"
