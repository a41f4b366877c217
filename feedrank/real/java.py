"""Finds a Java that can run Kafka and Spark."""

import os
import re
import shutil
import subprocess

OLDEST_JAVA = 17
INSTALL_COMMAND = "apt-get install openjdk-17-jdk-headless"


def find_java() -> str | None:
    """Path of a `java`, 17 or newer: that of `JAVA_HOME`, else of `PATH`; `None` without one."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None or java_version(java) < OLDEST_JAVA:
        return None
    return java


def java_version(java: str) -> int:
    """Major version that `java -version` reports; 0 when it fails, as the stub of macOS does."""
    try:
        shown = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    # `openjdk version "17.0.15"`; before 9 it was `"1.8.0"`.
    found = re.search(r'version "(\d+)', shown.stderr)
    return int(found[1]) if found else 0
