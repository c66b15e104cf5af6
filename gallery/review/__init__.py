"""Judgement: what people decide about cases, and how it is taken back."""
