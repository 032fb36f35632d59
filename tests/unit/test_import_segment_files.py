"""`audiences import segment`: what it reads, writes, lists, and leaves alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dbt_audiences.cli.main import group
from dbt_audiences.core.definitions import Duration
from dbt_audiences.core.errors import UsageError
from dbt_audiences.flow.import_segment import Imported, import_segment
from dbt_audiences.importing.segment.records import slug
from dbt_audiences.spec import load_project

BUYERS = "event('Order Completed').count() >= 1"


def imported(folder: Path, *records: Any) -> Imported:
    (folder / "dbt_project.yml").write_text("name: target\n")
    (folder / "segment.json").write_text(json.dumps({"data": {"audiences": list(records)}}))
    return import_segment(folder / "segment.json", folder)


def record(key: str, query: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "definition": {"query": query}, **more}


def test_a_record_keeps_its_name_its_state_and_whom_it_takes(tmp_path: Path) -> None:
    named = record(
        "buyers", BUYERS, id="aud_1", name="Käufer: alle", description="Who # bought", enabled=False,
        options={"filterByExternalIds": ["user_id", "crm_id"], "backfillEventDataDays": 90},
    )  # fmt: skip
    (refused,) = imported(tmp_path, named).not_expressed
    assert refused.message == (
        "`crm_id` is no type of identifier of users: did you mean `user_id`? Types of your own stand below `identifiers:` in "
        "identity.yml"
    )
    (tmp_path / "identity.yml").write_text("identifiers: {crm_id: {external_id: crm_id}}\n")
    assert imported(tmp_path, named).not_expressed == ()
    assert (tmp_path / "audiences/buyers.yml").read_text(encoding="utf-8") == (
        "# yaml-language-server: $schema=../dbt_packages/dbt_audiences/docs/schemas/audience.json\n"
        "# Taken over from Segment aud_1:\n#   event('Order Completed').count() >= 1\n"
        'audience: buyers\nname: "Käufer: alle"\ndescription: "Who # bought"\nenabled: false\n'
        "identifiers: [user_id, crm_id]\nhistory: 90 days\n\nwho:\n  performed: Order Completed\n"
    )


@pytest.mark.parametrize(
    ("types", "include", "identifiers"),
    [
        (["user_id", "email", "android.idfa", "ios.idfa"], False, 4),
        (["user_id", "email", "android.idfa", "ios.idfa", "anonymous_id"], True, 5),
        (["user_id"], False, 1),
    ],
)
def test_filter_by_external_ids_says_who_is_eligible(types: list[str], include: bool, identifiers: int, tmp_path: Path) -> None:
    imported(tmp_path, record("x", BUYERS, options={"filterByExternalIds": types}))
    found = load_project(tmp_path).audiences["x"]
    assert (found.include_anonymous, len(found.identifiers)) == (include, identifiers)


def test_without_history_an_audience_begins_with_its_first_run_and_a_note_says_so(tmp_path: Path) -> None:
    done = imported(tmp_path, record("x", BUYERS, options={"includeHistoricalData": False}))
    assert load_project(tmp_path).audiences["x"].history == "none"
    assert [note.message for note in done.notes] == [
        "`history: none` begins with the first run here, and not with the day it was made at Segment"
    ]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(record("x", BUYERS)),
        json.dumps([record("x", BUYERS)]),
        json.dumps({"data": {"audience": record("x", BUYERS)}}, indent=2),
        json.dumps({"data": {"audiences": [record("x", BUYERS)], "pagination": {"current": "MA=="}}}),
        "\n".join(json.dumps(record(key, BUYERS)) for key in ("x", "y")) + "\n\n",
        json.dumps({"key": "x", "definition": BUYERS}),
    ],
    ids=["record", "list", "one", "page", "lines", "text"],
)
def test_records_are_found_in_every_form_of_answer(text: str, tmp_path: Path) -> None:
    (tmp_path / "all.json").write_text("\ufeff" + text, encoding="utf-8")
    assert "audiences/x.yml" in import_segment(tmp_path / "all.json", tmp_path).written


def test_a_text_is_one_query_and_its_file_gives_the_key(tmp_path: Path) -> None:
    (tmp_path / "Big Spenders.txt").write_text("event('Order Completed')\n  .sum(property('revenue')) > 1000\n")
    assert import_segment(tmp_path / "Big Spenders.txt", tmp_path).written == ("audiences/big_spenders.yml",)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", "event('A').count() >= 1", "a.json:1: neither JSON nor JSON Lines"),
        ("a.jsonl", '{"key": "x", "definition": "q"}\n{', "a.jsonl:2: neither JSON nor JSON Lines"),
        ("a.json", "[]", "holds no audience and no computed trait"),
        ("a.json", '{"data": 5}', "holds no audience and no computed trait"),
        ("a.txt", b"\xff", "is not UTF-8"),
    ],
)
def test_a_file_of_something_else_is_refused(name: str, content: str | bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as caught:
        import_segment(tmp_path / name, tmp_path)
    assert message in caught.value.message and caught.value.hint


@pytest.mark.parametrize(
    ("query", "place", "text", "message"),
    [
        ("event('A').where(property('a') = property('b')).count() >= 1", "1:18", "property('a') = property('b')",
         "two values of one event are compared; a right side of ours is a value, a trait, or a property of the parent"),
        ("event('A').where(property('p') = 1 OR event('B').count() >= 1).count() >= 1", "1:18",
         "property('p') = 1 OR event('B').count() >= 1",
         "properties and other events stand in one OR or NOT, and each has a place of its own here"),
        ("event('A').where(NOT (trait('t') = 1 AND property('p') = 2)).count() >= 1", "1:18",
         "NOT (trait('t') = 1 AND property('p') = 2)",
         "properties and traits stand in one OR or NOT, and each has a place of its own here"),
        ("event('A').where(event('B').within(5 days).count() >= 1).count() >= 1", "1:29",
         "event('B').within(5 days).count()",
         "the window of a child counts from now, and in `then` every one counts from the parent"),
        ("event('A').within(parent: 5 days).count() >= 1", "1:12", "event('A').within(parent: 5 days).count()",
         "`parent:` stands at an event that has no parent"),
        ("event('A').where(event('B').where(property(parent: 'p') = 1).count() >= 1).count() >= 1", "1:35",
         "property(parent: 'p') = 1", "the parent is judged inside of its child: move it into the parent's `where`"),
        ("event('A').where(event('B').where(trait('p') = 1).count() >= 1).count() >= 1", "1:35", "trait('p') = 1",
         "a trait is compared inside of `where`, which judges events: move it beside the event"),
        ("event('A').where(event('B').count() >= 0).count() >= 1", "1:18", "event('B').count() >= 0",
         "every number of events makes this true, so it is no step"),
        ("event('A').where(event('B').first(property('p')) = 1).count() >= 1", "1:18",
         "event('B').first(property('p')) = 1", "`first` of child events is a value that no step of ours compares"),
        ("event('A').sum(context('p')) > 1", "1:1", "event('A').sum(context('p'))",
         "a reducer of ours reads a property, never the context"),
        ("event('A').count() >= trait('n')", "1:1", "event('A').count() >= trait('n')",
         "a count is compared with a number that is written out"),
        ("event('A').count().contains('1')", "1:1", "event('A').count().contains('1')",
         "a count is a number, and `contains` is not for numbers"),
        ("event('A').max(property('p')) > 'b'", "1:1", "event('A').max(property('p')) > 'b'",
         "the aggregate is a number, and this compares with something else"),
        ("event('*').count() > 1", "1:1", "event('*').count()", "an event needs a name; `*` as one would be any event here"),
        ("event('A').between(1 day, 2 days).between(3 days, 4 days).count() > 1", "1:35",
         "event('A').between(1 day, 2 days).between(3 days, 4 days).count()",
         "two `between` stand at one event, and ours takes one"),
        ("ANY event('A').count() > 1", "1:1", "ANY event('A').count() > 1",
         "`ANY` asks for the users of an account: users have no users of their own"),
        ("property('p') = 1", "1:1", "property('p') = 1",
         "`property` stands outside of `where`, where there is no event to read it from"),
        ("1 = 2", "1:1", "2 = 1", "two literals are compared"),
        ("trait('t').before_date('soon')", "1:1", "trait('t').before_date('soon')", "`soon` is no ISO 8601 date or time"),
        ("trait('t') > true", "1:1", "trait('t') > true", "true and false have no order"),
        ("trait('vip').exists()", "1:1", "trait('vip').exists()",
         "`vip` is an audience: somebody is in it or not, and nothing else can be asked"),
        ("trait('plan') = trait('vip')", "1:1", "trait('plan') = trait('vip')",
         "`vip` is an audience, and only `in_audience` reads one"),
        ("trait('x') = ", "1:14", "trait('x') = ", "a condition is missing here: the query ends here"),
        ("", "", "", "there is no query: its definition was not in the answer, or is of an older kind"),
        ("event('A').within(0 days).count() >= 1", "", "within: 0 days",
         "`within` must be longer than nothing: a length of time is 1 or more of its unit"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_listed_and_not_written(query: str, place: str, text: str, message: str, tmp_path: Path) -> None:
    done = imported(tmp_path, record("x", query), record("vip", "trait('plan') = 'gold'"))
    assert done.written == ("audiences/vip.yml",)
    (finding,) = done.not_expressed
    assert (finding.key, finding.text, finding.message) == ("x", text, message)
    assert finding.place.endswith(place)
    assert finding.place.startswith(("segment.json: x", "audiences/x.yml:"))


def test_every_part_is_listed_not_only_the_first(tmp_path: Path) -> None:
    done = imported(tmp_path, record("x", "property('a') = 1 AND (trait('b') > true OR trait('c') = 1) AND 1 = 1"))
    assert [finding.place for finding in done.not_expressed] == [f"segment.json: x:1:{column}" for column in (1, 24, 65)]


def test_an_audience_that_reads_one_that_was_not_written_is_not_written_either(tmp_path: Path) -> None:
    done = imported(tmp_path, record("a", "trait('b') = true"), record("b", "trait('c') = true"), record("c", "1 = 1"))
    assert done.written == ()
    assert [(finding.key, finding.message) for finding in done.not_expressed] == [
        ("c", "two literals are compared"),
        ("b", "there is no audience `c`: write audiences/c.yml"),
        ("a", "there is no audience `b`: write audiences/b.yml"),
    ]


def test_a_circle_is_refused(tmp_path: Path) -> None:
    done = imported(tmp_path, record("a", "trait('b') = true"), record("b", "trait('a') = true"))
    assert done.written == ()
    assert "would create a cycle" in done.not_expressed[0].message


def test_what_reads_a_disabled_audience_is_written_as_disabled_and_listed(tmp_path: Path) -> None:
    done = imported(
        tmp_path, record("a", "trait('b') = true"), record("b", "trait('c') = true"), record("c", BUYERS, enabled=False)
    )
    assert [one.enabled for one in load_project(tmp_path).audiences.values()] == [False, False, False]
    assert sorted(one.message for one in done.not_expressed) == [
        "it is written as disabled, since it reads `b`, which is disabled",
        "it is written as disabled, since it reads `c`, which is disabled",
    ]


def test_a_key_that_is_none_here_gets_another_and_references_follow(tmp_path: Path) -> None:
    done = imported(tmp_path, record("Übergroße Käufer", BUYERS), record("2nd", "trait('Übergroße Käufer') = true"),
                    record("runs", BUYERS), record("RUNS!", BUYERS))  # fmt: skip
    assert done.written == ("audiences/a_2nd.yml", "audiences/imported_runs.yml", "audiences/ubergroe_kaufer.yml")
    assert len(done.notes) == 3
    assert [one.message for one in done.not_expressed] == ["`runs` has taken the key `imported_runs` already"]


def test_linked_audiences_and_kinds_unknown_are_listed(tmp_path: Path) -> None:
    done = imported(tmp_path, record("a", BUYERS, audienceType="LINKED"), record("b", BUYERS, audienceType="HOUSES"))
    assert [one.message for one in done.not_expressed] == [
        "a linked audience reads tables of the warehouse: say it in SQL, as a SQL trait",
        "audiences of `HOUSES` are not known: USERS and ACCOUNTS are",
    ]


def test_mode_first_and_last_become_computed_traits_that_the_audience_reads(tmp_path: Path) -> None:
    first = "event('A').first(property('p'))"
    query = f"{first} = 1 AND {first} != 2 AND event('B').mode(property('q'), 3).omits('x')"
    done = imported(tmp_path, record("x", query))
    assert done.written == ("audiences/x.yml", "traits/x_first.yml", "traits/x_most_frequent_2.yml")
    assert len(done.notes) == 2
    assert (tmp_path / "audiences/x.yml").read_text().endswith(
        "who:\n  all:\n    - {trait: x_first, equals: 1}\n    - {trait: x_first, not_equals: 2}\n"
        "    - {not: {trait: x_most_frequent_2, contains: x}}\n"
    )  # fmt: skip


def test_what_a_record_says_of_history_holds_for_its_traits_too(tmp_path: Path) -> None:
    query = "event('A').first(property('p')) = 1"
    imported(tmp_path, record("x", query, options={"backfillEventDataDays": 1}), record("y", "event('A').count()",
             options={"backfillDurationDays": 30}), record("z", "event('A').within(2 days).count()",
             options={"backfillDurationDays": 30}))  # fmt: skip
    traits = load_project(tmp_path).traits
    windows = {key: trait.performed.window.within for key, trait in traits.items()}
    assert windows == {"x_first": Duration(1, "days"), "y": Duration(30, "days"), "z": Duration(2, "days")}
    done = imported(tmp_path, record("new", query, options={"includeHistoricalData": False}))
    assert [one.message for one in done.not_expressed] == [
        "`mode`, `first` and `last` become computed traits, which always read history"
    ]
    done = imported(tmp_path, record("t", "event('A').count()", options={"includeHistoricalData": False}))
    assert [one.message for one in done.not_expressed] == ["a computed trait of ours always reads history"]


def test_what_is_there_already_is_left_as_it_is_and_importing_again_changes_nothing(tmp_path: Path) -> None:
    first = imported(tmp_path, record("x", BUYERS))
    assert imported(tmp_path, record("x", BUYERS)) == first
    (tmp_path / "audiences/x.yml").write_text("audience: x\nwho: everyone\n")
    done = imported(tmp_path, record("x", BUYERS))
    assert done.written == ()
    assert [(one.key, one.place) for one in done.not_expressed] == [("x", "audiences/x.yml")]
    assert (tmp_path / "audiences/x.yml").read_text() == "audience: x\nwho: everyone\n"


def test_what_no_longer_fits_beside_the_new_files_is_listed(tmp_path: Path) -> None:
    (tmp_path / "audiences").mkdir()
    (tmp_path / "audiences/old.yml").write_text("audience: old\nwho: {trait: vip, equals: true}\n")
    (tmp_path / "audiences/broken.yml").write_text("audience: broken\n")
    done = imported(tmp_path, record("vip", BUYERS))
    assert done.written == ("audiences/vip.yml",)
    assert [(one.key, one.place, one.message) for one in done.not_expressed] == [
        (
            "old",
            "audiences/old.yml:2:6",
            "beside what stood there already: `vip` is an audience, which only `in_audience` reads: "
            "`custom.vip` reaches a custom trait of that name",
        )
    ]


def test_odd_texts_reach_the_file_unharmed(tmp_path: Path) -> None:
    texts = [
        "NO",
        "null",
        "1_000",
        "12:30",
        "{{ x }}",
        "a: b",
        "- a",
        "#x",
        "'",
        '"',
        "\\",
        " ",
        "",
        "é\u2028",
        "=",
        "*",
        "&a",
        "0x1f",
    ]
    listed = ", ".join("'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'" for text in texts)
    assert imported(tmp_path, record("x", f"trait('t').one_of({listed})", name="\n- {[")).not_expressed == ()
    found = load_project(tmp_path).audiences["x"].who
    assert [one.value for one in found.comparisons[0].operand] == texts  # type: ignore[union-attr]


def test_the_command_lists_what_it_did_and_exits_1_when_something_was_not_expressed(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text(BUYERS)
    run = CliRunner().invoke
    done = run(group, ["import", "segment", str(tmp_path / "q.txt"), "--output", str(tmp_path)], standalone_mode=False)
    assert (done.return_value, done.stdout) == (0, "audiences/q.yml\n")
    (tmp_path / "bad.txt").write_text("trait('x') > true")
    arguments = ["import", "segment", str(tmp_path / "bad.txt"), "--output", str(tmp_path), "--json"]
    done = run(group, arguments, standalone_mode=False)
    assert done.return_value == 1
    assert json.loads(done.stdout) == {
        "folder": str(tmp_path),
        "written": [],
        "not_expressed": [
            {"key": "bad", "place": "bad.txt:1:1", "text": "trait('x') > true", "message": "true and false have no order"}
        ],
        "notes": [],
    }


def test_a_key_is_made_of_any_text() -> None:
    made = [slug(text) for text in ("Big Spenders", "7 days", "日本", "x" * 80)]
    assert made == [
        "big_spenders",
        "a_7_days",
        "audience",
        "x" * 63,
    ]
