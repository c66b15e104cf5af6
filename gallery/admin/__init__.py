"""Django admin: for people who tune and look after the site. One module a noun, named in ``apps.py``."""
