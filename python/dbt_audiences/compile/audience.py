"""A whole audience as one model: CTEs for each condition, joined to the universe, the tree folded into one expression."""

from __future__ import annotations

from dbt_audiences.compile.accounts import audience_scene, is_of_members
from dbt_audiences.compile.fold import folded, select
from dbt_audiences.compile.jinja import Call, Expression, package_call, render
from dbt_audiences.compile.tables import Tables, leaves
from dbt_audiences.core.definitions import Top
from dbt_audiences.core.project import Audience, Project

UNIVERSE = "universe"
SEEN = f"{UNIVERSE}.first_seen_at <= {{{{ dbt_audiences.as_of() }}}}"


def audience_model(audience: Audience, project: Project, tables: Tables) -> str:
    """The text of `models/audiences/<key>.sql`."""
    scene = audience_scene(audience, project, tables, UNIVERSE)
    scene.ctes.add(UNIVERSE, _universe(audience))
    root = folded(audience.who, scene, UNIVERSE)
    scene.ctes.add_sql("evaluated", select(root, "is_member", UNIVERSE, also=SEEN))
    config = package_config(audience, project.hashes[audience.key])
    ctes = "\n\n".join(scene.ctes.texts).removesuffix(",")
    return (
        f"-- Generated from audiences/{audience.key}.yml by `audiences compile`. Edit that file.\n"
        f"{{{{ {config} }}}}\n\nwith\n\n{ctes}\n\n"
        "select\n    profile_id,\n    is_member,\n    changes_at\nfrom evaluated\n"
    )


def _universe(audience: Audience) -> Call:
    if audience.of == "accounts":
        return package_call("account_universe", with_members=True if is_of_members(audience.who) else None)
    return package_call("eligible_profiles", list(audience.identifiers))


def package_config(audience: Audience, definition_hash: str) -> str:
    """The `config(...)` of an audience's model: what dbt's selectors and docs see of it."""
    meta = {str(name): _plain(value) for name, value in audience.meta.items()}
    meta |= {"definition_hash": definition_hash, "audience": audience.name}
    if audience.of == "accounts":
        meta["of"] = "accounts"
    if any(isinstance(leaf, Top) for leaf in leaves(audience.who)):
        meta["whole"] = True
    if audience.static:
        meta["static"] = True
    named: list[tuple[str, Expression]] = [("materialized", "audience"), ("schema", "audiences")]
    if not audience.enabled:
        named.append(("enabled", False))
    named += [("tags", ["audience", *audience.tags]), ("meta", meta)]
    return render(Call("config", (), tuple(named)))


def _plain(value: object) -> Expression:
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | bool) or value is None else str(value)
