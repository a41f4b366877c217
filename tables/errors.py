"""The failures of an import or of opening a data folder, each worth one clear report.

TablesError
├── SourceFileError     a file of the input cannot be used at all
├── ImportFailedError   nothing was imported; the message is the whole report
└── DatasetError        a folder is not a readable data folder
"""


class TablesError(Exception):
    """Base of every error this package raises on purpose."""


class SourceFileError(TablesError):
    """A file of the input cannot be used: the message names the file and the cause in one line."""

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(f"{file}: {' '.join(problem.split())}")
        self.file = file


class ImportFailedError(TablesError):
    """The import was given up and left nothing behind; one line per problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class DatasetError(TablesError):
    """A folder is not a data folder that this version can read."""
