"""Half an hour of load and faults, to see whether anything grows: `make soak`."""
