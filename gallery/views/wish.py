"""How somebody would like to see a case: the query of its address."""

from dataclasses import dataclass

from django.http import QueryDict


@dataclass(frozen=True, kw_only=True)
class Wish:
    """
    What the address asks for, in public ids.

    Images that are not in the case are ignored, so that an old link still opens it.
    """

    show: tuple[str, ...] = ()
    keeper: str = ""
    file: str = ""
    images: tuple[str, ...] = ()
    rest: bool = False
    licence: str | None = None

    @classmethod
    def of(cls, query: QueryDict) -> "Wish":
        return cls(
            show=tuple(query.getlist("show")),
            keeper=query.get("keeper", ""),
            file=query.get("file", ""),
            images=tuple(query.getlist("images")),
            rest=query.get("rest") == "different",
            licence=query.get("choice-licence"),
        )
