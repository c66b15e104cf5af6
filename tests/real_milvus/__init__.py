"""What the embedded Milvus promises, tried on a genuine standalone server. ``make test-milvus`` runs it."""
