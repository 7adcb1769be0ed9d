"""The ``tapeline`` command: one line a command, each imported only when it was asked for."""

import importlib
import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple

import typer

from tapeline.apps.no_pandas import leave_out_pandas
from tapeline.errors import ArgumentError, SettingsError, TapelineError

_INTERRUPTED = 130


class Command(NamedTuple):
    """A command's name and its sentence; ``apps/<name>.py`` holds ``<name>_command``.

    A group of commands is ``<name>_app`` there.
    """

    name: str
    help: str


COMMANDS = (
    Command("up", "Record an exchange on this machine: collect and store, one command."),
    Command("demo", "Run the whole chain on a faulty tape and account for every frame."),
    Command("generate", "Write a synthetic tape: seeded, repeatable, with planted anomalies."),
    Command("simulate", "Serve a tape as an exchange on loopback, with faults on demand."),
    Command("record", "Write a tape from a live or simulated feed."),
    Command("collect", "Collect a feed, clean it and send it to the bus."),
    Command("store", "Write what is on the bus into stores, each message once."),
    Command("audit", "Hold what was sent against what every store has."),
    Command("compact", "Merge the small files of a Parquet store."),
    Command("serve", "Answer questions about stores over HTTP, for dashboards and programs."),
    Command("query", "Read what stores keep: by time, instrument and type."),
    Command("backtest", "Try a strategy on recorded data, with costs and a report."),
    Command("archive", "Keep months of a store, and recorded frames, for ever."),
    Command("retention", "Delete what is old enough, once the archive has it."),
    Command("tail", "Decode and print what is on the bus."),
    Command("normalize", "Clean recorded frames into Parquet files, offline."),
    Command("topics", "List or create the topics of a set of instruments."),
    Command("doctor", "Check that this machine has what tapeline needs."),
    Command("bench", "Measure the hot path on this machine."),
    Command("version", "Print the version, the schema version and the build."),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process.

    Parameters
    ----------
    arguments
        The words after ``tapeline``; ``None`` takes those of this process.

    Raises
    ------
    SystemExit
        0 when it worked; 1 with one sentence on stderr when it did not; 2 when the call was wrong.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    wanted = next((word for word in words if not word.startswith("-")), None)
    if arguments is None and wanted != "backtest":
        # A strategy is its writer's code, and may want it.
        leave_out_pandas()
    try:
        build_app(wanted)(words, prog_name="tapeline")
    except (SettingsError, ArgumentError) as error:
        fail(str(error), status=2)
    except TapelineError as error:
        fail(str(error))
    except OSError as error:
        fail(_sentence(error))
    except KeyboardInterrupt:
        # While a command was being imported; later each command ends in its own order.
        raise SystemExit(_INTERRUPTED) from None


def build_app(wanted: str | None) -> typer.Typer:
    """Build the command line with only the command ``wanted`` imported.

    The others are there for the help text: importing all of them (Kafka, Arrow, Polars) would make
    ``tapeline --help`` take seconds on a small machine.
    """
    app = typer.Typer(
        name="tapeline",
        help="Crypto market data with every frame accounted for: exact, graded, fast.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for command in COMMANDS:
        function = _load(command) if command.name == wanted else _placeholder
        if isinstance(function, typer.Typer):
            app.add_typer(function, name=command.name, short_help=command.help)
            continue
        app.command(command.name, help=_help(function, command), short_help=command.help)(function)
    return app


def fail(message: str, status: int = 1) -> None:
    """Print one sentence to stderr and end the process with ``status``."""
    sys.stderr.write(f"tapeline: {message}\n")
    raise SystemExit(status)


def _load(command: Command) -> Callable[..., Any] | typer.Typer:
    module = importlib.import_module(f"tapeline.apps.{command.name}")
    group: typer.Typer | None = getattr(module, f"{command.name}_app", None)
    if group is not None:
        return group
    function: Callable[..., Any] = getattr(module, f"{command.name}_command")
    return function


def _placeholder() -> None:
    """Stand for a command that this call does not run."""


def _help(function: Callable[..., Any], command: Command) -> str:
    """Return the docstring without its NumPy sections, which are for readers of the code."""
    if function is _placeholder:
        return command.help
    return (inspect.getdoc(function) or command.help).partition("\n\nParameters\n")[0]


def _print_version(wanted: bool) -> None:
    if wanted:
        from tapeline.apps.version import package_version

        typer.echo(package_version())
        raise typer.Exit


def _root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and stop.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Take the options that come before a command."""


def _sentence(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."


if __name__ == "__main__":
    main()
