"""Statistics: arrays and frames in, frozen documented results out; nothing is formatted here.

Small modules of numpy and scipy, each with one idea: `ancova`, `mmrm`, `imputation`,
`noninferiority`, `proportion_differences`, `rates`, `meta`, `network`, `power` and what they
share. Every method is held to outside numbers in ``tests/stats``.
"""
