"""Whether Spark's JDK, Kafka and Redis are there; serving in one process needs none of them."""

from feedrank.checkup.finding import Finding
from feedrank.real.java import INSTALL_COMMAND, OLDEST_JAVA, find_java, java_version
from feedrank.real.kafka_process import kafka_home, missing_for_kafka
from feedrank.real.redis_process import missing_for_redis


def check_real_servers() -> list[Finding]:
    return [
        java_finding(find_java()),
        _server("Kafka", f"jars in {kafka_home() / 'libs'}", missing_for_kafka()),
        _server("Redis", "redis-server is on the path", missing_for_redis()),
    ]


def java_finding(java: str | None) -> Finding:
    """`java` is what `find_java` found."""
    if java is not None:
        return Finding("JDK", "good", f"{java}, version {java_version(java)}")
    found = f"no Java {OLDEST_JAVA} or newer in JAVA_HOME or on the path"
    return Finding("JDK", "optional", found, f"{INSTALL_COMMAND}, or build with --engine local")


def _server(name: str, found: str, missing: str | None) -> Finding:
    if missing is None:
        return Finding(name, "good", found)
    advice = f"only `feedrank up` without addresses of its own needs it; {missing}"
    return Finding(name, "optional", "not installed", advice)
