"""The command `feedrank`: everything a person types, and how its mistakes are told: in one line."""

import importlib.util
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from feedrank.commands import generations, keys, switch
from feedrank.commands.act import act
from feedrank.commands.build import build
from feedrank.commands.demo import demo
from feedrank.commands.doctor import doctor
from feedrank.commands.export import export
from feedrank.commands.feed import feed
from feedrank.commands.import_data import import_data
from feedrank.commands.probe import probe
from feedrank.commands.serve import serve
from feedrank.commands.up import up
from feedrank.console import fail

app = typer.Typer(
    rich_markup_mode=None,  # its tables cut long options off at 80 columns
    pretty_exceptions_enable=False,
    help="Rank feeds: import data, build a generation, serve it, and look at the result.",
)
app.command()(demo)
app.command("import")(import_data)
app.command()(build)
app.command()(serve)
app.command()(up)
app.command()(feed)
app.command()(act)
app.command()(export)
app.add_typer(generations.app, name="generations")
app.add_typer(keys.app, name="keys")
app.add_typer(switch.app, name="switch")
app.command()(doctor)
app.command()(probe)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with `arguments`, by default those of the process, and exit.

    Raises:
        SystemExit: always; 0 when all went well, 2 when the arguments are wrong.
    """
    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        exit_code = app(words, prog_name="feedrank", standalone_mode=False)
    except TyperException as error:
        exit_code = fail(error.format_message(), error.exit_code).exit_code
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if importlib.util.find_spec(package) is not None:
            raise
        advice = "install feedrank with its extra `local`, or `build` for Spark"
        exit_code = fail(f"{package} is not installed here: {advice}").exit_code
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
