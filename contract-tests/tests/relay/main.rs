//! What a relay promises, whatever stands on its two sides: SQLite and a broker in memory, PostgreSQL and RabbitMQ.

mod ground;
mod postgres_rabbitmq;
mod sqlite_memory;
mod suite;
