"""Taking an upload in, and bringing it through its stages."""
