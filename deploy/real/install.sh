#!/usr/bin/env bash
# Installs what the real Kafka, Redis, Prometheus and Spark need and this machine lacks; prints each command first.
#
# Packages of the system are installed on a Debian-like machine and as root only. Kafka's jars go to a
# cache folder (FEEDRANK_KAFKA_HOME, by default feedrank/kafka-4.1.0 in the user's cache) and are believed
# only after kafka-jars.sha256. What stays missing is named; that ends in failure only if CI is set.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kafka_home=${FEEDRANK_KAFKA_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/feedrank/kafka-4.1.0}
venv=${VENV:-$here/../../.venv}
ghz_version=v0.121.0
missing=()

run() {
  printf '+ %s\n' "$*" >&2
  "$@"
}

has_java() { "$here/has_jdk.sh"; }

has_redis() { command -v redis-server >/dev/null; }

has_prometheus() { command -v prometheus >/dev/null && command -v promtool >/dev/null; }

may_install_packages() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

install_packages() {
  local packages=()
  has_java || packages+=(openjdk-17-jdk-headless)
  has_redis || packages+=(redis-server)
  has_prometheus || packages+=(prometheus)
  [ ${#packages[@]} -gt 0 ] || return 0
  may_install_packages || return 0
  run apt-get update -qq
  # The packages would start servers on ports of their own; the tests and `feedrank up` start theirs.
  run env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

jars_are_verified() {
  [ -d "$1" ] && (cd "$1" && sha256sum --check --quiet --strict "$here/kafka-jars.sha256" >/dev/null 2>&1)
}

fetch_jars_into() {
  local ivy_jars=("$venv"/lib/python3.*/site-packages/pyspark/jars/ivy-*.jar)
  if command -v mvn >/dev/null; then
    run mvn -q -B -f "$here/kafka-pom.xml" dependency:copy-dependencies \
      -DincludeScope=runtime "-DoutputDirectory=$1" >&2
  elif [ -f "${ivy_jars[0]}" ]; then
    run "${JAVA_HOME:+$JAVA_HOME/bin/}java" -jar "${ivy_jars[0]}" -warn -cache "$1.ivy" -ivy "$here/kafka-ivy.xml" \
      -confs default -types jar bundle -retrieve "$1/[artifact]-[revision].[ext]" >&2
    rm -rf "$1.ivy"
  else
    return 1
  fi
}

install_kafka() {
  jars_are_verified "$kafka_home/libs" && return 0
  if [ -e "$kafka_home/libs" ]; then
    missing+=("Kafka: $kafka_home/libs does not match kafka-jars.sha256; remove that folder and run this again")
    return 0
  fi
  if ! has_java; then
    missing+=("Kafka's jars: fetched once a JDK is there")
    return 0
  fi
  mkdir -p "$kafka_home"
  local fresh
  fresh=$(mktemp -d "$kafka_home/fetching.XXXXXX")
  if ! fetch_jars_into "$fresh/libs"; then
    missing+=("Kafka's jars: need Maven (mvn) or the packages of requirements/build.txt in .venv, and a registry")
  elif ! jars_are_verified "$fresh/libs"; then
    missing+=("Kafka's jars: what was fetched does not match kafka-jars.sha256 and was thrown away")
  else
    mv "$fresh/libs" "$kafka_home/libs"
  fi
  rm -rf "$fresh"
}

has_ghz() { command -v ghz >/dev/null || [ -x "$(go env GOPATH 2>/dev/null)/bin/ghz" ]; }

# The load generator of one README example: wanted, never required.
install_ghz() {
  has_ghz && return 0
  if command -v go >/dev/null && run go install "github.com/bojand/ghz/cmd/ghz@$ghz_version"; then
    return 0
  fi
  echo "optional, not there: ghz (go install github.com/bojand/ghz/cmd/ghz@$ghz_version)"
}

install_packages
has_java || missing+=("a JDK, 17 or newer: apt-get install openjdk-17-jdk-headless")
has_redis || missing+=("redis-server: apt-get install redis-server")
has_prometheus || missing+=("prometheus and promtool, for the alerts: apt-get install prometheus")
install_kafka
install_ghz

if [ ${#missing[@]} -gt 0 ]; then
  printf 'missing: %s\n' "${missing[@]}" >&2
  [ -z "${CI:-}" ] || exit 1
  echo "The tests that need them are skipped." >&2
fi
