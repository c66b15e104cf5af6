"""The cases that somebody ticked on the pages of a list: they travel with the address, so that no script is needed."""

from django.http import QueryDict

TICKED = 200
"""Ticks that one form may bring: five pages of them, and an address that every server takes."""

LONGEST = 19
"""Digits of the largest id that a database keeps, at the least."""


def ticks_of(query: QueryDict) -> list[int]:
    """The numbers of the ticked cases, each once, in the order in which they were ticked; one more than may be."""
    numbers = (int(given) for given in query.getlist("case") if given.isdecimal() and len(given) < LONGEST)
    return list(dict.fromkeys(numbers))[: TICKED + 1]
