"""What happens to the bytes of a form while they arrive."""

from django.core.files.uploadhandler import FileUploadHandler

from gallery.conf import conf


class KeepNoMoreThanTaken(FileUploadHandler):
    """
    Stops keeping a file that is larger than the site takes.

    It is read to its end, so that the form is answered with a sentence, but the disk holds one chunk beyond the limit
    at most. It comes first in ``FILE_UPLOAD_HANDLERS``.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= conf().max_upload_bytes else None

    def file_complete(self, file_size: int) -> None:
        """The handlers after this one make the file."""
