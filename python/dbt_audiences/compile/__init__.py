"""Definitions -> dbt models."""

from dbt_audiences.compile.names import send_model
from dbt_audiences.compile.project import Difference, compare, generate, write

__all__ = ["Difference", "compare", "generate", "send_model", "write"]
