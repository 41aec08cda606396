"""Tests of the ticketing pack."""
