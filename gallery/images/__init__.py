"""
Bytes to facts: what a file is, its pixels, its hashes and its renditions.

Knows no database. ``header`` alone is for the web process: it loads no image library. Everything else runs in the
child process that :class:`gallery.images.sandbox.Examiner` keeps.
"""
