"""Postgres: the stores of accounts, events, holds, orders and all that follows."""
