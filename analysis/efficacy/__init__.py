"""Efficacy of a trial, from its estimand to its verdict.

Topic of notebooks 2 and 3. `settings` turns parameters and the trial's plan into what is
analysed and lists every departure; the other modules take those settings and return `Results`.
"""
