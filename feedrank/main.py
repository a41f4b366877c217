"""The command `feedrank`: everything a person types."""

import typer

from feedrank.commands import generations
from feedrank.commands.act import act
from feedrank.commands.build import build
from feedrank.commands.demo import demo
from feedrank.commands.doctor import doctor
from feedrank.commands.export import export
from feedrank.commands.feed import feed
from feedrank.commands.import_data import import_data
from feedrank.commands.serve import serve
from feedrank.commands.up import up

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
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
app.command()(doctor)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
