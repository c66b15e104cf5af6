"""Small answers that ride along with another question, so that a page asks the database less often."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import IntegerField, QuerySet, Subquery, TextField
from django.db.models.sql.compiler import SQLCompiler


class CountOf(Subquery):
    """How many rows a queryset has, 0 for none: ``annotate(comments=CountOf(of_this_case))``."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any, Any]) -> None:
        super().__init__(rows.order_by().values("pk"))


class WordsOf(Subquery):
    """The column ``word`` of a queryset's rows, by spaces, in no order; None where there is none."""

    template = "(SELECT STRING_AGG(word, ' ') FROM (%(subquery)s) words)"
    output_field = TextField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        return self.as_sql(compiler, connection, template=self.template.replace("STRING_AGG", "GROUP_CONCAT"))
