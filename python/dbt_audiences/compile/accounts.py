"""Scenes of accounts and of the users of accounts: relations that are CTEs, keyed by the entity that is judged there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dbt_audiences.compile.jinja import Expression, package_call, reference
from dbt_audiences.compile.related import Chain
from dbt_audiences.compile.scene import Ctes, Scene, cte_name
from dbt_audiences.compile.tables import Tables, leaves
from dbt_audiences.core.definitions import Condition, Entity, Performed, Place
from dbt_audiences.core.project import Audience, Project


@dataclass(frozen=True, slots=True)
class _Within(Scene):
    """Scenes that share one thing: a relation that was made once is read again."""

    entities: str = ""
    made: dict[tuple[str, ...], str] = field(default_factory=dict)

    def once(self, what: tuple[str, ...], place: Place, words: str, call: Callable[[], Expression]) -> str:
        """The CTE of this call, which is added when it is first asked for."""
        if what not in self.made:
            self.made[what] = self.ctes.add(cte_name(words, place), call(), place)
        return self.made[what]


@dataclass(frozen=True, slots=True)
class AccountScene(_Within):
    """Accounts are judged.

    entities  the CTE of the accounts in question, with their ids as `profile_id`
    is_root   they are the audience's own: what is keyed by accounts is read as it is
    """

    is_root: bool = True
    made_of_users: dict[tuple[str, ...], str] = field(default_factory=dict)

    def events(self, event: str, place: Place) -> Expression:
        """What the account's members did, and whatever carries its id."""
        return self.once(
            ("events", event),
            place,
            f"{event} of accounts",
            lambda: package_call(
                "account_events",
                reference(self.tables.event_models[event]),
                self.entities,
                self.tables.columns_of_event(event) or None,
                all_of_user=True if self.account_events == "all_of_user" else None,
            ),
        )

    def trait_values(self, trait: str, custom: bool, place: Place) -> Expression:
        """The account's own traits."""
        name = self.tables.trait_name("accounts", trait, custom)
        relation = reference(self.tables.trait_models[name])
        if self.is_root:
            return relation
        return self.once(
            ("trait", name.origin, trait),
            place,
            f"{trait} of accounts",
            lambda: package_call("of_entities", relation, self.entities, columns=self.tables.columns_of_trait(name)),
        )

    def members(self, key: str, place: Place) -> Expression:
        """Members of an audience of accounts."""
        if self.is_root:
            return reference(key)
        return self.once(
            ("members", key), place, f"{key} accounts", lambda: package_call("of_entities", reference(key), self.entities)
        )

    def related_rows(self, chain: Chain, place: Place) -> Expression:
        """The account's own rows."""
        relation = reference(self.tables.related.model(chain))
        if self.is_root:
            return relation
        columns = _row_columns(self.tables, chain)
        call = package_call("of_entities", relation, self.entities, columns=columns)
        return self.once(("related", *chain), place, f"{chain[-1]} of accounts", lambda: call)

    def users(self, place: Place) -> UserScene:
        """The scene of these accounts' users; its entities are pairs of an account and a user."""
        pairs = self.once(
            ("users",), place, "users of accounts", lambda: package_call("account_users", self.entities, list(self.identifiers))
        )
        return UserScene(**_shared(self), kind="users", entities=pairs, made=self.made_of_users)


@dataclass(frozen=True, slots=True)
class UserScene(_Within):
    """Users of accounts are judged, each for each account: by the events of that account, and by traits of their own.

    entities  the CTE of pairs: `profile_id` is a key of `account_id` and `user_id`
    """

    def events(self, event: str, place: Place) -> Expression:
        """What the user did, without what belongs to other accounts."""
        columns = ["occurred_at", "message_id", *self.tables.columns_of_event(event)]
        own_group = True if self.account_events == "own" else None
        return self._of_users(
            ("events", event), place, f"{event} of users", self.tables.event_models[event], columns, own_group
        )

    def trait_values(self, trait: str, custom: bool, place: Place) -> Expression:
        """The user's own traits."""
        name = self.tables.trait_name("users", trait, custom)
        model, columns = self.tables.trait_models[name], self.tables.columns_of_trait(name)
        return self._of_users(("trait", name.origin, trait), place, f"{trait} of users", model, columns)

    def members(self, key: str, place: Place) -> Expression:
        """Members of an audience of users."""
        return self._of_users(("members", key), place, f"{key} users", key, [])

    def related_rows(self, chain: Chain, place: Place) -> Expression:
        """The user's own rows."""
        model, columns = self.tables.related.model(chain), _row_columns(self.tables, chain)
        return self._of_users(("related", *chain), place, f"{chain[-1]} of users", model, columns)

    def _of_users(
        self,
        what: tuple[str, ...],
        place: Place,
        words: str,
        model: str,
        columns: list[str],
        own_group: bool | None = None,
    ) -> str:
        def call() -> Expression:
            picked: list[Expression] | None = list(columns) or None
            return package_call(
                "of_entities", reference(model), self.entities, id="user_id", columns=picked, own_group=own_group
            )

        return self.once(what, place, words, call)


def _row_columns(tables: Tables, chain: Chain) -> list[str]:
    return ["row_id", "parent_id", *tables.columns_of_rows(chain)]


def audience_scene(audience: Audience, project: Project, tables: Tables, universe: str) -> Scene:
    """The scene of an audience's own conditions; `universe` is the CTE of whom it judges."""
    kind, ctes = audience.of, Ctes()
    given = (audience.key, kind, audience.timezone, audience.history, project, tables, ctes)
    shared = (*given, audience.identifiers, audience.account_events)
    return AccountScene(*shared, entities=universe) if kind == "accounts" else Scene(*shared)


@dataclass(frozen=True, slots=True)
class Block:
    """The members that a block is about.

    scene     whom the block's conditions judge
    links     the CTE of memberships; `of` and `member` are its columns of the outer and of the inner entity
    is_timed  whether `universe`, the CTE of the members, has a `changes_at` of its own
    """

    scene: Scene
    universe: str
    links: str
    of: str
    member: str
    is_timed: bool


def block_of(kind: Entity, who: Condition, scene: Scene, place: Place) -> Block:
    """The block of `users:` or `account:` in a scene of the other kind."""
    if kind == "users":
        assert isinstance(scene, AccountScene)
        users = scene.users(place)
        return Block(users, users.entities, users.entities, "account_id", "profile_id", is_timed=False)
    outer = scene.entities if isinstance(scene, UserScene) else None
    links = scene.ctes.add(cte_name("accounts of users", place), package_call("user_accounts", users=outer), place)
    with_members = is_of_members(who)
    call = package_call("account_universe", links=links, with_members=True if with_members else None)
    universe = scene.ctes.add(cte_name("accounts", place), call, place)
    accounts = AccountScene(**_shared(scene), kind="accounts", entities=universe, is_root=False)
    return Block(accounts, universe, links, "profile_id", "account_id", is_timed=with_members)


def is_of_members(who: Condition) -> bool:
    """Whether conditions on accounts read what members of theirs did: a membership to come changes it."""
    return any(isinstance(leaf, Performed) for leaf in leaves(who))


_SHARED = ("key", "timezone", "history", "project", "tables", "ctes", "identifiers", "account_events")


def _shared(scene: Scene) -> dict[str, Any]:
    return {name: getattr(scene, name) for name in _SHARED}
