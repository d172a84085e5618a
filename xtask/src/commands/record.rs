//! `record`: events of a broker in a file, for replay tests.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::Ending;
use crate::workspace::Workspace;

/// Copy events from a broker into a file that replay tests read
///
/// Reads the streams from their first event, or from a time, to their end, and writes the events one below the other as
/// JSON lines, in the order in which they occurred; those of each partition stay in theirs. What the catalogue classifies
/// as personal or confidential is replaced by made-up data. `Contract::replays` holds the read model that a service makes
/// of them against a snapshot. Needs a build with servers.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Streams, by their names in the catalogue
    #[arg(value_name = "STREAM", required = true)]
    streams: Vec<String>,
    /// The file to write, such as `contract-tests/recordings/orders.jsonl`
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    /// The broker: `rabbitmq-stream://user@host:5552/vhost`, or `rabbitmq-stream+tls://` (port 5551)
    #[arg(long, value_name = "URL", env = "TIDINGS_BROKER_URL", hide_env_values = true)]
    broker: String,
    /// The password, instead of one in the URL
    #[arg(long, env = "TIDINGS_BROKER_PASSWORD", hide = true, hide_env_values = true)]
    password: Option<String>,
    /// Certificates of the authorities that the broker's certificate comes from, in PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Begin with what was published at this time, such as 2026-03-01T12:00:00Z, or a little earlier
    #[arg(long, value_name = "TIME")]
    since: Option<DateTime<Utc>>,
    /// Only events of this key, such as `acme/0192f0c1-8a4e-7c3b-9d55-3f1c2a7be901`
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Most events
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    events: u64,
    /// Write data about people as it is
    #[arg(long)]
    keep_personal: bool,
    /// Root file of the catalogue
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
}

#[cfg(not(feature = "services"))]
pub(crate) fn run(_: &Args, _: &Workspace) -> anyhow::Result<Ending> {
    crate::with_services::needed(crate::with_services::Profile::Dev)
}

#[cfg(feature = "services")]
pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    recording::run(args, workspace)
}

#[cfg(feature = "services")]
mod recording {
    use std::collections::VecDeque;
    use std::fmt::Write as _;
    use std::fs;

    use anyhow::Context as _;
    use chrono::{DateTime, Utc};
    use rabbitmq_stream_client::TlsConfiguration;
    use tidings::broker::{Address, Delivery, RabbitMq, Source as _, Start, Subscription as _};
    use tidings::{Message, RawEnvelope};
    use tidings_contract::documents::Seed;
    use tidings_contract::estate::Estate;
    use tidings_contract::masking::Masking;
    use tidings_contract::recording::Recorded;
    use tidings_generator::model::{EventVersion, Stream};
    use tidings_generator::suggest;

    use super::Args;
    use crate::Ending;
    use crate::workspace::{CATALOGUE, Workspace};

    pub(super) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
        let estate = Estate::load(&workspace.path(args.catalogue.as_deref(), CATALOGUE))?;
        let streams = &estate.model().streams;
        let mut chosen: Vec<&Stream> = Vec::new();
        for name in &args.streams {
            let stream = streams.get(name);
            let help = || suggest::hint(name, streams.keys().map(String::as_str));
            chosen.push(stream.with_context(|| format!("the catalogue has no stream `{name}`{}", help()))?);
        }
        let address: Address = args.broker.parse().context("the broker's URL")?;
        let broker = address.broker(args.password.as_deref());
        let broker = match (&args.ca_file, address.is_tls()) {
            (None, false) => broker,
            (Some(file), true) => {
                let tls = TlsConfiguration::builder().add_root_certificates(file.clone()).build();
                broker.with_tls(tls.map_err(|why| anyhow::anyhow!("the certificates of the authorities: {why}"))?)
            }
            (None, true) => anyhow::bail!("TLS needs `--ca-file`: the authorities that the certificate comes from"),
            (Some(_), false) => anyhow::bail!("`--ca-file` is for a broker at `rabbitmq-stream+tls://`"),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let found = runtime.block_on(read(args, &broker, &chosen))?;
        // Random, and forgotten: who knew it could try which name became which.
        let (_, seed) = uuid::Uuid::now_v7().as_u64_pair();
        let mut masking = (!args.keep_personal).then(|| Masking::new(&estate, Seed::new(seed)));
        let mut text = String::new();
        for event in &found.events {
            let mut recorded = Recorded::of(event).map_err(anyhow::Error::msg)?;
            if let Some(masking) = &mut masking {
                let id = EventVersion { event: event.event_type.clone(), version: event.event_version };
                let masked = masking.masked(&id, recorded.envelope["data"].take());
                recorded.envelope["data"] =
                    masked.map_err(|why| anyhow::anyhow!("{why}; `--keep-personal` writes data as it is"))?;
            }
            let _ = writeln!(text, "{}", serde_json::to_string(&recorded)?);
        }
        if let Some(folder) = args.out.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        }
        fs::write(&args.out, text).with_context(|| format!("cannot write `{}`", args.out.display()))?;
        let masked = if args.keep_personal { "with data about people" } else { "data about people is made up" };
        eprintln!("wrote {} events to {}; {masked}", found.events.len(), args.out.display());
        if let Some(first) = found.unreadable.first() {
            eprintln!(
                "warning: {} messages are no events and were left out; the first: {first}",
                found.unreadable.len()
            );
        }
        if found.is_cut {
            eprintln!(
                "warning: there are more than {} events; raise `--events`, or begin later with `--since`",
                args.events
            );
        }
        Ok(Ending::Clean)
    }

    /// Events of a partition, with when they occurred.
    type Partition = VecDeque<(DateTime<Utc>, Message)>;

    /// What was read.
    #[derive(Default)]
    struct Found {
        events: Vec<Message>,
        /// What is no event: where it was, and why.
        unreadable: Vec<String>,
        /// Whether there was more.
        is_cut: bool,
    }

    async fn read(args: &Args, broker: &RabbitMq, streams: &[&Stream]) -> anyhow::Result<Found> {
        let mut found = Found::default();
        let most = usize::try_from(args.events).unwrap_or(usize::MAX);
        let mut partitions: Vec<Partition> = Vec::new();
        for stream in streams {
            for partition in 0..stream.partitions {
                let start = args.since.map_or(Start::First, Start::Time);
                let place = || format!("partition {partition} of stream `{}`", stream.name);
                let mut next = broker.offset_of(&stream.name, partition, start).await.with_context(place)?;
                let end = broker.offset_of(&stream.name, partition, Start::Last).await.with_context(place)?;
                let mut events = Partition::new();
                let mut subscription = broker.subscribe(&stream.name, partition, next).await.with_context(place)?;
                // One more than is wanted tells that there are more.
                while next < end && events.len() <= most {
                    for delivery in subscription.next().await.with_context(place)? {
                        if (next..end).contains(&delivery.offset) {
                            next = delivery.offset + 1;
                            keep(args, &stream.name, partition, delivery, &mut events, &mut found.unreadable);
                        } else if delivery.offset >= end {
                            // Published since, as well as all behind it.
                            next = end;
                        }
                    }
                }
                subscription.close().await;
                partitions.push(events);
            }
        }
        found.events = in_order(partitions).take(most.saturating_add(1)).collect();
        found.is_cut = found.events.len() > most;
        found.events.truncate(most);
        Ok(found)
    }

    /// Events as they occurred, where that leaves those of each partition in their order.
    fn in_order(mut partitions: Vec<Partition>) -> impl Iterator<Item = Message> {
        std::iter::from_fn(move || {
            let first = |partition: &&mut Partition| partition.front().map(|(at, _)| *at);
            let next = partitions.iter_mut().filter(|partition| !partition.is_empty()).min_by_key(first)?;
            Some(next.pop_front()?.1)
        })
    }

    fn keep(
        args: &Args,
        stream: &str,
        partition: u32,
        delivery: Delivery,
        events: &mut Partition,
        unreadable: &mut Vec<String>,
    ) {
        let key = delivery.received.key.unwrap_or_default();
        if args.key.as_ref().is_some_and(|only| key != *only) {
            return;
        }
        let message = |envelope: RawEnvelope| {
            let at = envelope.occurred_at;
            let message = Message::of(stream.to_owned(), partition, key, envelope);
            message.map(|message| (at, message)).map_err(|error| error.to_string())
        };
        let envelope = delivery.received.envelope.map_err(|error| error.to_string());
        match envelope.and_then(message) {
            Ok(event) => events.push_back(event),
            Err(why) => unreadable.push(format!("{stream}-{partition} at offset {}: {why}", delivery.offset)),
        }
    }
}
