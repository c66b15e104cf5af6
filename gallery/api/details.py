"""What an owner says of an image, the favourites, and one's own albums."""

from typing import Self

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import Field

from gallery.api.signing_in import caller
from gallery.models import Album, Image, User
from gallery.review import albums, details

router = Router(tags=["details"])
albums_router = Router(tags=["albums"])


class DetailsOut(Schema):
    """
    ``version`` goes into the change as ``seen_version``. ``albums`` are the caller's own that it is in, ``favourites``
    how many people marked it, ``favourite`` whether the caller did.
    """

    id: str
    version: int
    title: str
    caption: str
    alt_text: str
    licence: str
    visibility: str
    sensitive: bool
    tags: list[str]
    sources: list[str]
    albums: list[str]
    favourites: int
    favourite: bool

    @classmethod
    def of(cls, image: Image, user: User) -> Self:
        return cls(
            id=image.public_id,
            version=image.version,
            **{name: getattr(image, name) for name in details.COLUMNS},
            tags=[tag.name for tag in image.tags.all()],
            sources=list(image.source_links.order_by("pk").values_list("url", flat=True)),
            albums=list(image.albums.filter(owner=user).values_list("name", flat=True)),
            favourites=image.favourites.count(),
            favourite=image.favourites.filter(user=user).exists(),
        )


class DetailsIn(Schema):
    """What is left out stays as it is; a list that is given replaces the one that was there."""

    seen_version: int = Field(description="The version of the details that were looked at.")
    title: str | None = None
    caption: str | None = None
    alt_text: str | None = None
    licence: str | None = None
    visibility: str | None = Field(default=None, description="public, unlisted or private.")
    sensitive: bool | None = None
    tags: list[str] | None = None
    sources: list[str] | None = Field(default=None, description="Web addresses, with https:// or http://.")
    albums: list[str] | None = Field(default=None, description="Names of own albums; those that are new are made.")


class MarkIn(Schema):
    favourite: bool = Field(description="Mark it, or take the mark away.")


def _shown(request: HttpRequest, public_id: str) -> tuple[User, Image]:
    """:raises Http404: for an image that the caller may not see."""
    user = caller(request)
    return user, get_object_or_404(Image.objects.shown_to(user), public_id=public_id)


@router.get("/{public_id}/details", response=DetailsOut)
def read(request: HttpRequest, public_id: str) -> DetailsOut:
    """What is said of an image, for who may see it."""
    user, image = _shown(request, public_id)
    return DetailsOut.of(image, user)


@router.post("/{public_id}/details", response=DetailsOut)
def edit(request: HttpRequest, public_id: str, given: DetailsIn) -> DetailsOut:
    """Change it: all that was sent, or nothing. For its owner."""
    user, image = _shown(request, public_id)
    columns = {name: value for name in details.COLUMNS if (value := getattr(given, name)) is not None}
    changes = details.Changes(columns=columns, tags=given.tags, albums=given.albums, sources=given.sources)
    details.edit(image, user, changes, seen_version=given.seen_version)
    image.refresh_from_db()
    return DetailsOut.of(image, user)


@router.post("/{public_id}/favourite", response=DetailsOut)
def mark(request: HttpRequest, public_id: str, given: MarkIn) -> DetailsOut:
    """Mark an image as one's favourite. One that was merged stands for its keeper, whose details are answered."""
    user = caller(request)
    known = get_object_or_404(Image.objects.known_to(user), public_id=public_id)
    return DetailsOut.of(details.mark(known, user, favourite=given.favourite), user)


class AlbumOut(Schema):
    id: int
    name: str
    images: int

    @classmethod
    def of(cls, album: Album) -> Self:
        """``album`` comes with :meth:`AlbumQuerySet.with_counts`."""
        return cls(id=album.pk, name=album.name, images=getattr(album, "count", 0))


class AlbumsOut(Schema):
    items: list[AlbumOut]


class NameIn(Schema):
    name: str


class ImageIn(Schema):
    image: str = Field(description="The public id of an image in the album.")


def _own(request: HttpRequest, album_id: int) -> tuple[User, Album]:
    """:raises Http404: for an album of somebody else's."""
    user = caller(request)
    return user, get_object_or_404(user.albums.with_counts(), pk=album_id)


@albums_router.get("", response=AlbumsOut)
def own_albums(request: HttpRequest) -> AlbumsOut:
    """One's own albums. What is in one is told by ``/api/images?album=…``."""
    return AlbumsOut(items=[AlbumOut.of(album) for album in caller(request).albums.with_counts()])


@albums_router.post("/{int:album_id}/rename", response=AlbumOut)
def rename(request: HttpRequest, album_id: int, given: NameIn) -> AlbumOut:
    """Give an album another name."""
    user, album = _own(request, album_id)
    albums.rename(album, user, name=given.name)
    return AlbumOut.of(_own(request, album_id)[1])


@albums_router.post("/{int:album_id}/take-out", response=AlbumOut)
def take_out(request: HttpRequest, album_id: int, given: ImageIn) -> AlbumOut:
    """Take an image out of an album."""
    user, album = _own(request, album_id)
    image = get_object_or_404(Image.objects.filter(albums=album), public_id=given.image)
    albums.take_out(image, album, user)
    return AlbumOut.of(_own(request, album_id)[1])


@albums_router.post("/{int:album_id}/delete", response={204: None})
def delete(request: HttpRequest, album_id: int) -> Status[None]:
    """Delete an album; its images stay."""
    user, album = _own(request, album_id)
    albums.delete(album, user)
    return Status(204, None)
