"""Analysis sets, as sources name them."""


def is_per_protocol(population: str) -> bool:
    """Say whether an analysis set holds only those who kept to the protocol.

    Examples
    --------
    >>> is_per_protocol("Per-protocol set"), is_per_protocol("full analysis set")
    (True, False)
    """
    words = population.casefold().replace("-", " ")
    return "per protocol" in words or "completer" in words
