"""Neural architecture search as a guided relational search."""

__version__ = "0.1.0"
