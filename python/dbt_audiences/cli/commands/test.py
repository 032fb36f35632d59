"""`audiences test [KEY...]`"""

from __future__ import annotations

from pathlib import Path

import click

from dbt_audiences.cli.options import json_option, open_workspace, project_options
from dbt_audiences.cli.output import print_json, progress_bar, say


@click.command("test", short_help="Run the examples of the definitions, without a warehouse.")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@json_option
@project_options
def command(keys: tuple[str, ...], as_json: bool, project_dir: Path, profiles_dir: Path | None, target: str | None) -> int:
    """Run the examples of the definitions in memory, through the SQL that production runs; no warehouse, no credentials."""
    from dbt_audiences.cli.commands.explain import lines
    from dbt_audiences.flow.examples import run_examples

    workspace = open_workspace(project_dir, profiles_dir, target)
    with progress_bar("examples") as progress:
        results = run_examples(workspace, keys, progress)
    failed = [result for result in results if not result.holds]
    if as_json:
        print_json([{**_fields(result), "holds": result.holds} for result in results])
        return 1 if failed else 0
    for result in failed:
        click.echo(f"{result.place}: {result.audience}: {result.example}")
        expected = (("in", result.expected_in), ("out", result.expected_out))
        if result.expected_in or result.expected_out:
            click.echo("  expected " + ", ".join(f"{word}: [{', '.join(names)}]" for word, names in expected if names))
        for name in result.missing:
            click.echo(f"  {name} should be in, and is not")
        for name in result.unexpected:
            click.echo(f"  {name} should be out, and is in")
        for wrong in result.wrong_values:
            click.echo(f"  {wrong.name} should have {wrong.expected or 'no value'}, and has {wrong.found or 'none'}")
        for explanation in result.explanations:
            click.echo("\n".join(f"    {line}" for line in lines(explanation)))
    click.echo(f"{len(results) - len(failed)} of {len(results)} examples hold")
    if not results:
        say("no definition has `examples:`")
    return 1 if failed else 0


def _fields(result: object) -> dict[str, object]:
    import dataclasses

    return dataclasses.asdict(result)  # type: ignore[call-overload,no-any-return]
