//! The promises, one test each. Every pair of a store and a broker keeps all of them.

use std::time::Duration;

use tidings::relay::{Lead as _, Most, PublishingIds, Store as _, StoreError};
use tokio::time::sleep;

use super::ground::{Event, Ground, add, assert_same, settings};

/// Keys of all partitions.
const KEYS: [&str; 8] = ["o-1", "o-2", "o-3", "o-4", "o-5", "o-6", "o-7", "o-8"];

const AT_ONCE: Most = Most { rows: 10, bytes: usize::MAX };

pub(crate) async fn what_is_committed_is_published_once_and_in_order(ground: &impl Ground) {
    let relay = ground.relay();
    let mut appended = Vec::new();
    for round in 0..20 {
        appended.extend(ground.append(&KEYS[..=round % KEYS.len()]).await);
    }
    assert_same(&appended, &ground.published(appended.len()).await);
    relay.stop().await;
    assert_same(&appended, &ground.published(appended.len()).await);
}

pub(crate) async fn what_was_appended_before_the_first_relay_is_published(ground: &impl Ground) {
    let mut appended = ground.append(&KEYS).await;
    appended.extend(ground.append(&KEYS).await);
    let relay = ground.relay();
    assert_same(&appended, &ground.published(appended.len()).await);
    relay.stop().await;
}

pub(crate) async fn what_is_rolled_back_is_not_published(ground: &impl Ground) {
    let relay = ground.relay();
    let mut transaction = ground.begin().await;
    add(&mut transaction, &KEYS).await;
    ground.roll_back(transaction).await;
    let appended = ground.append(&KEYS).await;
    assert_same(&appended, &ground.published(appended.len()).await);
    relay.stop().await;
}

pub(crate) async fn a_relay_that_stops_publishes_what_is_committed_and_the_next_goes_on(ground: &impl Ground) {
    let mut appended = Vec::new();
    for _ in 0..4 {
        let relay = ground.relay();
        appended.extend(ground.append(&KEYS).await);
        ground.published(appended.len()).await;
        relay.stop().await;
        appended.extend(ground.append(&KEYS).await);
    }
    let relay = ground.relay();
    assert_same(&appended, &ground.published(appended.len()).await);
    relay.stop().await;
}

pub(crate) async fn a_relay_that_is_killed_anywhere_loses_and_repeats_nothing(ground: &impl Ground) {
    let mut appended = Vec::new();
    for pause in 0..12 {
        let relay = ground.relay();
        for _ in 0..10 {
            appended.extend(ground.append(&KEYS).await);
        }
        sleep(Duration::from_millis(pause * 4)).await;
        relay.kill().await;
    }
    let relay = ground.relay();
    assert_same(&appended, &ground.published(appended.len()).await);
    relay.stop().await;
}

pub(crate) async fn of_two_relays_one_leads_and_the_other_takes_over(ground: &impl Ground) {
    let first = ground.relay();
    let mut appended = ground.append(&KEYS).await;
    ground.published(appended.len()).await;
    let second = ground.relay();
    for _ in 0..5 {
        appended.extend(ground.append(&KEYS).await);
    }
    first.stop().await;
    for _ in 0..5 {
        appended.extend(ground.append(&KEYS).await);
    }
    assert_same(&appended, &ground.published(appended.len()).await);
    second.stop().await;
}

pub(crate) async fn the_first_publishing_id_is_one(ground: &impl Ground) {
    let appended = ground.append(&KEYS[..1]).await;
    let mut lead = ground.store().lead().await.unwrap().expect("nobody else leads");
    let window = lead.open(&PublishingIds::default()).await.unwrap().expect("a row is committed");
    assert_eq!(window.number, 1);
    assert_eq!(window.first.next("orders", 0), 1);
    let mut position = Default::default();
    let rows = lead.read(&window, &mut position, AT_ONCE).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.event_id).collect::<Vec<_>>(), [appended[0].id]);
    assert!(lead.read(&window, &mut position, AT_ONCE).await.unwrap().is_empty());
    lead.release().await;
    // With an id of 0 it would be confirmed and dropped.
    let relay = ground.relay();
    assert_same(&appended, &ground.published(1).await);
    relay.stop().await;
}

pub(crate) async fn a_window_reads_the_same_each_time(ground: &impl Ground) {
    ground.append(&KEYS).await;
    ground.append(&KEYS).await;
    let mut lead = ground.store().lead().await.unwrap().expect("nobody else leads");
    let window = lead.open(&PublishingIds::default()).await.unwrap().expect("rows are committed");
    ground.append(&KEYS).await;
    let mut reads = Vec::new();
    let sizes = [(1, usize::MAX), (3, usize::MAX), (16, usize::MAX), (100, usize::MAX), (100, 1), (100, 1_000)];
    for (rows, bytes) in sizes {
        let most = Most { rows, bytes };
        let (mut position, mut all) = (Default::default(), Vec::new());
        loop {
            let rows = lead.read(&window, &mut position, most).await.unwrap();
            if rows.is_empty() {
                break;
            }
            assert!(rows.len() <= most.rows);
            let all_but_last: usize = rows.iter().rev().skip(1).map(tidings::Message::size).sum();
            assert!(all_but_last < most.bytes, "{all_but_last} bytes of {} at once", most.bytes);
            all.extend(rows);
        }
        reads.push(all);
    }
    assert_eq!(reads[0].len(), 2 * KEYS.len());
    assert!(reads.iter().all(|read| *read == reads[0]));
    assert_eq!(lead.history().await.unwrap().len(), 1);
    lead.release().await;
}

pub(crate) async fn whoever_led_before_writes_nothing_more(ground: &impl Ground, depose: impl AsyncFn()) {
    ground.append(&KEYS).await;
    let mut lead = ground.store().lead().await.unwrap().expect("nobody else leads");
    assert!(ground.store().lead().await.unwrap().is_none(), "two lead");
    let window = lead.open(&PublishingIds::default()).await.unwrap().expect("rows are committed");
    ground.append(&KEYS).await;
    depose().await;
    let published = lead.published(window.number, &window.first).await;
    assert!(matches!(published, Err(StoreError::Fenced { .. })), "{published:?}");
    let opened = lead.open(&window.first).await;
    assert!(matches!(opened, Err(StoreError::Fenced { .. })), "{opened:?}");
}

pub(crate) async fn room_is_made_behind_what_is_published(ground: &impl Ground, rows: impl AsyncFn() -> i64) {
    let relay = ground.relay_with(tidings::relay::Settings { retain: Duration::ZERO, ..settings() });
    let mut appended: Vec<Event> = Vec::new();
    for _ in 0..5 {
        appended.extend(ground.append(&KEYS).await);
        sleep(Duration::from_millis(300)).await;
    }
    assert_same(&appended, &ground.published(appended.len()).await);
    let mut left = rows().await;
    for _ in 0..100 {
        if left == 0 {
            break;
        }
        sleep(Duration::from_millis(100)).await;
        left = rows().await;
    }
    relay.stop().await;
    assert_eq!(left, 0, "rows are left in the outbox");
    let relay = ground.relay();
    appended.extend(ground.append(&KEYS).await);
    assert_same(&appended, &ground.published(appended.len()).await);
    relay.stop().await;
}
