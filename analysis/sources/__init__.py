"""What the project reads: the published ledger with its audit, and later trials and references."""

from analysis.texts import as_python as _as_python

_as_python()
