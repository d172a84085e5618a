//! PostgreSQL and RabbitMQ streams.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use rabbitmq_stream_client::{Client, ClientOptions};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor as _, PgPool, Postgres, Transaction};
use tidings::Envelope;
use tidings::broker::{RabbitMq, partition_name};
use tidings::consumer::{self, ExactlyOnce, Handler, HandlerError, Handlers, Settings};
use tidings::outbox::Statements;
use tidings_contract::services;

use super::events::{ORDERS, PAYMENTS, Placed, paid, placed};
use super::ground::{Does, Ground, Which, Worker, assert_all, settings};
use super::suite;

struct Servers {
    postgres: services::Postgres,
    pool: PgPool,
    inbox: consumer::Postgres,
    rabbitmq: services::RabbitMq,
}

impl Servers {
    /// `None` where this machine has no servers.
    async fn new() -> Option<Self> {
        let (postgres, rabbitmq) = (services::postgres().await?, services::rabbitmq().await?);
        let pool = postgres.pool().await;
        let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/migrations/postgres");
        Migrator::new(migrations).await.unwrap().run(&pool).await.unwrap();
        sqlx::query("CREATE TABLE effects (id bigserial PRIMARY KEY, key text, number integer)")
            .execute(&pool)
            .await
            .unwrap();
        let (host, port) = rabbitmq.stream_address();
        let login = ClientOptions::builder().user(rabbitmq.user()).password(rabbitmq.password());
        let client =
            Client::connect(login.host(host).port(port).v_host(rabbitmq.virtual_host()).build()).await.unwrap();
        for stream in [&ORDERS, &PAYMENTS] {
            for partition in 0..stream.partitions {
                let name = partition_name(stream.name, partition);
                assert!(client.create_stream(&name, HashMap::new()).await.unwrap().is_ok());
            }
        }
        client.close().await.unwrap();
        Some(Self { postgres, inbox: consumer::Postgres::new(pool.clone()), pool, rabbitmq })
    }

    /// With a pooler between consumers and database.
    async fn pooled() -> Option<(Self, services::Pooler)> {
        let mut this = Self::new().await?;
        let pooler = services::pooler(&this.postgres)?;
        let pool = PgPoolOptions::new().max_connections(10).connect(pooler.url()).await.unwrap();
        this.inbox = consumer::Postgres::new(pool).with_statements(Statements::Unprepared);
        Some((this, pooler))
    }
}

impl Ground for Servers {
    type Inbox = consumer::Postgres;
    type Broker = RabbitMq;

    fn inbox(&self) -> consumer::Postgres {
        self.inbox.clone()
    }

    fn broker(&self) -> RabbitMq {
        let (host, port) = self.rabbitmq.stream_address();
        RabbitMq::new(host, port)
            .with_login(self.rabbitmq.user(), self.rabbitmq.password())
            .with_virtual_host(self.rabbitmq.virtual_host())
    }

    async fn write(transaction: &mut Transaction<'static, Postgres>, which: &Which) -> Result<(), sqlx::Error> {
        let insert = sqlx::query("INSERT INTO effects (key, number) VALUES ($1, $2)");
        insert.bind(&which.0).bind(which.1.cast_signed()).persistent(false).execute(&mut **transaction).await?;
        Ok(())
    }

    async fn effects(&self) -> Vec<Which> {
        let effects: Vec<(String, i32)> =
            sqlx::query_as("SELECT key, number FROM effects ORDER BY id").fetch_all(&self.pool).await.unwrap();
        effects.into_iter().map(|(key, number)| (key, number.cast_unsigned())).collect()
    }

    async fn ask(&self, query: &str) -> String {
        let found: Option<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_optional(&self.pool).await.unwrap();
        found.unwrap_or_default()
    }

    async fn execute(&self, statement: &str) {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&self.pool).await.unwrap();
    }
}

macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let Some(servers) = Servers::new().await else { return };
                suite::$promise(&servers).await;
            }
        )*
    };
}

promises!(
    each_event_has_its_effect_once_and_in_the_order_of_its_key,
    an_event_that_is_delivered_twice_has_one_effect,
    instances_share_the_partitions_and_take_over,
    a_consumer_that_is_killed_anywhere_loses_and_repeats_nothing,
    a_failing_event_keeps_its_key_waiting_and_nobody_else,
    after_the_last_attempt_an_event_is_a_dead_letter_and_its_key_goes_on,
    a_key_halts_at_its_dead_letter_until_somebody_decides,
    a_terminal_failure_is_not_tried_again,
    what_cannot_be_read_is_a_dead_letter_at_once,
    a_handler_that_panics_or_never_ends_has_failed,
    an_event_that_kills_its_process_is_found_out,
    whoever_lost_a_partition_commits_nothing_more,
    effects_outside_happen_in_order_of_their_key_and_are_noted,
    idempotent_effects_are_not_noted,
    a_new_consumer_begins_where_it_is_told_to_and_stays_there,
    what_waiting_does_not_mend_ends_the_consumer,
    what_another_version_of_the_service_handles_waits_for_it,
    keys_that_no_index_takes_wait_like_others,
);

macro_rules! promises_behind_a_pooler {
    ($($name:ident: $promise:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let Some((servers, _pooler)) = Servers::pooled().await else { return };
                suite::$promise(&servers).await;
            }
        )*
    };
}

promises_behind_a_pooler!(
    behind_a_pooler_each_event_has_its_effect_once: each_event_has_its_effect_once_and_in_the_order_of_its_key,
    behind_a_pooler_instances_take_over: instances_share_the_partitions_and_take_over,
    behind_a_pooler_there_are_dead_letters: after_the_last_attempt_an_event_is_a_dead_letter_and_its_key_goes_on,
    behind_a_pooler_keys_wait: a_failing_event_keeps_its_key_waiting_and_nobody_else,
);

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_breaks_the_commit_is_found_among_others() {
    let Some(ground) = Servers::new().await else { return };
    let unique = "ALTER TABLE effects ADD UNIQUE (key, number) DEFERRABLE INITIALLY DEFERRED";
    ground.execute(unique).await;
    // Another event with the same effect: the database refuses it when everything else is done.
    let mut events: Vec<_> = (0..6).map(|number| placed("o-1", number)).collect();
    events.insert(3, placed("o-1", 1));
    ground.publish(&events).await;
    let consumer = ground.consume(&Worker::default());
    let effects = ground.wait_for(6).await;
    events.remove(3);
    assert_all(&events, &effects);
    ground.wait_until("SELECT CAST(count(*) AS text) FROM tidings_dead_letter", "1").await;
    let error = ground.ask("SELECT error || coalesce(causes[1], '') FROM tidings_dead_letter").await;
    assert!(error.contains("duplicate key"), "{error}");
    consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_to_the_database_that_end_cost_nothing() {
    let Some(ground) = Servers::new().await else { return };
    let consumer = ground.consume(&Worker::default());
    let mut events = Vec::new();
    for number in 0..20 {
        let more = [placed("o-1", number), placed("o-2", number), placed("o-3", number)];
        ground.publish(&more).await;
        events.extend(more);
        if number % 5 == 2 {
            ground
                .execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                     WHERE datname = current_database() AND pid <> pg_backend_pid()",
                )
                .await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_all(&events, &ground.wait_for(events.len()).await);
    assert_eq!(ground.ask("SELECT CAST(count(*) AS text) FROM tidings_dead_letter").await, "0");
    consumer.stop().await;
}

/// Statements below a heading of a runbook, for `psql`.
fn runbook(file: &str, heading: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../generated/ops").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let section = text.split("\n## ").find(|section| section.lines().next() == Some(heading)).unwrap();
    let blocks = section.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// A statement of a runbook with what `psql --set` would fill in.
fn filled_in(statement: &str, id: i64) -> String {
    let texts = [(":'consumer'", "'projection'"), (":'operator'", "'ann'"), (":'reason'", "'the bank is back'")];
    let text = texts.iter().fold(statement.to_owned(), |text, (name, value)| text.replace(name, value));
    text.replace(":id", &id.to_string())
}

impl Servers {
    async fn follow(&self, file: &str, heading: &str, id: i64) {
        self.try_to_follow(file, heading, id).await.unwrap();
    }

    async fn try_to_follow(&self, file: &str, heading: &str, id: i64) -> Result<(), sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        for statement in runbook(file, heading) {
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(filled_in(&statement, id))).execute(&mut *connection).await;
            if let Err(error) = done {
                // As `psql` does when it ends.
                sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await?;
                return Err(error);
            }
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_tried_again_and_discarded_as_the_runbook_says() {
    let Some(ground) = Servers::new().await else { return };
    let worker = Worker::default();
    worker.tell("p-1", 0, Does::FailsForGood);
    worker.tell("p-2", 0, Does::FailsForGood);
    let events: Vec<_> = (0..5).flat_map(|number| [paid("p-1", number), paid("p-2", number)]).collect();
    ground.publish(&events).await;
    let consumer = ground.consume(&worker);
    let waiting = "SELECT CAST(count(*) AS text) FROM tidings_dead_letter WHERE state = 'waiting'";
    ground.wait_until(waiting, "2").await;
    ground.wait_until("SELECT CAST(count(*) AS text) FROM tidings_parked", "8").await;
    let id = async |key: &str| -> i64 {
        let query = format!("SELECT CAST(id AS text) FROM tidings_dead_letter WHERE key = '{key}'");
        ground.ask(&query).await.parse().unwrap()
    };
    // Looking changes nothing.
    for heading in ["Look at it", "Keys that wait"] {
        ground.follow("dead-letters.md", heading, id("p-1").await).await;
    }
    // Too early: it fails again, and waits under the same id.
    let first = id("p-1").await;
    let begun = worker.attempts("p-1", 0);
    ground.follow("dead-letters.md", "Try again", first).await;
    worker.wait_for_attempt("p-1", 0, begun + 1).await;
    ground.wait_until(waiting, "2").await;
    assert_eq!(id("p-1").await, first);

    // Both were read again meanwhile, as after a replay.
    let copy = "INSERT INTO tidings_parked (consumer, stream, partition, \"offset\", key, event_id, event_type, \
                event_version, headers, payload) SELECT consumer, stream, partition, \"offset\", key, event_id, \
                event_type, event_version, headers, payload FROM tidings_dead_letter";
    ground.execute(copy).await;
    worker.relent();
    ground.follow("dead-letters.md", "Try again", first).await;
    ground.follow("dead-letters.md", "Discard", id("p-2").await).await;
    let effects = ground.wait_for(9).await;
    let handled: Vec<_> = events.iter().filter(|event| event.event_id != events[1].event_id).cloned().collect();
    assert_all(&handled, &effects);
    ground.wait_until(waiting, "0").await;
    let audit = "SELECT string_agg(operator || ' ' || action || ': ' || (details->>'reason'), '; ' ORDER BY id) \
                 FROM tidings_audit";
    let expected = "ann retry: the bank is back; ann retry: the bank is back; ann discard: the bank is back";
    assert_eq!(ground.ask(audit).await, expected);
    consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_handled_once_more_as_the_runbook_says() {
    let Some(ground) = Servers::new().await else { return };
    let events: Vec<_> = (0..8).flat_map(|number| [placed("o-1", number), paid("p-1", number)]).collect();
    ground.publish(&events).await;
    let consumer = ground.consume(&Worker::default());
    assert_all(&events, &ground.wait_for(events.len()).await);
    ground.follow("broker.md", "A consumer is behind", 0).await;
    // Not while an instance reads.
    let refused = ground.try_to_follow("broker.md", "Replay", 0).await.unwrap_err();
    assert!(refused.to_string().contains("division by zero"), "{refused}");
    assert_eq!(ground.ask("SELECT CAST(count(*) AS text) FROM tidings_ledger").await, "16");
    consumer.stop().await;
    ground.execute("TRUNCATE effects").await;
    ground.follow("broker.md", "Replay", 0).await;
    ground.follow("dead-letters.md", "When they grow", 0).await;
    for heading in ["Events are not published", "The outbox grows"] {
        ground.follow("broker.md", heading, 0).await;
    }
    let consumer = ground.consume(&Worker::default());
    assert_all(&events, &ground.wait_for(events.len()).await);
    consumer.stop().await;
}

/// Goes on as if nothing had happened when the database refuses something.
struct Careless;

impl Handler<Placed, Transaction<'static, Postgres>> for Careless {
    async fn handle(
        &self,
        event: Envelope<Placed>,
        transaction: &mut Transaction<'static, Postgres>,
    ) -> Result<(), HandlerError> {
        Servers::write(transaction, &(event.data.key, event.data.number)).await?;
        match event.data.number {
            1 => drop(sqlx::query("SELECT 1 / 0").execute(&mut **transaction).await),
            3 => drop(transaction.execute("ROLLBACK").await),
            _ => {}
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_breaks_its_transaction_has_failed() {
    let Some(ground) = Servers::new().await else { return };
    let events: Vec<_> = (0..5).map(|number| placed("o-1", number)).collect();
    ground.publish(&events).await;
    let consumer = ground.run(Handlers::new().on::<Placed>(ExactlyOnce(Careless)), settings());
    ground.wait_until("SELECT CAST(count(*) AS text) FROM tidings_dead_letter", "2").await;
    let effects = ground.wait_for(3).await;
    assert_all(&[events[0].clone(), events[2].clone(), events[4].clone()], &effects);
    let errors = ground.ask("SELECT string_agg(error, '; ' ORDER BY id) FROM tidings_dead_letter").await;
    assert!(errors.contains("current transaction is aborted"), "{errors}");
    assert!(errors.contains("a handler has ended the transaction that it was given"), "{errors}");
    consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_never_ends_fails_with_its_handler() {
    struct Waits;

    impl Handler<Placed, Transaction<'static, Postgres>> for Waits {
        async fn handle(
            &self,
            event: Envelope<Placed>,
            transaction: &mut Transaction<'static, Postgres>,
        ) -> Result<(), HandlerError> {
            if event.data.number == 1 {
                sqlx::query("SELECT pg_sleep(600)").execute(&mut **transaction).await?;
            }
            Ok(Servers::write(transaction, &(event.data.key, event.data.number)).await?)
        }
    }

    let Some(ground) = Servers::new().await else { return };
    let events: Vec<_> = (0..3).map(|number| placed("o-1", number)).collect();
    ground.publish(&events).await;
    let quick = Settings { handler_timeout: Duration::from_millis(300), retry: Vec::new(), ..settings() };
    let consumer = ground.run(Handlers::new().on::<Placed>(ExactlyOnce(Waits)), quick);
    assert_eq!(ground.wait_for(2).await.len(), 2);
    consumer.stop().await;
}
