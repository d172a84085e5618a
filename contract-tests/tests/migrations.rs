//! The generated migrations on real databases: they apply, applying them again changes nothing, and the outbox works.

use std::{collections::BTreeSet, path::Path};

use sqlx::{
    Executor as _, PgPool, SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tidings_contract::services;

/// From this crate's folder.
const MIGRATIONS: &str = "../generated/migrations";

/// What a service's transaction writes.
const POSTGRES_INSERT: &str = "INSERT INTO tidings_outbox
    (segment, stream, partition, event_id, event_type, event_version, key, headers, payload)
    SELECT segment, 'orders', 0, gen_random_uuid(), 'order.placed', 2, 'acme/order-1', '{}', '{}'
    FROM tidings_outbox_segment WHERE state = 'live'";

const SQLITE_INSERT: &str = "INSERT INTO tidings_outbox
    (stream, partition, event_id, event_type, event_version, key, headers, payload)
    VALUES ('orders', 0, randomblob(16), 'order.placed', 2, 'acme/order-1', '{}', CAST('{}' AS BLOB))";

async fn migrator(database: &str) -> Migrator {
    Migrator::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(MIGRATIONS).join(database)).await.unwrap()
}

/// The tables that the migrations say they create, and that none of them drops.
fn declared(migrator: &Migrator) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    for migration in migrator.iter() {
        let words: Vec<&str> = migration
            .sql
            .as_str()
            .split(|c: char| c.is_whitespace() || "(;".contains(c))
            .filter(|word| !word.is_empty())
            .collect();
        for at in
            words.windows(2).enumerate().filter(|(_, pair)| pair[1].eq_ignore_ascii_case("TABLE")).map(|(at, _)| at)
        {
            let conditions = ["IF", "NOT", "EXISTS"];
            let name = words[at + 2..].iter().find(|word| !conditions.contains(&word.to_ascii_uppercase().as_str()));
            let name = name.unwrap().trim_matches('"').to_owned();
            match words[at].to_ascii_uppercase().as_str() {
                "CREATE" => tables.insert(name),
                "DROP" => tables.remove(&name),
                _ => false,
            };
        }
    }
    assert!(!tables.is_empty(), "the migrations create no table");
    tables
}

async fn apply_to_postgres(pool: &PgPool) {
    let migrator = migrator("postgres").await;
    let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()";
    let tables = async || BTreeSet::from_iter(sqlx::query_scalar::<_, String>(tables).fetch_all(pool).await.unwrap());
    let applied =
        async || sqlx::query_scalar::<_, i64>("SELECT count(*) FROM _sqlx_migrations").fetch_one(pool).await.unwrap();

    migrator.run(pool).await.unwrap();
    let first = tables().await;
    assert!(first.is_superset(&declared(&migrator)), "{first:?}");
    assert_eq!(applied().await, i64::try_from(migrator.iter().count()).unwrap());
    pool.execute(POSTGRES_INSERT).await.unwrap();

    migrator.run(pool).await.unwrap();
    assert_eq!(tables().await, first);
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM tidings_outbox").fetch_one(pool).await.unwrap();
    assert_eq!(kept, 1);
}

async fn apply_to_sqlite(pool: &SqlitePool) {
    let migrator = migrator("sqlite").await;
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    let tables = async || BTreeSet::from_iter(sqlx::query_scalar::<_, String>(tables).fetch_all(pool).await.unwrap());

    migrator.run(pool).await.unwrap();
    pool.execute(SQLITE_INSERT).await.unwrap();
    let first = tables().await;
    assert!(first.is_superset(&declared(&migrator)), "{first:?}");

    migrator.run(pool).await.unwrap();
    assert_eq!(tables().await, first);
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM tidings_outbox").fetch_one(pool).await.unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn they_apply_to_the_newest_postgresql_and_again() {
    let Some(postgres) = services::postgres().await else { return };
    apply_to_postgres(&postgres.pool().await).await;
}

#[tokio::test]
async fn they_apply_to_the_oldest_postgresql_and_again() {
    let Some(postgres) = services::postgres_15().await else { return };
    apply_to_postgres(&postgres.pool().await).await;
}

#[tokio::test]
async fn they_apply_to_sqlite_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteConnectOptions::new().filename(folder.path().join("outbox.sqlite")).create_if_missing(true);
    let pool = SqlitePoolOptions::new().connect_with(file).await.unwrap();
    apply_to_sqlite(&pool).await;
    pool.close().await;
}
