"""Adapters of the ports: Redis, booking, RabbitMQ."""
