"""Reproducible analysis of the Valtropin growth-hormone trials.

Data flows one way: ``stats`` → ``sources`` → ``results`` → ``display`` → topics (``programme``,
…) → ``report`` → command line. A module imports only from its left, and
``tests/test_layers.py`` holds that.
"""

import sys as _sys

if _sys.argv[:1] == ["-m"]:
    # A command of its own: it writes what it is asked for. `make` has compiled the package.
    _sys.dont_write_bytecode = True

from analysis.threads import keep_to_one as _keep_to_one

__version__ = "0.2.0"

_keep_to_one()

if "IPython" in _sys.modules:  # Nobody presses TAB elsewhere, and a command starts without it.
    from analysis.public import complete_in_notebook as _complete_in_notebook

    _complete_in_notebook()
