"""
Side by side with other programs that find copies: the same folder, the same labels, the same hour.

``make bench-peers`` installs them, each into an environment of its own, runs them and us, and writes its part of
docs/benchmarks.md. Each gets its documented default and the threshold that suits it best.
"""
