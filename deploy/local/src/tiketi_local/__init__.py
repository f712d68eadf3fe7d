"""Tiketi on one machine: private stores, every service, demo data."""
