"""
What things cost: each stage of the pipeline, the whole of it through the real neighbours, and a search.

``make bench`` runs them and writes docs/benchmarks.md. Absolute times are those of one machine at one hour; the ratios
are what to look at when something changed.
"""
