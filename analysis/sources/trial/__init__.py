"""Trials at patient level: a folder with ``trial.yml`` and ADaM tables."""
