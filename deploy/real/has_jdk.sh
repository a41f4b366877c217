#!/usr/bin/env bash
# Succeeds when the Java of JAVA_HOME, else of PATH, is 17 or newer: what Spark and Kafka need.
set -euo pipefail
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
# `openjdk version "17.0.15"`; before 9 it was `"1.8.0"`.
major=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1) || exit 1
[ "${major:-0}" -ge 17 ]
