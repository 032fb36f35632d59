"""`s3`: files of members in a bucket of Amazon S3, or of what speaks its protocol."""

from __future__ import annotations

from typing import Any, Literal

from dbt_audiences.sync.addresses import refuse_private_literal
from dbt_audiences.sync.channel import IDENTIFIER_COLUMNS, Opening, Setting, Spec
from dbt_audiences.sync.extras import need_library
from dbt_audiences.sync.files.channel import SETTINGS, Store, filed
from dbt_audiences.sync.files.objects import Objects

_TIMES = {"connect_timeout": 5, "read_timeout": 60, "retries": {"max_attempts": 2}}


def _store(opening: Opening) -> Store:
    need_library("s3fs", "s3")
    settings, secrets = opening.settings, opening.secrets
    names = {"region": "region_name", "endpoint_url": "endpoint_url"}
    client = {names[key]: str(settings[key]) for key in names if key in settings}

    def made() -> Any:
        from s3fs import S3FileSystem

        config: dict[str, Any] = dict(_TIMES)
        if not opening.allow_private_addresses:
            from dbt_audiences.sync.http import PublicResolver

            refuse_private_literal(str(settings.get("endpoint_url", "")))
            config["connector_args"] = {"resolver": PublicResolver()}
        return S3FileSystem(
            key=secrets.get("access_key_id"),
            secret=secrets.get("secret_access_key"),
            token=secrets.get("session_token"),
            client_kwargs=client,
            config_kwargs=config,
            skip_instance_cache=True,
        )

    return Objects(opening, str(settings["bucket"]), "s3", made)


def _judged(error: Exception) -> Literal["held"] | None:
    is_refused = isinstance(error, PermissionError | FileNotFoundError) or type(error).__name__ == "NoCredentialsError"
    return "held" if is_refused else None


SPEC = Spec(
    type="s3",
    settings=(
        Setting("bucket", "text", is_required=True),
        *SETTINGS,
        Setting("region", "text"),
        Setting("endpoint_url", "url"),
    ),
    secrets=("access_key_id", "secret_access_key", "session_token"),
    forms=("list",),
    identifiers=dict.fromkeys(IDENTIFIER_COLUMNS, "last"),
    identifier_types=IDENTIFIER_COLUMNS,
    is_mixed=True,
    open=filed(_store, kind="s3", judge=_judged),
    value_forms=("list",),
    keeps_history=True,
    name="Amazon S3",
    description="Files of changes, or of all members, CSV, JSON Lines or Parquet; also in stores that speak S3.",
    proven_by="real server (moto)",
)
