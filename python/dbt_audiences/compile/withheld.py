"""Who is not told although something holds: what a destination requires, whom other audiences go before, who is held out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dbt_audiences.compile.accounts import audience_scene
from dbt_audiences.compile.fold import folded, select
from dbt_audiences.compile.jinja import Expression, package_call, reference, render
from dbt_audiences.compile.names import IDENTIFIER_LENGTH, digest
from dbt_audiences.compile.tables import Tables
from dbt_audiences.core.project import Audience, Destination, Project, Sendable, SendTo
from dbt_audiences.spec.audience import ELIGIBLE

FOLDER = "models/sync/requires"
_UNIVERSE = "universe"


@dataclass(frozen=True, slots=True)
class Withholding:
    """What keeps rows of one connection back; nothing where all is empty.

    requires  the model of those of whom the destination may be told
    before    the audiences that a person goes to first
    holdout   the salt, and the first eight hexadecimal digits of a hash that is not held out
    """

    requires: str | None = None
    before: tuple[str, ...] = ()
    holdout: tuple[str, str] | None = None

    @property
    def arguments(self) -> dict[str, Expression]:
        """Those of the macro."""
        found: dict[str, Expression] = {}
        if self.requires is not None:
            found["requires"] = reference(self.requires)
        if self.before:
            found["before"] = [reference(key) for key in self.before]
        if self.holdout is not None:
            found["holdout"] = list(self.holdout)
        return found


def withholding(project: Project, sent: Sendable, send: SendTo) -> Withholding:
    """What keeps rows of a connection back."""
    destination = project.destinations.get(send.destination)
    orders = () if destination is None or not isinstance(sent, Audience) else destination.priority
    before = [key for order in orders if sent.key in order for key in order[: order.index(sent.key)]]
    enabled = tuple(dict.fromkeys(key for key in before if project.audiences[key].enabled))
    requires = None if destination is None or destination.requires is None else requires_model(destination.key)
    holdout = None if send.holdout is None else (f"{send.destination}:{sent.key}:", _threshold(send.holdout))
    return Withholding(requires, enabled, holdout)


def requires_model(destination: str) -> str:
    """The model of those of whom a destination may be told."""
    name = f"requires_{destination}"
    return name if len(name) <= IDENTIFIER_LENGTH else f"{name[:54]}_{digest(name)}"


def requires_models(project: Project, tables: Tables) -> dict[str, str]:
    """Path -> text of the model of each destination that requires something."""
    return {
        f"{FOLDER}/{requires_model(one.key)}.sql": _model(one, project, tables)
        for one in project.destinations.values()
        if one.requires is not None and one.enabled
    }


def _threshold(share: Decimal) -> str:
    return f"{int(share * 2**32):08x}"


def _model(destination: Destination, project: Project, tables: Tables) -> str:
    """Judged by the very SQL that judges audiences, over everybody who has an identifier that something may go under."""
    assert destination.requires is not None
    sent = [one for one in project.audiences.values() if any(send.destination == destination.key for send in one.send_to)]
    types = dict.fromkeys((*ELIGIBLE, "anonymous_id", *(name for one in sent for name in one.identifiers)))
    judged = Audience(
        key=requires_model(destination.key), name=destination.name, description="", of="users", owner=None, folder=None,
        enabled=True, identifiers=tuple(types), include_anonymous=True, history="all", timezone="UTC", compute="auto",
        every=None, account_events="own", static=False, tags=(), meta={}, who=destination.requires, send_to=(), examples=(),
        place=destination.place,
    )  # fmt: skip
    scene = audience_scene(judged, project, tables, _UNIVERSE)
    scene.ctes.add(_UNIVERSE, package_call("eligible_profiles", list(types)))
    seen = f"{_UNIVERSE}.first_seen_at <= {{{{ dbt_audiences.as_of() }}}}"
    scene.ctes.add_sql("evaluated", select(folded(judged.who, scene, _UNIVERSE), "is_member", _UNIVERSE, also=seen))
    ctes = "\n\n".join(scene.ctes.texts).removesuffix(",")
    return (
        f"-- Generated from destinations/{destination.key}.yml by `audiences compile`. Edit that file.\n"
        "{{ config(materialized='refilled_table', schema='audiences_build') }}\n\nwith\n\n"
        f"{ctes}\n\nselect profile_id\nfrom evaluated\nwhere is_member\n"
    )


def wrapped(desired: str, withheld: Withholding) -> str:
    """The SQL of what must hold, with the reason why a row is not sent."""
    call = package_call("withheld", "desired", **withheld.arguments)
    return f"with\n\ndesired as (\n    {{{{ {desired} }}}}\n)\n\n{{{{ {render(call)} }}}}\n"
