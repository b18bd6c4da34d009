"""Safety of a trial: exposure, adverse events, laboratory, immunogenicity, listings.

Topic of notebook 4. `settings` turns parameters and the trial's plan into what is analysed;
`population` owns the denominators; the other modules take those settings and return `Results`.
"""
