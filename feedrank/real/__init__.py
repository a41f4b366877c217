"""The real Kafka and Redis as child processes, for `feedrank up` and for the tests."""
