"""The parts of a drafted plan: each module looks at the tables for one of them and writes it.

A part is drafted where it can be seen. What cannot be seen stays a question mark, which
``check`` calls an error until it is answered, with a comment on what is asked and what was seen.
"""
