"""Columns marked as personal: what is shown of them is masked, and what is computed and sent is as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.projects import identify, new_project, track
from tests.integration.receiver import Answer
from tests.integration.worlds import World, running_world, send_to

from dbt_audiences.core.personal import Hidden, Personal

MARKS = """
models:
  - name: scores
    config: {meta: {sql_trait: {of: users, identifier: email}}}
    columns:
      - {name: email, config: {meta: {personal: true}}}
      - {name: age, meta: {personal: true}}
      - {name: plan, config: {meta: {personal: false}}}
"""
ANN = "ann.smith@example.com"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as made:
        yield made


def test_previews_explanations_samples_of_bad_rows_and_logs_show_nothing_personal(tmp_path: Path) -> None:
    project = new_project(tmp_path / "shop")
    project.load(
        identify(-5, userId="ann", messageId="m1", traits={"email": ANN, "age": "forty-one", "plan": "gold"}),
        track("ann", "Bought", -3, properties={"age": "forty-two", "plan": "silver"}),
    )
    project.sql(
        "create table raw.scores (email text, age integer, plan text)",
        f"insert into raw.scores values ('{ANN}', 4242, 'a'), ('{ANN}', 4343, 'b')",
    )
    project.write("models/marts/scores.sql", "select email, age, plan from raw.scores\n")
    project.write("models/marts/scores.yml", MARKS)
    conditions = ("{trait: custom.age, gte: 9}", "{performed: Bought, where: {property: age, gte: 9}}", "{performed: Bought}")
    project.define("old", f"{{any: [{', '.join(conditions)}]}}")
    report = project.run(expect=1)
    (failure,) = [one for one in report["failures"] if one["name"] == "check_sql_trait_scores"]
    assert '*** {"age": "***", "plan": "a"} | *** {"age": "***", "plan": "b"}' in failure["message"]
    unreadable = {(one["kind"], one["path"]): one["samples"] for one in report["unreadable_values"]}
    assert unreadable == {("event", "age"): [], ("trait", "age"): []}
    shown = [
        project.audiences("preview", "old"),
        project.audiences("preview", "scores"),
        project.audiences("explain", "old", "user_id:ann"),
    ]
    told = {
        "report": json.dumps(report),
        "log": (project.root / "logs/dbt.log").read_text(),
        **{f"command {number}": one.out + one.err for number, one in enumerate(shown)},
    }
    values = (ANN, "forty-one", "forty-two", "4242", "4343")
    found = [(what, value) for what, text in told.items() for value in values if value in text]
    assert found == []
    assert "***" in shown[0].out and "***" in shown[1].out and 'age="***" plan="silver"' in shown[2].out
    assert project.sql("select value from audiences.profile_identifiers where type = 'email'") == [(ANN,)]


@pytest.mark.parametrize("form", ["boolean", "events", "list"])
def test_a_dry_run_and_what_a_destination_says_hold_nothing_personal_and_what_is_sent_does(world: World, form: str) -> None:
    world.send = send_to(as_=form, traits=(("age", "years"), ("plan", "plan")))
    traits = '{"years":41,"plan":"gold"}'
    world.want([("p", "email", ANN, traits), ("p", "user_id", "u7", traits)])
    personal = Personal(frozenset({"email", "age"}))
    dry = world.sync(dry_run=True, personal=personal)
    text = json.dumps(dry.requests)
    assert ANN not in text and "41" not in text and "gold" in text and "u7" in text and '"years": "***"' in text
    world.receiver.answers.append(Answer(503))
    world.receiver.decide = lambda got: Answer(400, f"who is {ANN.upper()}?")
    result = world.sync(personal=personal)
    assert (result.status, result.message) == ("failed", "1 rejected: 400: who is ***?")
    assert ANN in world.receiver.requests[0].body.decode()
    assert world.fetch("select distinct reason from deliveries") == [("400: who is ***?",)]


def test_what_waits_is_shown_without_what_is_personal(world: World) -> None:
    world.want([("p", "email", ANN, "{}")])
    world.receiver.usual = Answer(503)
    world.sync()
    personal = Personal(frozenset({"email"}))
    (shown,) = world.sync(dry_run=True, personal=personal).requests
    assert ANN not in json.dumps(shown) and "***" in json.dumps(shown)


def test_texts_are_found_in_any_case_and_phones_in_any_form() -> None:
    hidden = Hidden.of([ANN, "+49 (170) 12-34-567", "7", "", "Bo"])
    assert hidden.out_of(f"<{ANN.title()}>: no") == "<***>: no"
    assert [hidden.out_of(text) for text in ("+491701234567", "7", "17", "bo", "Bob", "")] == [
        "***",
        "***",
        "17",
        "***",
        "Bob",
        "",
    ]
    personal = Personal(frozenset({"age"})).renamed([("AGE", "Years"), ("plan", "tier")])
    assert personal.names == {"age", "years"}
    assert personal.content({"a": [{"Years": 4}, {"age": None}, 4]}) == {"a": [{"Years": "***"}, {"age": None}, 4]}
    assert personal.row(("AGE", "age.of", "plan"), (4, {"x": 1}, None)) == ("***", "***", None)
