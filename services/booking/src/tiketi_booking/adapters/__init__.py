"""Postgres, RabbitMQ, Redis, mail and the rest, for the use cases."""
