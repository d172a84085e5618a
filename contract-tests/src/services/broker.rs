//! How a RabbitMQ that we start is configured, in Docker and without.

/// The plugins that tests need, in the format of RabbitMQ's own file.
pub(super) const PLUGINS: &str = "[rabbitmq_management, rabbitmq_stream].\n";

/// The ports of a broker that we start.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub(super) amqp: u16,
    pub(super) stream: u16,
    pub(super) management: u16,
}

/// `rabbitmq.conf` for a broker that we start.
pub(super) fn configuration(address: &str, ports: Ports, password: &str) -> String {
    let Ports { amqp, stream, management } = ports;
    format!(
        "listeners.tcp.1 = {address}:{amqp}\n\
         stream.listeners.tcp.1 = {address}:{stream}\n\
         stream.advertised_host = localhost\n\
         stream.advertised_port = {stream}\n\
         management.tcp.ip = {address}\n\
         management.tcp.port = {management}\n\
         default_user = tidings\n\
         default_pass = {password}\n"
    )
}

/// The URLs of a broker with that configuration, in the order of the service's variables.
pub(super) fn urls(host: &str, ports: Ports, password: &str) -> Vec<String> {
    let user = format!("tidings:{password}@{host}");
    vec![
        format!("amqp://{user}:{}/%2f", ports.amqp),
        format!("rabbitmq-stream://{user}:{}", ports.stream),
        format!("http://{user}:{}", ports.management),
    ]
}
