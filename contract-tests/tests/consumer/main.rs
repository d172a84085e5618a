//! The consumer keeps its promises on every pair of a database and a broker.

mod events;
mod ground;
mod postgres_rabbitmq;
mod sqlite_memory;
mod suite;
