"""What destinations require, priorities and holdouts, checked: they are about people, and about what is sent there."""

from __future__ import annotations

from collections.abc import Iterator

from dbt_audiences.core.errors import Problem
from dbt_audiences.core.project import Destination, Project, Sendable, SendTo
from dbt_audiences.sync.channel import Spec


def problems_of_withholding(send: SendTo, sent: Sendable, destination: Destination, spec: Spec) -> Iterator[Problem]:
    """What a connection of accounts cannot do."""
    if sent.of != "accounts":
        return
    form = send.as_ or spec.forms_of(is_value=bool(sent.values))[0]
    if destination.requires is not None and form != "events":
        hint = "send it `as: events`, which tells people alone, or to a destination without `requires`"
        yield Problem(send.place, f"`{destination.key}` requires something of people, and this tells it of accounts", hint)
    if send.holdout is not None and (form == "events" or send.users):
        hint = "leave `holdout` out, or send an audience of users"
        yield Problem(send.place, "people are held out one by one, and this tells all users of an account the same", hint)


def problems_of_priority(project: Project, destination: Destination) -> Iterator[Problem]:
    """Audiences in a priority that are none of people, or are not sent there: who is in them would go nowhere."""
    for key in dict.fromkeys(key for order in destination.priority for key in order):
        audience = project.audiences.get(key)
        if audience is None:
            continue
        if audience.of != "users":
            yield Problem(destination.place, f"`priority` is about people, and `{key}` is of accounts", "leave it out")
        elif not any(send.destination == destination.key for send in audience.send_to):
            hint = f"who is in it would go nowhere: add `send_to: [{{destination: {destination.key}}}]` to it, or leave it out"
            yield Problem(destination.place, f"`priority` names `{key}`, which is not sent here", hint)
