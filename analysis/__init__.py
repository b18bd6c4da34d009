"""Reproducible analysis of the Valtropin growth-hormone trials.

Data flows one way: ``sources`` → ``stats`` → topics (``programme``, …) → ``display`` →
notebooks → ``report``. A module imports only from its left, and ``tests/test_layers.py``
holds that.
"""

__version__ = "0.2.0"
