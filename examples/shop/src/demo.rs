//! The whole flow in one process: it goes well, it goes wrong, and nothing is lost or done twice.

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::json;
use tidings::Message;
use tidings::broker::{Broker, Memory, Publisher as _, Source, Start, Subscription as _};
use tidings::relay::{self, Relay};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use uuid::Uuid;

use crate::database::{Database, Postgres, Sqlite};
use crate::payment_service::{Provider, Trouble};
use crate::{broker, order_history, order_service, payment_service};

/// How long a step may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The waits between attempts: shorter than in the catalogue, so that nobody has to wait.
const RETRY: [Duration; 3] = [Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(800)];

/// On SQLite and a broker in memory.
pub(crate) async fn on_what_is_built_in() -> anyhow::Result<()> {
    say("The shop on SQLite and a broker in memory: three services, each with a database of its own.");
    let folder = tempfile::tempdir()?;
    let shop = Shop {
        orders: Sqlite::create(&folder.path().join("orders.db")).await?,
        payments: Sqlite::create(&folder.path().join("payments.db")).await?,
        history: Sqlite::create(&folder.path().join("history.db")).await?,
        broker: Memory::new(),
    };
    shop.demonstrate().await
}

/// On PostgreSQL and RabbitMQ.
pub(crate) async fn on_servers(database: &str, address: &str) -> anyhow::Result<()> {
    say("The shop on PostgreSQL and RabbitMQ streams: three services, each with a schema of its own.");
    let broker = broker::rabbitmq(address)?;
    let made = broker.apply_topology(&events::topology::TOPOLOGY).await?;
    say(&format!("  {} streams of the catalogue were missing on the broker and are made.", made.len()));
    let shop = Shop {
        orders: Postgres::connect(database, "order_service").await?,
        payments: Postgres::connect(database, "payment_service").await?,
        history: Postgres::connect(database, "order_history").await?,
        broker,
    };
    shop.demonstrate().await
}

/// Databases of the three services, and the broker between them.
struct Shop<D, B> {
    orders: D,
    payments: D,
    history: D,
    broker: B,
}

impl<D: Database, B: Broker + Source + Clone> Shop<D, B> {
    async fn demonstrate(self) -> anyhow::Result<()> {
        let (stop, stopped) = watch::channel(false);
        let until_stopped = || {
            let mut stopped = stopped.clone();
            async move {
                // A sender that is gone stops, too.
                let _ = stopped.wait_for(|stop| *stop).await;
            }
        };
        let provider = Provider::default();
        let relay = Relay::new(self.orders.store("order-service"), self.broker.clone(), relay::Settings::default());
        let payment_relay =
            Relay::new(self.payments.store("payment-service"), self.broker.clone(), relay::Settings::default());
        let retry = Some(RETRY.to_vec());
        let orders = order_service::consumer(&self.orders, self.broker.clone(), retry.clone())?;
        let payments = payment_service::consumer(&self.payments, self.broker.clone(), provider.clone(), retry.clone())?;
        let history = order_history::consumer(&self.history, self.broker.clone(), retry)?;
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let http = order_service::router(self.orders.clone(), relay.wake())?;

        let mut services = JoinSet::new();
        let [first, second, third, fourth, fifth, last] = std::array::from_fn(|_| until_stopped());
        services.spawn(async move { anyhow::Ok(relay.run(first).await?) });
        services.spawn(async move { anyhow::Ok(payment_relay.run(second).await?) });
        services.spawn(async move { anyhow::Ok(payments.run(third).await?) });
        services.spawn(async move { anyhow::Ok(history.run(fourth).await?) });
        services.spawn(async move { anyhow::Ok(orders.run(fifth).await?) });
        services.spawn(async move {
            let serve = axum::serve(listener, http).with_graceful_shutdown(last);
            anyhow::Ok(serve.into_future().await?)
        });

        let told = tokio::select! {
            told = self.tell(address, &provider) => told,
            // Before it is told to.
            Some(ended) = services.join_next() => ended?.and_then(|()| anyhow::bail!("a service ended")),
        };
        stop.send_replace(true);
        while let Some(ended) = services.join_next().await {
            ended??;
        }
        told?;
        say("\nAll services have ended in order.");
        Ok(())
    }

    async fn tell(&self, address: SocketAddr, provider: &Provider) -> anyhow::Result<()> {
        say("\n1. Five customers order over HTTP. The order and its event are one transaction.");
        let began = Instant::now();
        for _ in 0..5 {
            place(address, "acme", Uuid::now_v7(), 7_480).await??;
        }
        self.wait("5 orders are paid and in the history", 5, 5).await?;
        say(&format!("   after {} ms", began.elapsed().as_millis()));

        say("\n2. An order with a currency that the schema does not know is refused, and leaves no event behind.");
        let refusal = place_in(address, "acme", Uuid::now_v7(), 100, "euro").await?;
        say(&format!("   {}", refusal.err().context("the order should have been refused")?));
        ensure!(self.count(&self.orders, "SELECT CAST(count(*) AS text) FROM orders").await? == 5);

        say(
            "\n3. The payment provider does not answer three times. The order is parked and tried again; another one overtakes it.",
        );
        let unlucky = Uuid::now_v7();
        provider.trouble(unlucky, Trouble::Silent(3));
        place(address, "acme", unlucky, 1_990).await??;
        place(address, "acme", Uuid::now_v7(), 2_490).await??;
        self.wait("7 orders are paid and in the history", 7, 7).await?;

        say("\n4. Events are delivered a second time, as brokers do. The ledger knows them.");
        let again = self.republish().await?;
        place(address, "acme", Uuid::now_v7(), 4_990).await??;
        self.wait("8 orders are paid and in the history", 8, 8).await?;
        say(&format!("   {again} events came again, and no customer paid twice"));

        say("\n5. An account is empty. The payment is declined, and for that the order is cancelled.");
        let broke = Uuid::now_v7();
        provider.trouble(broke, Trouble::Empty);
        place(address, "acme", broke, 49_900).await??;
        self.wait("9 orders are in the history, 8 are paid", 8, 9).await?;
        self.wait_for_cancellation().await?;

        say("\n6. A card was stolen. No attempt will help: the event is a dead letter, and says why.");
        let thief = Uuid::now_v7();
        provider.trouble(thief, Trouble::Stolen);
        place(address, "acme", thief, 99_900).await??;
        self.wait("10 orders are in the history, 8 are paid", 8, 10).await?;
        let query = "SELECT consumer || ' gave up on ' || event_type || ' of ' || stream || '-' || \
                     CAST(partition AS text) || ' at offset ' || CAST(\"offset\" AS text) || ' after ' || \
                     CAST(attempts AS text) || ' attempt: ' || error FROM tidings_dead_letter";
        let began = Instant::now();
        let mut letters = self.payments.rows(query).await?;
        while letters.is_empty() && began.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(20)).await;
            letters = self.payments.rows(query).await?;
        }
        ensure!(letters.len() == 1, "{} dead letters", letters.len());
        letters.iter().flatten().for_each(|letter| say(&format!("   {letter}")));

        say("\nWhat became of the orders:\n");
        let query = "SELECT order_id, coalesce(placed_at, '-'), coalesce(paid_at, '-'), coalesce(cancelled_at, '-') \
                     FROM history ORDER BY order_id";
        say(&format!("   {:<38} {:<14} {:<14} cancelled", "order", "placed", "paid"));
        for row in self.history.rows(query).await? {
            let [order, placed, paid, cancelled] = row.as_slice() else { continue };
            say(&format!("   {order:<38} {placed:<14} {paid:<14} {cancelled}"));
        }
        Ok(())
    }

    async fn wait_for_cancellation(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        let query = "SELECT CAST(count(*) AS text) FROM history WHERE cancelled_at IS NOT NULL";
        while self.count(&self.history, query).await? < 1 {
            ensure!(began.elapsed() < PATIENCE, "the order is not cancelled after {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        say("   1 order is cancelled in the history");
        Ok(())
    }

    /// Waits for so many payments, and so many orders in the history with as many of them paid.
    async fn wait(&self, what: &str, paid: usize, placed: usize) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let payments = self.count(&self.payments, "SELECT CAST(count(*) AS text) FROM payments").await?;
            let history =
                self.count(&self.history, "SELECT CAST(count(*) AS text) FROM history WHERE placed_at IS NOT NULL");
            let in_history =
                self.count(&self.history, "SELECT CAST(count(*) AS text) FROM history WHERE paid_at IS NOT NULL");
            if (payments, history.await?, in_history.await?) == (paid, placed, paid) {
                say(&format!("   {what}"));
                return Ok(());
            }
            ensure!(began.elapsed() < PATIENCE, "not after {PATIENCE:?}: {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn count(&self, database: &D, query: &'static str) -> anyhow::Result<usize> {
        let rows = database.rows(query).await?;
        Ok(rows.first().and_then(|row| row.first()).context("a count is a row")?.parse()?)
    }

    /// Publishes all orders again, past the outbox. Returns how many.
    async fn republish(&self) -> anyhow::Result<usize> {
        let stream = &events::topology::ORDERS;
        let mut count = 0;
        for partition in 0..stream.partitions {
            let end = self.broker.offset_of(stream.name, partition, Start::Last).await?;
            let mut subscription = self.broker.subscribe(stream.name, partition, 0).await?;
            let mut messages = Vec::new();
            while (messages.len() as u64) < end {
                for delivery in subscription.next().await? {
                    let key = delivery.received.key.unwrap_or_default();
                    let envelope = delivery.received.envelope?;
                    messages.push(Message::of(stream.name.to_owned(), partition, key, envelope)?);
                }
            }
            subscription.close().await;
            count += messages.len();
            // Under another name than the relay's, or the broker would drop them.
            let mut publisher = self.broker.publisher(stream.name, partition, "somebody else").await?;
            let mut progress = publisher.progress();
            let last = messages.len() as u64;
            publisher.send((1..).zip(messages).collect()).await?;
            progress.wait_for(|progress| progress.confirmed >= last).await?;
            publisher.close().await;
        }
        Ok(count)
    }
}

/// Orders something over HTTP. The inner error is the service's answer.
async fn place(address: SocketAddr, tenant: &str, customer: Uuid, cents: i64) -> anyhow::Result<anyhow::Result<()>> {
    place_in(address, tenant, customer, cents, "EUR").await
}

async fn place_in(
    address: SocketAddr,
    tenant: &str,
    customer: Uuid,
    cents: i64,
    currency: &str,
) -> anyhow::Result<anyhow::Result<()>> {
    let price = json!({ "cents": cents, "currency": currency });
    let order = json!({
        "customer_id": customer,
        "total": price,
        "lines": [{ "sku": "TEE-NAVY-M", "quantity": 1, "unit_price": price }],
        "ship_to": {
            "recipient": "Mira Okafor", "street": "Lindenallee 12", "city": "Leipzig", "postcode": "04109", "country": "DE",
        },
    });
    let request = ureq::post(format!("http://{address}/orders")).header("x-tenant", tenant);
    let request = request.config().http_status_as_error(false).build();
    let mut response = spawn_blocking(move || request.send_json(&order)).await??;
    if response.status().is_success() {
        return Ok(Ok(()));
    }
    Ok(Err(anyhow::anyhow!("{}: {}", response.status(), response.body_mut().read_to_string()?)))
}

#[expect(clippy::print_stdout, reason = "the demo's own output")]
fn say(line: &str) {
    println!("{line}");
}
