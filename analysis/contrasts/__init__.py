"""Contrasts between growth hormones: what the published evidence can and cannot say.

Topic of notebook 5. `settings` turns parameters into a run; `pairs` finds the randomised pairs
and what the papers print of them, `routes` turns that into differences; the other modules hold
the sections of the page, each computed and shown in one place.
"""
