"""Tests of the pure packages: standard library and pydantic only."""
