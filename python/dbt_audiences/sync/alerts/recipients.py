"""Who can be told of an alert: mail, Slack and webhooks, with the settings and secrets of destinations of these types."""

from __future__ import annotations

from dataclasses import replace

from dbt_audiences.core.errors import Problem
from dbt_audiences.core.project import Destination, Project
from dbt_audiences.sync.channel import Spec
from dbt_audiences.sync.check import problems_of_settings
from dbt_audiences.sync.destinations import destination_types

TYPES = ("email", "slack", "slack_workflow", "webhook")


def spec_of(destination: Destination) -> Spec:
    """What it asks for; a workflow of Slack is reached by a URL of its own, like a channel."""
    spec = destination_types()["slack" if destination.type == "slack_workflow" else destination.type]
    return replace(spec, type=destination.type)


def check_alerts(project: Project) -> list[Problem]:
    """Everything wrong with those that alerts tell."""
    problems: list[Problem] = []
    for recipient in (one for alert in project.alerts.values() for one in alert.recipients):
        if recipient.inline is not None:
            problems += problems_of_settings(recipient.inline, spec_of(recipient.inline), "recipient")
        elif recipient.key is not None:
            destination = project.destinations.get(recipient.key)
            if destination is None:
                continue  # that it is not there, or wrong, is said by itself
            if destination.type not in TYPES or destination.declaration is not None:
                message = f"an alert cannot be told to `{recipient.key}`, which is a {destination.type} destination"
                problems.append(Problem(recipient.place, message, "email, slack and webhook can be told"))
    return problems
