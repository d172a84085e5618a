//! Handlers that only work as long as nothing goes wrong.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use events::orders::{OrderCancelledV1, OrderPlacedV2};
use events::payments::PaymentCapturedV2;
use serde_json::json;
use sqlx::{Sqlite, SqlitePool, Transaction};
use tidings::consumer::{AtLeastOnce, ExactlyOnce, Handler, HandlerError, Handlers, Idempotent};
use tidings::{Envelope, Event};
use tidings_contract::evidence::{Outcome, Subject};
use tidings_contract::{Contract, Ground, Handling};
use uuid::Uuid;

use crate::{CATALOGUE, fault_of, order, payment_service, says};

const MIGRATIONS: &str = "../generated/migrations/sqlite";

type Tx = Transaction<'static, Sqlite>;

/// What a handler does with an order: each a way to get it wrong, but the first.
#[derive(Clone)]
enum Way {
    /// One row for each order.
    Once,
    /// In the database, but not in the transaction.
    OutsideOfTheTransaction(SqlitePool),
    /// The row says how many there were before it.
    ByArrival,
    /// Refuses gifts.
    RefusesGifts,
}

impl Handler<OrderPlacedV2, Tx> for Way {
    async fn handle(&self, event: Envelope<OrderPlacedV2>, tx: &mut Tx) -> Result<(), HandlerError> {
        let order_id = event.data.order_id.to_string();
        let insert = "INSERT INTO seen (order_id, nr) VALUES ($1, 0)";
        match self {
            Self::Once => {
                sqlx::query(insert).bind(order_id).execute(&mut **tx).await?;
            }
            Self::OutsideOfTheTransaction(pool) => {
                // A second connection to write would wait for the first for ever: what is outside is read elsewhere.
                let before: i64 = sqlx::query_scalar("SELECT count(*) FROM seen").fetch_one(pool).await?;
                let insert = sqlx::query("INSERT INTO seen (order_id, nr) VALUES ($1, $2)").bind(order_id).bind(before);
                insert.execute(&mut **tx).await?;
            }
            Self::ByArrival => {
                let insert = "INSERT INTO seen (order_id, nr) VALUES ($1, (SELECT count(*) FROM seen))";
                sqlx::query(insert).bind(order_id).execute(&mut **tx).await?;
            }
            Self::RefusesGifts => {
                if event.data.gift_message.is_some() {
                    return Err(HandlerError::terminal("no gifts"));
                }
            }
        }
        Ok(())
    }
}

/// The contract of a service that handles orders in this way.
fn handling(way: impl Fn(SqlitePool) -> Way + 'static) -> Contract {
    let handlers =
        move |ground: &Ground| Handlers::new().on_version::<OrderPlacedV2>(ExactlyOnce(way(ground.pool.clone())));
    let handling = Handling::new(MIGRATIONS, handlers).with_tables("CREATE TABLE seen (order_id TEXT, nr INTEGER)");
    payment_service().handles(&handling)
}

#[test]
fn handlers_that_do_as_they_should_are_not_complained_of() {
    let evidence = handling(|_| Way::Once).check();
    assert_eq!(evidence.faults().count(), 0, "{evidence:#?}");
    let subjects: Vec<Subject> = evidence.checks.iter().map(|check| check.subject).collect();
    for subject in [Subject::Handles, Subject::Duplicates, Subject::Reordering, Subject::Crashes, Subject::Retries] {
        assert!(subjects.contains(&subject), "{subjects:?}");
    }
}

#[test]
fn a_handler_that_depends_on_the_order_across_keys_is_found() {
    let evidence = handling(|_| Way::ByArrival).check();
    let (check, fault) = evidence.faults().find(|(check, _)| check.subject == Subject::Reordering).unwrap();
    assert_eq!((check.event.as_str(), check.version), ("order.placed", 2));
    assert!(fault.message.contains("table `seen`"), "{fault:?}");
    assert!(fault.document.is_some());
}

#[test]
fn a_handler_that_looks_outside_of_its_transaction_is_found() {
    let evidence = handling(Way::OutsideOfTheTransaction).check();
    assert!(evidence.faults().next().is_some(), "{evidence:#?}");
}

#[test]
fn a_handler_that_fails_is_found_with_the_document_that_shows_it() {
    let fault = fault_of(handling(|_| Way::RefusesGifts), Subject::Handles, "order.placed", 2);
    says(&fault, "", "no gifts");
    assert!(fault.document.unwrap().get("gift_message").is_some());
    let handlers = |_: &Ground| Handlers::new().on_version::<OrderPlacedV2>(ExactlyOnce(Way::RefusesGifts));
    let meant = Handling::new(MIGRATIONS, handlers).may_refuse("no gifts");
    assert_eq!(payment_service().handles(&meant).check().faults().count(), 0);
}

/// Counts deliveries where no transaction can take them back.
fn counting(idempotent: bool) -> Contract {
    let handlers = move |ground: &Ground| {
        let pool = ground.pool.clone();
        let count = Arc::new(AtomicU64::new(0));
        let effect = move |_: Envelope<OrderPlacedV2>| {
            let (pool, nr) = (pool.clone(), count.fetch_add(1, Ordering::SeqCst));
            async move {
                let insert = sqlx::query("INSERT INTO seen (order_id, nr) VALUES ('any', $1)");
                insert.bind(nr.cast_signed()).execute(&pool).await?;
                Ok(())
            }
        };
        if idempotent {
            Handlers::new().on_version::<OrderPlacedV2>(Idempotent(effect))
        } else {
            Handlers::new().on_version::<OrderPlacedV2>(AtLeastOnce(effect))
        }
    };
    let handling = Handling::new(MIGRATIONS, handlers).with_tables("CREATE TABLE seen (order_id TEXT, nr INTEGER)");
    payment_service().handles(&handling)
}

#[test]
fn a_handler_that_is_not_idempotent_is_found() {
    let fault = fault_of(counting(true), Subject::Duplicates, "order.placed", 2);
    assert!(fault.message.contains("after 1 event differs"), "{fault:?}");
    // The ledger keeps duplicates away; only a crash between the effect and its note shows it.
    let evidence = counting(false).check();
    assert!(evidence.faults().all(|(check, _)| check.subject == Subject::Crashes), "{evidence:#?}");
}

/// Of several events at once, none is forgotten.
#[test]
fn handlers_of_several_events_see_the_same_things() {
    struct Note;
    macro_rules! note {
        ($event:ty) => {
            impl Handler<$event, Tx> for Note {
                async fn handle(&self, event: Envelope<$event>, tx: &mut Tx) -> Result<(), HandlerError> {
                    let insert = sqlx::query("INSERT INTO noted (type, order_id) VALUES ($1, $2)");
                    insert.bind(<$event>::TYPE).bind(event.data.order_id.to_string()).execute(&mut **tx).await?;
                    Ok(())
                }
            }
        };
    }
    note!(OrderPlacedV2);
    note!(OrderCancelledV1);
    note!(PaymentCapturedV2);
    let handlers = |_: &Ground| {
        let handlers = Handlers::new().on_version::<OrderPlacedV2>(ExactlyOnce(Note));
        let handlers = handlers.on_version::<OrderCancelledV1>(ExactlyOnce(Note));
        handlers.on_version::<PaymentCapturedV2>(ExactlyOnce(Note))
    };
    let tables = "CREATE TABLE noted (type TEXT, order_id TEXT, PRIMARY KEY (type, order_id))";
    let handling = Handling::new(MIGRATIONS, handlers).with_tables(tables);
    let evidence = Contract::of("order-history", CATALOGUE).handles(&handling).check();
    assert_eq!(evidence.faults().count(), 0, "{evidence:#?}");
    let handled = evidence.checks.iter().filter(|check| check.subject == Subject::Handles);
    let shown = handled.filter(|check| matches!(check.outcome, Outcome::Tried { .. }));
    assert_eq!(shown.count(), 3);
}

#[test]
fn a_recording_makes_what_it_made_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.jsonl");
    let line = |nr: u128| {
        json!({
            "stream": "orders", "partition": 0, "key": format!("acme/{nr}"),
            "envelope": {
                "event_id": Uuid::from_u128(nr), "event_type": "order.placed", "event_version": 2, "tenant_id": "acme",
                "occurred_at": "2026-03-01T12:00:00Z", "correlation_id": Uuid::from_u128(nr),
                "producer": "order-service@1.4.0", "data": OrderPlacedV2 { order_id: Uuid::from_u128(nr).into(), ..order(1) },
            },
        })
        .to_string()
            + "\n"
    };
    fs::write(&path, line(1) + &line(2)).unwrap();
    let replay = |way: Way| -> Vec<String> {
        let handlers = move |_: &Ground| Handlers::new().on_version::<OrderPlacedV2>(ExactlyOnce(way.clone()));
        let tables = "CREATE TABLE seen (order_id TEXT, nr INTEGER)";
        let handling = Handling::new(MIGRATIONS, handlers).with_tables(tables);
        let evidence = payment_service().replays(&handling, &path).check();
        evidence.faults().map(|(_, fault)| fault.message.clone()).collect()
    };
    // The first time, it is written down, to be looked at.
    assert!(replay(Way::Once)[0].contains("look at it, and commit it"));
    let snapshot = fs::read_to_string(path.with_extension("snapshot")).unwrap();
    assert!(snapshot.contains("table `seen`, 2"), "{snapshot}");
    assert_eq!(replay(Way::Once), Vec::<String>::new());
    let said = replay(Way::ByArrival);
    assert!(said[0].contains("TIDINGS_UPDATE=1"), "{said:?}");
    fs::write(&path, "{}\n").unwrap();
    assert!(replay(Way::Once)[0].contains("line 1"));
}
