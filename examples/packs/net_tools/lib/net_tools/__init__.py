"""Addressing, name lookups and probes, on the standard library alone."""
