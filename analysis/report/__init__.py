"""The report: executes notebooks, renders pages, and puts them in place.

What is asked for
    ``runs`` and ``grid`` read the files that name runs; ``source`` reads a stored notebook.
What has to be done
    ``fingerprint`` with ``hashes`` and ``imports`` says which run is not up to date, why, and
    whether it is to be executed or only rendered anew.
How it is done
    ``build`` gives ``job`` after job to an ``executor``: processes here, or a Dask cluster.
    ``worker`` executes one run (``execute``, ``recorder``, ``watched``), which leaves an
    ``execution``, and of that its page is ``rendered`` (``render``, ``search``, ``dossier``).
    ``progress`` shows it.
Where it goes
    ``place`` and ``lock`` keep a report whole; ``index`` and ``grid_page`` write front pages.
What is stored of it
    ``normalise`` is the one form of a stored notebook; ``git_filter`` and ``lab`` let git and
    JupyterLab see no other.
What is made of it
    ``compare`` with ``sides`` and ``revision``; ``bundle`` and ``verify``; ``stored``.
"""
