"""Load, decide, save, tell: one function or method a use case."""
