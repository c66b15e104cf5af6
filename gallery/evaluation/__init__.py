"""How well the pipeline finds copies: of a labelled folder, and of the site's own images."""
