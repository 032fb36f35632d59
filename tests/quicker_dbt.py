"""What dbt does over and over for the many small projects of the tests is done once for each process.

All of it is memory of pure functions, or work whose outcome nobody reads: a project is parsed, compiled and run as ever.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import CodeType
from typing import Any

import parsedatetime
from dbt.clients.jinja import MacroGenerator
from dbt.context import base
from dbt.context.macros import GLOBAL_PROJECT_NAME, MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.clients.jinja import MacroFuzzEnvironment
from dbt_common.dataclass_schema import dbtClassMixin
from dbt_common.events.base_types import BaseEvent, DebugLevel, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.tests import enable_test_caching

MOST_KEPT = 5000
_templates: dict[tuple[type, str, str | None, str | None], CodeType] = {}
_valid: set[tuple[type, str]] = set()


def make_dbt_quicker() -> None:
    """Called once, before the first test."""
    enable_test_caching()  # dbt's own: what was parsed of a text, mostly a macro's, is kept for the next project that has it
    EventManager.fire_event = _without_debugging(EventManager.fire_event)
    _make_debug_events_when_they_are_read()
    _keep_templates()
    _validate_once()
    # Each result of a query would have patterns of dates in all languages made for it.
    parsedatetime.Constants = functools.cache(parsedatetime.Constants)
    # To name the module that asks for a flag, the source of every frame of the stack is read, and pytest's stack is high.
    BehaviorFlagRendered._default_source = staticmethod(lambda: "unknown")
    base.get_context_modules = functools.cache(base.get_context_modules)
    MacroNamespaceBuilder.build_namespace = _build_namespace
    _flatten_macros()


def _without_debugging(fire_event: Any) -> Any:
    """dbt makes hundreds of events a run that no log of ours keeps."""

    def fire(manager: EventManager, event: Any, level: EventLevel | None = None, **more: Any) -> None:
        if (level or event.level_tag()) is not EventLevel.DEBUG:
            fire_event(manager, event, level, **more)

    return fire


def _make_debug_events_when_they_are_read() -> None:
    make = BaseEvent.__init__

    def keep(event: BaseEvent, *args: Any, **kwargs: Any) -> None:
        event.__dict__["_given"] = (args, kwargs)
        if not isinstance(event, DebugLevel):
            make(event, *args, **kwargs)

    def message(event: BaseEvent) -> Any:
        if "_made" not in event.__dict__:
            args, kwargs = event.__dict__["_given"]
            make(event, *args, **kwargs)
        return event.__dict__["_made"]

    def set_message(event: BaseEvent, value: Any) -> None:
        event.__dict__["_made"] = value

    BaseEvent.__init__ = keep
    BaseEvent.pb_msg = property(message, set_message)


def _keep_templates() -> None:
    """The Python that jinja makes of a text depends on that text alone."""
    compile_text = MacroFuzzEnvironment.compile

    def compiled(environment: Any, source: Any, name: str | None = None, filename: str | None = None, **more: Any) -> Any:
        if more or not isinstance(source, str):
            return compile_text(environment, source, name, filename, **more)
        key = (type(environment), source, name, filename)
        code = _templates.get(key)
        if code is None:
            if len(_templates) >= MOST_KEPT:
                _templates.clear()
            code = _templates[key] = compile_text(environment, source, name, filename)
        return code

    MacroFuzzEnvironment.compile = compiled


def _validate_once() -> None:
    """What a schema once allowed it allows again."""
    validate = dbtClassMixin.__dict__["validate"].__func__

    def validated(schema: type, data: Any) -> None:
        key = (schema, repr(data))
        if key not in _valid:
            validate(schema, data)
            if len(_valid) >= MOST_KEPT:
                _valid.clear()
            _valid.add(key)

    dbtClassMixin.validate = classmethod(validated)


def _build_namespace(
    builder: MacroNamespaceBuilder, by_package: Mapping[str, Mapping[str, Any]], context: dict[str, Any]
) -> MacroNamespace:
    """What one call for each of a thousand macros does, twice for every model, in one go for each package."""
    node, stack, new = builder.node, builder.thread_ctx, MacroGenerator.__new__
    for package, macros in by_package.items():
        made = {}
        for name, macro in macros.items():
            made[name] = generator = new(MacroGenerator)
            generator.__dict__ = {"context": context, "macro": macro, "node": node, "stack": stack}
        if package in builder.internal_package_names:
            builder.internal_packages[package] = made
            continue
        builder.packages[package] = made
        if package == builder.search_package:
            builder.locals.update(made)
        elif package == builder.root_package:
            builder.globals.update(made)
    internal: dict[str, Any] = {}
    for package in reversed(builder.internal_package_names_order):
        internal.update(builder.internal_packages.get(package, {}))
    return MacroNamespace(builder.globals, builder.locals, internal, builder.packages)


def _flatten_macros() -> None:
    """All macros by the order of precedence, without a search for each of them."""
    to_dict = ManifestContext.to_dict

    def flat(context: ManifestContext) -> dict[str, Any]:
        names = context.namespace
        if not isinstance(names, MacroNamespace):
            return to_dict(context)
        found = super(ManifestContext, context).to_dict()
        found |= names.global_project_namespace
        found |= {GLOBAL_PROJECT_NAME: names.global_project_namespace, **names.packages}
        found |= names.global_namespace
        found |= names.local_namespace
        return found

    ManifestContext.to_dict = flat
