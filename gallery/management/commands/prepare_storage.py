"""``manage.py prepare_storage``: makes the bucket for uploaded files, where files are kept in one."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError
from storages.backends.s3 import S3Storage


class Command(BaseCommand):
    help = "Makes the bucket named by S3_BUCKET if it is not there. Files on a local disk need nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not isinstance(default_storage, S3Storage):
            self.stdout.write("Files are kept on a local disk; there is nothing to prepare.")
            return
        name = default_storage.bucket_name
        client = default_storage.connection.meta.client
        try:
            client.head_bucket(Bucket=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise CommandError(f"The object store refuses the bucket {name}: {error}") from error
        except BotoCoreError as error:
            raise CommandError(f"The object store does not answer: {error}") from error
        else:
            self.stdout.write(f"The bucket {name} is there.")
            return
        try:
            client.create_bucket(Bucket=name)
        except (ClientError, BotoCoreError) as error:
            raise CommandError(f"The bucket {name} can't be made: {error}") from error
        self.stdout.write(f"Made the bucket {name}.")
