"""Safety of a trial: exposure, adverse events, laboratory, immunogenicity, listings.

Topic of notebook 4. `settings` turns parameters and the trial's plan into what is analysed;
`population` owns the denominators, `emergent` and `measurements` the records; `incidence`,
`tables` and `drawing` are shared. Every other module holds sections of the page: what
is computed and how it looks.
"""
