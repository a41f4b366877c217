"""Fills the settings files of deploy/real in, for one server's folder and ports."""

from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SETTINGS_FOLDER = REPOSITORY / "deploy" / "real"
INSTALL_COMMAND = "deploy/real/install.sh"


def write_settings(name: str, into: Path, words: Mapping[str, object]) -> Path:
    """Write `deploy/real/NAME` into the folder `into`, words in braces replaced; return its path.

    Raises:
        KeyError: The file names a word that was not given.
    """
    text = (SETTINGS_FOLDER / name).read_text().format_map(words)
    filled = into / name
    filled.write_text(text)
    return filled
