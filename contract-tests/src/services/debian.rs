//! Servers without Docker: root on Debian runs them from the private root file system or from the machine's packages.

use std::{
    fs::{self, DirBuilder},
    net::TcpListener,
    os::unix::fs::DirBuilderExt as _,
    path::Path,
};

use uuid::Uuid;

use super::{
    Error, Service, broker, rootfs,
    server::Started,
    supervisor::{Confined, Holder, Supervisor},
};

/// Starts a server. It answers a few seconds later.
pub(super) fn start(service: Service, holder: Holder) -> Result<Started, Error> {
    if !rustix::process::geteuid().is_root() {
        return Err(Error::Unsupported("not root, so no private root file system".to_owned()));
    }
    match service {
        Service::Postgres => postgres(&rootfs::path()?, "/srv", 17, holder),
        Service::Postgres15 => postgres(Path::new("/"), "/tmp", 15, holder),
        Service::RabbitMq => rabbitmq(&rootfs::path()?, holder),
    }
}

fn postgres(root: &Path, data: &str, major: u32, holder: Holder) -> Result<Started, Error> {
    let programs = format!("/usr/lib/postgresql/{major}/bin");
    if !root.join(programs.trim_start_matches('/')).is_dir() {
        return Err(Error::Unsupported(format!("no {programs}; install the package postgresql-{major}")));
    }
    let data = format!("{data}/tidings-postgres-{}", Uuid::new_v4().simple());
    let [port] = free_ports()?;
    let password = Uuid::new_v4().simple().to_string();
    let script = r#"
        set -e
        [ -d "$1/data" ] || "$0/initdb" --pgdata="$1/data" --username=tidings --pwfile="$1/password" \
            --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync
        exec "$0/postgres" -D "$1/data" -c listen_addresses=127.0.0.1 -c "port=$2" -c unix_socket_directories= \
            -c dynamic_shared_memory_type=mmap -c max_connections=300
    "#;
    let server = Confined {
        root,
        user: "postgres",
        data: &data,
        environment: &[("HOME", data.clone())],
        command: &["sh".into(), "-c".into(), script.into(), programs, data.clone(), port.to_string()],
    };
    let outside = server.data_outside();
    make_private(&outside)?;
    write(&outside.join("password"), &password)?;
    let supervisor = Supervisor::confine(&server, holder)?;
    let urls = vec![format!("postgres://tidings:{password}@127.0.0.1:{port}/postgres")];
    Ok(Started { urls, supervisor, log: server.log() })
}

fn rabbitmq(root: &Path, holder: Holder) -> Result<Started, Error> {
    let data = format!("/srv/tidings-rabbitmq-{}", Uuid::new_v4().simple());
    let [amqp, stream, management, distribution, names] = free_ports()?;
    let password = Uuid::new_v4().simple().to_string();
    let environment = [
        ("HOME", data.clone()), // Erlang's cookie is made there
        ("RABBITMQ_NODENAME", "tidings@localhost".to_owned()),
        ("RABBITMQ_CONFIG_FILE", format!("{data}/rabbitmq.conf")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", format!("{data}/enabled_plugins")),
        ("RABBITMQ_MNESIA_BASE", format!("{data}/data")),
        ("RABBITMQ_LOG_BASE", format!("{data}/logs")),
        ("RABBITMQ_LOGS", "-".to_owned()),
        ("RABBITMQ_DIST_PORT", distribution.to_string()),
        ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}".to_owned()),
        ("ERL_EPMD_PORT", names.to_string()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
    ];
    let server = Confined {
        root,
        user: "rabbitmq",
        data: &data,
        environment: &environment,
        // Not the wrapper in /usr/sbin: that one switches the user and loses this environment.
        command: &["/usr/lib/rabbitmq/bin/rabbitmq-server".to_owned()],
    };
    let outside = server.data_outside();
    make_private(&outside)?;
    let ports = broker::Ports { amqp, stream, management };
    write(&outside.join("rabbitmq.conf"), &broker::configuration("127.0.0.1", ports, &password))?;
    write(&outside.join("enabled_plugins"), broker::PLUGINS)?;
    let supervisor = Supervisor::confine(&server, holder)?;
    Ok(Started { urls: broker::urls("127.0.0.1", ports, &password), supervisor, log: server.log() })
}

fn make_private(folder: &Path) -> Result<(), Error> {
    DirBuilder::new().mode(0o700).create(folder).map_err(Error::file(folder))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(Error::file(path))
}

/// Ports that are free now. All are held until the last is known, so they differ.
pub(super) fn free_ports<const N: usize>() -> Result<[u16; N], Error> {
    let refused = |cause: std::io::Error| Error::Unsupported(format!("no free port: {cause}"));
    let mut held = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(refused)?;
        *port = listener.local_addr().map_err(refused)?.port();
        held.push(listener);
    }
    Ok(ports)
}
