//! Servers in Docker containers, when an engine answers.

use std::{env, fmt::Display, process::Command};

use testcontainers::{ContainerAsync, ContainerRequest, GenericImage, ImageExt as _, core::IntoContainerPort as _};
use testcontainers::{CopyTargetOptions, runners::AsyncRunner as _};
use tokio::runtime;
use uuid::Uuid;

use super::{
    Error, Service, broker,
    debian::free_ports,
    server::Started,
    supervisor::{Holder, Supervisor},
};

/// Starts a container. Its server answers a few seconds later.
pub(super) fn start(service: Service, holder: Holder) -> Result<Started, Error> {
    engine()?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(unsupported)?;
    runtime.block_on(async {
        match service {
            Service::Postgres | Service::Postgres15 => postgres(service, holder).await,
            Service::RabbitMq => rabbitmq(holder).await,
        }
    })
}

/// The client is asked, because it also removes the container in the end, when nothing of this process may be left.
fn engine() -> Result<(), Error> {
    let failed = |output: String| Error::Program { program: "docker version".to_owned(), output };
    let answer = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .output()
        .map_err(|cause| failed(cause.to_string()))?;
    if answer.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(&answer.stderr).trim().to_owned()))
}

async fn postgres(service: Service, holder: Holder) -> Result<Started, Error> {
    let password = Uuid::new_v4().simple().to_string();
    let request = image(service)
        .with_exposed_port(5432.tcp())
        .with_env_var("POSTGRES_USER", "tidings")
        .with_env_var("POSTGRES_PASSWORD", &password);
    let (container, host) = run(request).await?;
    let port = container.get_host_port_ipv4(5432).await.map_err(unsupported)?;
    hand_over(container, holder, vec![format!("postgres://tidings:{password}@{host}:{port}/postgres")])
}

async fn rabbitmq(holder: Holder) -> Result<Started, Error> {
    let [amqp, stream, management] = free_ports()?;
    let password = Uuid::new_v4().simple().to_string();
    let ports = broker::Ports { amqp, stream, management };
    // The same numbers inside and outside: the broker tells its clients where to connect.
    let mut request = image(Service::RabbitMq)
        .with_copy_to(
            CopyTargetOptions::new("/etc/rabbitmq/conf.d/90-tidings.conf"),
            broker::configuration("0.0.0.0", ports, &password).into_bytes(),
        )
        .with_copy_to(CopyTargetOptions::new("/etc/rabbitmq/enabled_plugins"), broker::PLUGINS.as_bytes().to_vec());
    for port in [amqp, stream, management] {
        request = request.with_mapped_port(port, port.tcp());
    }
    let (container, host) = run(request).await?;
    hand_over(container, holder, broker::urls(&host, ports, &password))
}

fn image(service: Service) -> GenericImage {
    let (variable, usual) = service.image();
    let image = env::var(variable).unwrap_or_else(|_| usual.to_owned());
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => GenericImage::new(name, tag),
        _ => GenericImage::new(image.as_str(), "latest"),
    }
}

async fn run(
    request: impl Into<ContainerRequest<GenericImage>>,
) -> Result<(ContainerAsync<GenericImage>, String), Error> {
    let container = request.into().start().await.map_err(unsupported)?;
    let host = container.get_host().await.map_err(unsupported)?.to_string();
    Ok((container, host))
}

/// From here on the supervisor removes the container, not its Rust value: that one could not outlive this process.
fn hand_over(container: ContainerAsync<GenericImage>, holder: Holder, urls: Vec<String>) -> Result<Started, Error> {
    let supervisor = Supervisor::container(container.id(), holder)?;
    std::mem::forget(container);
    Ok(Started { urls, supervisor, log: std::path::PathBuf::new() })
}

fn unsupported(cause: impl Display) -> Error {
    Error::Unsupported(cause.to_string())
}
