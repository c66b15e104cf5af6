"""Pages: a module each. A question to the database is a QuerySet method, never inline."""
