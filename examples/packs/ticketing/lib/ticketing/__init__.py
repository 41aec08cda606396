"""A client for a REST ticket system."""
