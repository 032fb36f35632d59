"""Reduced events -> computed traits."""

from __future__ import annotations

from dbt_audiences.core.definitions import Entity
from dbt_audiences.importing.segment.comparing import length
from dbt_audiences.importing.segment.counting import property_of
from dbt_audiences.importing.segment.events import filtered
from dbt_audiences.importing.segment.scene import CannotSay, Scene, Yaml
from dbt_audiences.importing.segment.tree import ExpiresAfter, Reduced

_FUNCTIONS = {"mode": "most_frequent"}


def computed_trait(reduced: Reduced, scene: Scene, key: str, of: Entity) -> Yaml:
    """The file of the trait, without what only the record knows."""
    made: Yaml = {"trait": key}
    if of == "accounts":
        made["of"] = "accounts"
    if reduced.event in ("", "*"):
        raise CannotSay(reduced, "an event needs a name; `*` as one would be any event here")
    made["performed"] = reduced.event
    if reduced.reducer == "count":
        made["count"] = True
    else:
        function = "unique_count" if reduced.counted else _FUNCTIONS.get(reduced.reducer, reduced.reducer)
        made[function] = _path(reduced)
    if reduced.as_type == "string" and reduced.reducer in ("min", "max"):
        made["as"] = "text"
    if reduced.minimum is not None and reduced.minimum != 2:
        made["at_least"] = reduced.minimum
    sessions = [one for one in reduced.filters if isinstance(one, ExpiresAfter)]
    if len(sessions) > 1:
        raise CannotSay(reduced, "two `expires_after` stand at one event", place=sessions[1].place)
    rest = Reduced(reduced.event, tuple(one for one in reduced.filters if one not in sessions), "count", place=reduced.place)
    if sessions:
        made["session"] = length(sessions[0].span)
    return made | filtered(rest, scene, is_step=False)


def _path(reduced: Reduced) -> str:
    """The property; `mode(... as array)` takes an array as one value, and so does a path that does not open it."""
    path = property_of(reduced)
    if reduced.as_type == "array":
        return path.removesuffix(".$")
    return path
