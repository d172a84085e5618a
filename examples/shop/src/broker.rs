//! Where the broker is.

use anyhow::Context as _;
use tidings::broker::RabbitMq;

/// Reads `user:password@host:port/virtual-host`.
pub(crate) fn rabbitmq(address: &str) -> anyhow::Result<RabbitMq> {
    let parts = || {
        let (login, at) = address.rsplit_once('@')?;
        let ((user, password), (at, virtual_host)) = (login.split_once(':')?, at.split_once('/').unwrap_or((at, "/")));
        let (host, port) = at.rsplit_once(':')?;
        let broker = RabbitMq::new(host, port.parse().ok()?).with_login(user, password);
        Some(broker.with_virtual_host(virtual_host))
    };
    // Without the address, which holds a password.
    parts().context("the broker is given as `user:password@host:port/virtual-host`")
}
