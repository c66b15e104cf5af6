"""
Pictures to vectors: one module a model, behind one promise (:class:`~gallery.embedders.base.Embedder`).

Importing this package, or asking for a key or a number of dimensions, loads neither torch nor onnxruntime: only
:func:`load` does. To add a model, write ``<name>.py`` and give it a line in
:data:`~gallery.embedders.registry.EMBEDDERS`; the contract tests then run for it.
"""

from gallery.embedders.base import Embedder
from gallery.embedders.registry import EMBEDDERS, dimensions_of, key_of, load, missing, side_of

__all__ = ["EMBEDDERS", "Embedder", "dimensions_of", "key_of", "load", "missing", "side_of"]
