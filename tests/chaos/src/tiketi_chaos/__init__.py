"""Faults caused for real during a rehearsal, and the losses counted."""
