"""Incidents: noticing, classifying, writing down."""
