"""What the project reads: the published ledger with its audit, and later trials and references."""

from analysis import texts as texts
