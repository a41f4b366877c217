"""Traces of single requests over all services and the bus; off unless they have somewhere to go."""
