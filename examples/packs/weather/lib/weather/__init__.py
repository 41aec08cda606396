"""Forecasts: fetching, converting, reporting."""
