"""Django admin: for people who tune and look after the site."""
