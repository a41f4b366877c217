"""Reads a `feedrank …` command line as the command itself would, without running it."""

from collections.abc import Sequence

import typer.main

from feedrank.main import app


def check_command(words: Sequence[str]) -> None:
    """Words after `feedrank`: every verb and option must be known, every value of its kind.

    Raises:
        typer.exceptions.TyperException: what the command would say.
    """
    command, name, rest = typer.main.get_command(app), "feedrank", list(words)
    context = None
    while hasattr(command, "resolve_command"):
        context = command.make_context(name, rest, parent=context)
        words_left = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, words_left)
    command.make_context(name, rest, parent=context)
