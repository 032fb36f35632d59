"""Commands, and exit codes with the errors behind them."""

from __future__ import annotations

import inspect

import click
from docs.printed.markdown import table

from dbt_audiences.cli.main import group
from dbt_audiences.core import errors


def commands_page() -> str:
    """Every command with its arguments and options."""
    context = click.Context(group, info_name="audiences")
    parts = ["# Commands\n", inspect.cleandoc((group.help or "").replace("\b\n", "")) + "\n"]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        parts += _command(name, command, context, "##")
    return "\n".join(parts)


def _command(name: str, command: click.Command, above: click.Context, head: str) -> list[str]:
    """A command, and below it those that it groups."""
    inner = click.Context(command, info_name=name, parent=above)
    usage = " ".join(command.get_usage(inner).removeprefix("Usage: ").split())
    rows = [_parameter(one, inner) for one in command.params]
    meaning = inspect.cleandoc(command.help or "")
    title = inner.command_path.removeprefix("audiences ")
    parts = [f"{head} {title}\n", f"```text\n{usage}\n```\n", f"{meaning}\n"]
    parts += [table(("", "takes", "meaning"), rows)] if rows else []
    for under in command.list_commands(inner) if isinstance(command, click.Group) else ():
        found = command.get_command(inner, under)  # type: ignore[attr-defined]  # a group has them
        assert found is not None
        parts += _command(under, found, inner, f"{head}#")
    return parts


def _parameter(one: click.Parameter, context: click.Context) -> tuple[str, str, str]:
    if isinstance(one, click.Option):
        takes = "" if one.is_flag else one.make_metavar(context)
        times = "; may be given several times" if one.multiple else ""
        needed = " Required." if one.required else ""
        return ", ".join(f"`{name}`" for name in one.opts), f"`{takes}`" if takes else "", f"{one.help or ''}{times}{needed}"
    return f"`{one.make_metavar(context)}`", "", "Argument, required." if one.required else "Argument."


def exit_codes_page() -> str:
    """Exit codes, and the class of error behind each."""
    classes = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.AudiencesError)]
    rows = [(one.exit_code, f"`{one.__name__}`", (one.__doc__ or "").splitlines()[0]) for one in classes[1:]]
    return "\n".join(
        (
            "# Exit codes\n",
            table(("code", "error", "raised for"), [(0, "", "Done."), *sorted(rows)]),
            "Ctrl-C ends a command with 1 and leaves nothing half done. [Errors](../errors.md) says how messages look.\n",
        )
    )
