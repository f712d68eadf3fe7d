"""The outside: Redis, booking, RabbitMQ."""
