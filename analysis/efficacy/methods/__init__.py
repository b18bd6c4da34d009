"""The methods that a plan can name: `METHODS` maps the plan's word to what is done.

A further method is one module that makes a `Method`, one entry in `METHODS`, its word in
`analysis.sources.trial.vocabulary`, where the check of a trial folder sees it, and what it
estimates in `analysis.sources.trial.effects`.
"""

from analysis.efficacy.methods.ancova import ANCOVA
from analysis.efficacy.methods.binary import BINARY
from analysis.efficacy.methods.method import Fitted, Method
from analysis.efficacy.methods.mmrm import MMRM
from analysis.efficacy.methods.paired import PAIRED
from analysis.efficacy.methods.subgroups import Effects
from analysis.efficacy.methods.survival import SURVIVAL

METHODS: dict[str, Method] = {
    each.name: each for each in (ANCOVA, MMRM, PAIRED, *BINARY, *SURVIVAL)
}
"""The plan's word → the method."""

__all__ = ["METHODS", "Effects", "Fitted", "Method"]
