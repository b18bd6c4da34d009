"""Threads of linear algebra: one, in notebooks, commands, tests and scripts alike.

The matrices here are small. A second thread only waits for its turn, and on a busy machine it
waits by turning a whole core; runs and tests that share a machine make it worse. Who wants more
sets ``OPENBLAS_NUM_THREADS``, or uses ``threadpoolctl.threadpool_limits`` round a block of code.
"""

import os
import sys

VARIABLES = "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"
"""What the libraries of numpy and scipy read when they are loaded, and what is left as it is set.

Not ``OMP_NUM_THREADS``: other packages of the same session read it, too.
"""


def keep_to_one() -> None:
    """Let linear algebra use one thread in this process and those it starts.

    Notes
    -----
    The variables serve libraries that are loaded later; for one that is there already, because
    numpy was imported before this package, `threadpoolctl` asks the library itself.
    """
    if any(name in os.environ for name in VARIABLES):
        return
    os.environ.update(dict.fromkeys(VARIABLES, "1"))
    if "numpy" in sys.modules:
        from threadpoolctl import threadpool_limits

        threadpool_limits(1, user_api="blas")
