"""The tables of a run as documents for a dossier: one DOCX and one RTF with the page's cells.

``shown`` reads the tables back from an executed notebook, ``sheets`` lays them on paper, ``word``
and ``rtf`` write them, ``cells`` reads a DOCX back, and ``files`` makes both of a run.
"""
