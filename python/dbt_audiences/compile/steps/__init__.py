"""Sequences: the events of a step for which all of its `then` holds, as CTEs from the deepest step up."""

from __future__ import annotations

from dbt_audiences.compile.steps.holding import Held, held

__all__ = ["Held", "held"]
