"""The group of commands, and how every error becomes a message and an exit code."""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from keyword import iskeyword
from pkgutil import iter_modules

import click

from dbt_audiences.cli import commands
from dbt_audiences.core.errors import AudiencesError, DefinitionError


class CommandsByFolder(click.Group):
    """Lists the files of `commands/` and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands."""
        return sorted(module.name.removesuffix("_") for module in iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        found: click.Command = import_module(f"dbt_audiences.cli.commands.{module}").command
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The same for the words of the command line; an unknown one names the nearest."""
        import difflib

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            if close:
                raise click.UsageError(f"{error.format_message()} Did you mean `{close[0]}`?", ctx) from error
            raise


def _version() -> str:
    try:
        return version("dbt-audiences")
    except PackageNotFoundError:
        return "unknown"


@click.command(cls=CommandsByFolder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version(), prog_name="audiences")
def group() -> None:
    """Customer audiences in your warehouse: defined in YAML, computed by dbt, delivered to your tools.

    \b
    Exit codes: 0 done, 1 something failed, 2 bad usage or a definition error,
    3 a guard refused, 4 the warehouse is not reachable or busy.
    """


def main() -> None:
    """Run a command line."""
    as_json = "--json" in sys.argv
    try:
        code = group.main(standalone_mode=False)
        sys.stdout.flush()
    except AudiencesError as error:
        sys.exit(_fail(error, as_json))
    except click.UsageError as error:
        if as_json:
            print(json.dumps({"error": error.format_message(), "hint": None, "exit_code": 2}, ensure_ascii=False))
        error.show(sys.stderr)
        sys.exit(2)
    except click.ClickException as error:
        error.show(sys.stderr)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        if as_json:
            print(json.dumps({"error": "stopped", "hint": None, "exit_code": 1}))
        print("stopped", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read has gone away; Python would complain once more when it flushes standard output at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except OSError as error:
        sys.exit(_fail(_of_system(error), as_json))
    sys.exit(code if isinstance(code, int) else 0)


def _of_system(error: OSError) -> AudiencesError:
    import errno

    where = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return AudiencesError(f"the disk is full{where}", hint="free space and run again: nothing was left half written")
    return AudiencesError(f"{error.strerror or error}{where}")


def _fail(error: AudiencesError, as_json: bool) -> int:
    if as_json:
        document: dict[str, object] = {"error": error.message, "hint": error.hint, "exit_code": error.exit_code}
        if isinstance(error, DefinitionError):
            document["problems"] = [
                {
                    "file": problem.place.file,
                    "line": problem.place.line,
                    "column": problem.place.column,
                    "message": problem.message,
                    "hint": problem.hint,
                }
                for problem in error.problems
            ]
        print(json.dumps(document, ensure_ascii=False))
    if isinstance(error, DefinitionError):
        click.echo(str(error), err=True)
    else:
        click.echo(f"error: {error}", err=True)
    return error.exit_code
