"""Reproducible analysis of the Valtropin growth-hormone trials.

Data flows one way: ``sources`` → ``stats`` → topics (``programme``, …) → ``display`` →
notebooks → ``report``. A module imports only from its left, and ``tests/test_layers.py``
holds that.
"""

from analysis.public import complete_in_notebook as _complete_in_notebook

__version__ = "0.2.0"

_complete_in_notebook()
