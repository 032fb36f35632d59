"""Where this package's dbt project lies, and whether a project has the packages that it asks for."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE_VARIABLE = "DBT_AUDIENCES_PACKAGE"
"""By this environment variable a project's packages.yml finds this package."""


def package_path() -> Path:
    """Where this package's dbt project lies: in the checkout that it is installed from, else inside the installed package."""
    inside = Path(__file__).resolve().parents[1]
    checkout = inside.parents[1]
    return checkout if (checkout / "dbt_project.yml").exists() else inside / "dbt_package"


def lacks_packages(root: Path, folder: str) -> bool:
    """Whether a project asks for packages and has none, one that was moved away since, or this one of another installation."""
    if not any((root / name).exists() for name in ("packages.yml", "dependencies.yml")):
        return False
    installed = root / folder
    if not installed.is_dir() or any(not path.exists() for path in installed.iterdir()):
        return True
    ours, wanted = installed / "dbt_audiences", root / "packages.yml"
    if not ours.is_symlink() or not wanted.exists() or PACKAGE_VARIABLE not in wanted.read_text(encoding="utf-8"):
        return False
    return ours.resolve() != Path(os.environ.get(PACKAGE_VARIABLE) or package_path()).resolve()
