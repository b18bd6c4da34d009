"""The next trial: how large it must be, and what it would show.

Topic of notebook 6. `settings` turns parameters into a run, whose planning values `planning` takes
from the published ledger; `designs` says what a design of each kind of endpoint shows, exactly and
by simulation, which `engine` carries out; the other modules hold the sections of the page.
"""
