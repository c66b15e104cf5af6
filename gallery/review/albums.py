"""Albums: lists that a person keeps for themselves. Images get into them on their own page (``details``)."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from gallery.errors import DetailsError, NotAllowed
from gallery.models import Album, Image, User
from gallery.review.details import album_name


def rename(album: Album, by: User, *, name: str) -> None:
    """
    :raises NotAllowed: if it is somebody else's.
    :raises DetailsError: if the name does not fit, or another album of theirs has it.
    """
    _check_own(album, by)
    wanted = album_name(name)
    try:
        with transaction.atomic():
            Album.objects.filter(pk=album.pk).update(name=wanted)
    except IntegrityError as error:
        raise DetailsError(
            _("You have an album “%(name)s” already. Choose another name.") % {"name": wanted}
        ) from error


def delete(album: Album, by: User) -> None:
    """
    Delete the list. Its images stay.

    :raises NotAllowed: if it is somebody else's.
    """
    _check_own(album, by)
    album.delete()


def take_out(image: Image, album: Album, by: User) -> None:
    """
    Take an image out of the list, also one of somebody else's that a merge brought.

    :raises NotAllowed: if the album is somebody else's.
    """
    _check_own(album, by)
    album.images.remove(image)


def _check_own(album: Album, by: User) -> None:
    if album.owner_id != by.pk:
        raise NotAllowed(_("This album is somebody else's. Keep one of your own."))
