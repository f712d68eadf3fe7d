"""Redis, RabbitMQ and the other services, for the use cases."""
