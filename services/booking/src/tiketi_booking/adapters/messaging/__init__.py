"""RabbitMQ: the outbox leaves, sales come in to be followed up."""
