"""The JSON API: a router a noun, one shape for everything that goes wrong."""
