"""What the tables say: members, who would enter and leave, exports."""

from dbt_audiences.diff.export import FORMATS, export
from dbt_audiences.diff.members import MEMBER_COLUMNS, Change, members, membership_diff

__all__ = ["FORMATS", "MEMBER_COLUMNS", "Change", "export", "members", "membership_diff"]
