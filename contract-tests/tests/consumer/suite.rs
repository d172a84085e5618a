//! The promises, one test each. Every pair of a database and a broker keeps all of them.

use std::time::Duration;

use tidings::Message;
use tidings::broker::Start;
use tidings::consumer::{AtLeastOnce, ConsumerError, Handlers, Idempotent, Settings};
use tokio::time::sleep;

use super::events::{Placed, Praised, paid, placed};
use super::ground::{Does, Ground, Outside, Worker, assert_all, settings};

/// Events of keys on all partitions.
fn orders(rounds: u32) -> Vec<Message> {
    let keys = ["o-1", "o-2", "o-3", "o-4", "o-5", "o-6", "o-7", "o-8"];
    (0..rounds).flat_map(|number| keys.map(|key| placed(key, number))).collect()
}

const PARKED: &str = "SELECT CAST(count(*) AS text) FROM tidings_parked";
const DEAD: &str = "SELECT CAST(count(*) AS text) FROM tidings_dead_letter WHERE state = 'waiting'";
const HELD: &str = "SELECT CAST(count(*) AS text) FROM tidings_cursor WHERE holder IS NOT NULL";

pub(crate) async fn each_event_has_its_effect_once_and_in_the_order_of_its_key(ground: &impl Ground) {
    let events = orders(40);
    ground.publish(&events[..100]).await;
    let worker = Worker::default();
    let consumer = ground.consume(&worker);
    ground.publish(&events[100..]).await;
    assert_all(&events, &ground.wait_for(events.len()).await);
    consumer.stop().await;
    assert_eq!(ground.ask(HELD).await, "0", "partitions were not given back");
    // What is handled is not handled again.
    let consumer = ground.consume(&worker);
    sleep(Duration::from_millis(300)).await;
    consumer.stop().await;
    assert_all(&events, &ground.effects().await);
}

pub(crate) async fn an_event_that_is_delivered_twice_has_one_effect(ground: &impl Ground) {
    let events = orders(5);
    ground.publish(&events).await;
    ground.publish(&events[3..20]).await;
    let more = orders(1);
    // Beside each other, too.
    let twice: Vec<Message> = more.iter().flat_map(|event| [event.clone(), event.clone()]).collect();
    ground.publish(&twice).await;
    let consumer = ground.consume(&Worker::default());
    let all = [events, more].concat();
    assert_all(&all, &ground.wait_for(all.len()).await);
    consumer.stop().await;
}

pub(crate) async fn instances_share_the_partitions_and_take_over(ground: &impl Ground) {
    let worker = Worker::default();
    let first = ground.consume(&worker);
    let holders = "SELECT CAST(count(DISTINCT holder) AS text) FROM tidings_cursor";
    ground.wait_until(holders, "1").await;
    let second = ground.consume(&worker);
    ground.wait_until(holders, "2").await;
    let events = orders(30);
    ground.publish(&events[..80]).await;
    ground.wait_for(40).await;
    first.kill().await;
    ground.publish(&events[80..160]).await;
    let third = ground.consume(&worker);
    ground.wait_for(160).await;
    second.stop().await;
    ground.publish(&events[160..]).await;
    assert_all(&events, &ground.wait_for(events.len()).await);
    third.stop().await;
    assert_eq!(ground.ask("SELECT CAST(count(*) AS text) FROM tidings_consumer_instance").await, "0");
}

pub(crate) async fn a_consumer_that_is_killed_anywhere_loses_and_repeats_nothing(ground: &impl Ground) {
    let worker = Worker::default();
    let mut events = Vec::new();
    for pause in 0..8 {
        let consumer = ground.consume(&worker);
        let more = orders(6);
        ground.publish(&more).await;
        events.extend(more);
        sleep(Duration::from_millis(pause * 13)).await;
        consumer.kill().await;
    }
    let consumer = ground.consume(&worker);
    assert_all(&events, &ground.wait_for(events.len()).await);
    consumer.stop().await;
}

pub(crate) async fn a_failing_event_keeps_its_key_waiting_and_nobody_else(ground: &impl Ground) {
    let worker = Worker::default();
    worker.tell("o-1", 1, Does::Fails);
    let events = orders(4);
    ground.publish(&events).await;
    let patient = Settings { retry: vec![Duration::from_millis(300); 50], ..settings() };
    let consumer = ground.consume_with(&worker, patient);
    let effects = ground.wait_for(events.len() - 3).await;
    assert_eq!(effects.len(), events.len() - 3, "o-1 waits from its second event on");
    assert_eq!(ground.ask(PARKED).await, "3");
    assert_eq!(ground.ask("SELECT error FROM tidings_parked WHERE attempts > 0").await, "the weather is bad");
    worker.relent();
    assert_all(&events, &ground.wait_for(events.len()).await);
    assert_eq!(ground.ask(PARKED).await, "0");
    // The key goes on as if nothing had happened.
    let last = placed("o-1", 9);
    ground.publish(std::slice::from_ref(&last)).await;
    assert_all(&[events, vec![last]].concat(), &ground.wait_for(33).await);
    consumer.stop().await;
}

pub(crate) async fn after_the_last_attempt_an_event_is_a_dead_letter_and_its_key_goes_on(ground: &impl Ground) {
    let worker = Worker::default();
    worker.tell("o-1", 1, Does::Fails);
    let events = orders(4);
    ground.publish(&events).await;
    let consumer = ground.consume(&worker);
    let effects = ground.wait_for(events.len() - 1).await;
    let others: Vec<Message> = events
        .iter()
        .filter(|event| (event.key.as_str(), event.payload.as_slice()) != ("o-1", br#"{"key":"o-1","number":1}"#))
        .cloned()
        .collect();
    assert_all(&others, &effects);
    // In a batch, alone, and after each of the two waits.
    assert_eq!(worker.attempts("o-1", 1), 4);
    assert_eq!(ground.ask("SELECT CAST(attempts AS text) FROM tidings_dead_letter").await, "3");
    let tags = "SELECT consumer || ' ' || stream || ' ' || key || ' ' || error || ' ' || event_type || ' ' || state \
                FROM tidings_dead_letter WHERE first_failed_at < last_failed_at";
    assert_eq!(ground.ask(tags).await, "projection orders o-1 the weather is bad order.placed waiting");
    let letter = ground.ask("SELECT CAST(headers AS text) FROM tidings_outbox WHERE stream = 'orders.dlq'").await;
    let letter: serde_json::Value = serde_json::from_str(&letter).unwrap();
    assert_eq!(letter["event_type"], "order.placed");
    assert_eq!(letter["dead_letter"]["consumer"], "projection");
    assert_eq!(letter["dead_letter"]["attempts"], 3);
    assert_eq!(letter["dead_letter"]["error"], "the weather is bad");
    assert!(letter["dead_letter"]["first_failed_at"].as_str() < letter["dead_letter"]["last_failed_at"].as_str());
    consumer.stop().await;
}

pub(crate) async fn a_key_halts_at_its_dead_letter_until_somebody_decides(ground: &impl Ground) {
    let worker = Worker::default();
    worker.tell("p-1", 0, Does::FailsForGood);
    let events: Vec<Message> = (0..5).flat_map(|number| [paid("p-1", number), paid("p-2", number)]).collect();
    ground.publish(&events).await;
    let consumer = ground.consume(&worker);
    let effects = ground.wait_for(5).await;
    assert!(effects.iter().all(|(key, _)| key == "p-2"), "{effects:?}");
    ground.wait_until(PARKED, "4").await;
    assert_eq!(ground.ask(DEAD).await, "1");
    ground.execute("UPDATE tidings_dead_letter SET state = 'discarded', decided_by = 'ann'").await;
    assert_all(&events[1..], &ground.wait_for(9).await);
    consumer.stop().await;
}

pub(crate) async fn a_terminal_failure_is_not_tried_again(ground: &impl Ground) {
    let worker = Worker::default();
    worker.tell("o-1", 0, Does::FailsForGood);
    ground.publish(&orders(2)).await;
    let consumer = ground.consume(&worker);
    assert_eq!(ground.wait_for(15).await.len(), 15);
    // In a batch, and alone.
    assert!(worker.attempts("o-1", 0) <= 2);
    assert_eq!(ground.ask("SELECT error FROM tidings_dead_letter").await, "there is no such account");
    consumer.stop().await;
}

pub(crate) async fn what_cannot_be_read_is_a_dead_letter_at_once(ground: &impl Ground) {
    let mut events = orders(2);
    // No JSON; another schema; a type that nobody handles.
    events[1].payload = b"{]".to_vec();
    events[2].payload = br#"{"key":7}"#.to_vec();
    events[3].headers = events[3].headers.replace("order.placed", "order.praised");
    ground.publish(&events).await;
    let consumer = ground.consume(&Worker::default());
    assert_eq!(ground.wait_for(13).await.len(), 13);
    ground.wait_until(DEAD, "2").await;
    // A broker that tells an event's type beside its body tells it of what cannot be read, too.
    let errors = ground.ask("SELECT min(error) || ' | ' || max(error) FROM tidings_dead_letter").await;
    assert!(errors.starts_with("the payload of `order.placed` version 1 violates its schema"), "{errors}");
    assert!(errors.contains(" | this is no envelope"), "{errors}");
    consumer.stop().await;
}

pub(crate) async fn a_handler_that_panics_or_never_ends_has_failed(ground: &impl Ground) {
    let worker = Worker::default();
    worker.tell("o-1", 0, Does::Panics);
    worker.tell("o-2", 0, Does::NeverEnds);
    ground.publish(&orders(1)).await;
    let quick = Settings { handler_timeout: Duration::from_millis(100), ..settings() };
    let consumer = ground.consume_with(&worker, quick);
    assert_eq!(ground.wait_for(6).await.len(), 6);
    ground.wait_until(DEAD, "2").await;
    let error = |key: &str| format!("SELECT error FROM tidings_dead_letter WHERE key = '{key}'");
    assert_eq!(ground.ask(&error("o-1")).await, "the handler panicked: out of cheese");
    assert_eq!(ground.ask(&error("o-2")).await, "the handler took longer than 100ms");
    consumer.stop().await;
}

pub(crate) async fn an_event_that_kills_its_process_is_found_out(ground: &impl Ground) {
    let worker = Worker::default();
    worker.tell("o-1", 0, Does::NeverEnds);
    let events = orders(2);
    ground.publish(&events).await;
    let slow = Settings { handler_timeout: Duration::from_secs(60), ..settings() };
    // The first dies in a batch; of the next three, each counts an attempt before it dies.
    for attempt in 1..=4 {
        let consumer = ground.consume_with(&worker, slow.clone());
        worker.wait_for_attempt("o-1", 0, attempt).await;
        consumer.kill().await;
    }
    let consumer = ground.consume_with(&worker, slow);
    ground.wait_until(DEAD, "1").await;
    let effects = ground.wait_for(events.len() - 1).await;
    assert_all(&events[1..], &effects);
    assert_eq!(worker.attempts("o-1", 0), 4);
    let error = "SELECT error FROM tidings_dead_letter";
    assert_eq!(ground.ask(error).await, "the process ended during the attempt");
    consumer.stop().await;
}

pub(crate) async fn whoever_lost_a_partition_commits_nothing_more(ground: &impl Ground) {
    let worker = Worker::default();
    worker.tell("o-1", 0, Does::NeverEnds);
    let handlers = || Handlers::new().on::<Placed>(AtLeastOnce(Outside(worker.clone())));
    let slow = Settings { handler_timeout: Duration::from_secs(2), ..settings() };
    ground.publish(&[placed("o-1", 0)]).await;
    let first = ground.run(handlers(), slow.clone());
    worker.wait_for_attempt("o-1", 0, 1).await;
    // As another instance does that has not heard of the first for too long.
    ground.execute("UPDATE tidings_cursor SET epoch = epoch + 1, holder = 'other', held_until = '2999-01-01'").await;
    sleep(Duration::from_millis(2_500)).await;
    assert_eq!(ground.ask(PARKED).await, "0", "the failed attempt was written down");
    let read = "SELECT CAST(count(*) AS text) FROM tidings_cursor WHERE next_offset > 0";
    assert_eq!(ground.ask(read).await, "0");
    worker.relent();
    ground.execute("UPDATE tidings_cursor SET held_until = '2000-01-01'").await;
    ground.wait_until("SELECT CAST(count(*) AS text) FROM tidings_ledger", "1").await;
    assert_eq!(ground.ask(read).await, "1");
    first.stop().await;
}

pub(crate) async fn effects_outside_happen_in_order_of_their_key_and_are_noted(ground: &impl Ground) {
    let worker = Worker::default();
    worker.tell("o-3", 1, Does::Fails);
    let events = orders(3);
    ground.publish(&events).await;
    ground.publish(&events[..8]).await;
    let handlers = Handlers::new().on::<Placed>(AtLeastOnce(Outside(worker.clone())));
    let consumer = ground.run(handlers, settings());
    ground.wait_until("SELECT CAST(count(*) AS text) FROM tidings_ledger", "23").await;
    ground.wait_until(DEAD, "1").await;
    for event in &events {
        let number = u32::from(event.payload[event.payload.len() - 2] - b'0');
        let expected = if (event.key.as_str(), number) == ("o-3", 1) { 3 } else { 1 };
        assert_eq!(worker.attempts(&event.key, number), expected, "{number} of {}", event.key);
    }
    consumer.stop().await;
}

pub(crate) async fn idempotent_effects_are_not_noted(ground: &impl Ground) {
    let worker = Worker::default();
    let events = orders(2);
    ground.publish(&events).await;
    ground.publish(&events[..1]).await;
    let consumer = ground.run(Handlers::new().on::<Placed>(Idempotent(Outside(worker.clone()))), settings());
    worker.wait_for_attempt("o-1", 0, 2).await;
    consumer.stop().await;
    assert_eq!(ground.ask("SELECT CAST(count(*) AS text) FROM tidings_ledger").await, "0");
}

pub(crate) async fn a_new_consumer_begins_where_it_is_told_to_and_stays_there(ground: &impl Ground) {
    let worker = Worker::default();
    ground.publish(&orders(2)).await;
    let late = Settings { start: Start::Last, ..settings() };
    let consumer = ground.consume_with(&worker, late.clone());
    let begun = "SELECT CAST(count(*) AS text) FROM tidings_cursor WHERE next_offset IS NOT NULL";
    ground.wait_until(begun, "4").await;
    consumer.kill().await;
    // While nobody reads.
    let events = orders(1);
    ground.publish(&events).await;
    let consumer = ground.consume_with(&worker, late);
    assert_all(&events, &ground.wait_for(8).await);
    consumer.stop().await;
}

pub(crate) async fn what_waiting_does_not_mend_ends_the_consumer(ground: &impl Ground) {
    ground.execute("DROP TABLE tidings_parked").await;
    let ended = ground.consume(&Worker::default()).ended().await;
    let Err(error @ ConsumerError::Store(_)) = ended else { panic!("{ended:?}") };
    assert!(error.to_string().contains("apply the generated migrations"), "{error}");
}

pub(crate) async fn what_another_version_of_the_service_handles_waits_for_it(ground: &impl Ground) {
    let worker = Worker::default();
    worker.tell("o-1", 0, Does::Fails);
    ground.publish(&[placed("o-1", 0)]).await;
    let patient = Settings { retry: vec![Duration::from_millis(200); 50], ..settings() };
    let newer = ground.consume_with(&worker, patient.clone());
    ground.wait_until(PARKED, "1").await;
    newer.stop().await;
    let older = ground.run(Handlers::new().on::<Praised>(Idempotent(Outside(worker.clone()))), patient.clone());
    ground.wait_until("SELECT error FROM tidings_parked", "nothing here handles `order.placed`").await;
    older.stop().await;
    assert_eq!(ground.ask(PARKED).await, "1");
    worker.relent();
    ground.execute("UPDATE tidings_parked SET next_attempt_at = NULL").await;
    let newer = ground.consume_with(&worker, patient);
    assert_eq!(ground.wait_for(1).await.len(), 1);
    newer.stop().await;
}

pub(crate) async fn keys_that_no_index_takes_wait_like_others(ground: &impl Ground) {
    let (worker, key) = (Worker::default(), "o".repeat(5_000));
    worker.tell(&key, 0, Does::Fails);
    let mut events: Vec<Message> = (0..3).map(|number| placed(&key, number)).collect();
    // A tenant that no database takes in a text.
    events.push(placed("o-2", 0));
    events[3].headers = events[3].headers.replace("\"occurred_at\"", "\"tenant_id\":\"a\\u0000\",\"occurred_at\"");
    events.push(placed("o-2", 1));
    worker.tell("o-2", 0, Does::FailsForGood);
    ground.publish(&events).await;
    let consumer = ground.consume(&worker);
    let effects = ground.wait_for(3).await;
    assert_all(&[events[1].clone(), events[2].clone(), events[4].clone()], &effects);
    ground.wait_until(DEAD, "2").await;
    consumer.stop().await;
}
