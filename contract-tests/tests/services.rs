//! The services themselves: what a test gets is its own and is gone afterwards.

use std::collections::BTreeMap;
use std::net::TcpStream;

use serde_json::json;
use sqlx::Executor as _;
use tidings_contract::services::{self, Report, Service, Session};

async fn server_version(pool: &sqlx::PgPool) -> u32 {
    let version: String = sqlx::query_scalar("SHOW server_version_num").fetch_one(pool).await.unwrap();
    version.parse::<u32>().unwrap() / 10_000
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own_and_it_is_dropped() {
    let Some(first) = services::postgres().await else { return };
    let Some(second) = services::postgres().await else { return };
    first.pool().await.execute("CREATE TABLE mine (id int)").await.unwrap();
    let others = second.pool().await;
    assert!(others.execute("SELECT * FROM mine").await.is_err());

    let name = first.url().rsplit_once('/').unwrap().1.to_owned();
    let count = || sqlx::query_scalar::<_, i64>("SELECT count(*) FROM pg_database WHERE datname = $1").bind(&name);
    assert_eq!(count().fetch_one(&others).await.unwrap(), 1);
    drop(first);
    assert_eq!(count().fetch_one(&others).await.unwrap(), 0);
}

#[tokio::test]
async fn the_newest_postgresql_is_17_or_later() {
    let Some(postgres) = services::postgres().await else { return };
    assert!(server_version(&postgres.pool().await).await >= 17);
}

#[tokio::test]
async fn the_oldest_postgresql_is_15() {
    let Some(postgres) = services::postgres_15().await else { return };
    assert_eq!(server_version(&postgres.pool().await).await, 15);
}

#[tokio::test]
async fn each_test_has_a_virtual_host_of_its_own_and_its_users_go_with_it() {
    let Some(first) = services::rabbitmq().await else { return };
    let Some(second) = services::rabbitmq().await else { return };
    let definitions = json!({
        "users": [{"name": "writer", "password_hash": "", "tags": []}],
        "permissions": [{"user": "writer", "vhost": "elsewhere", "configure": "", "write": "^orders", "read": ""}],
        "queues": [{"name": "orders-0", "vhost": "elsewhere", "durable": true, "auto_delete": false,
                    "arguments": {"x-queue-type": "stream"}}],
    });
    first.import(&definitions).unwrap();

    let export = first.export();
    assert_eq!(export["queues"][0]["name"], "orders-0");
    assert_eq!(export["users"][0]["name"], "writer");
    let permission = json!({"user": "writer", "configure": "", "write": "^orders", "read": ""});
    assert!(export["permissions"].contains(&permission), "{:?}", export["permissions"]);

    let other = second.export();
    assert!(other["queues"].is_empty() && other["users"].is_empty(), "{other:?}");

    let user = first.set_password("writer", "secret");
    assert!(first.users().contains(&user));
    drop(first);
    assert!(!second.users().contains(&user));
}

#[test]
fn a_session_tells_its_tests_of_every_service_where_it_is_or_why_it_is_not() {
    let session = Session::start().unwrap();
    let environment: BTreeMap<_, _> = session.environment().into_iter().collect();
    for service in Service::ALL {
        let located = service.variables().iter().all(|variable| environment.contains_key(variable));
        assert!(located != environment.contains_key(service.absence()), "{service}: {environment:?}");
    }
    assert_eq!(session.finish().unwrap(), Report::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_starts_again_with_what_it_had() {
    let Some(mut server) = services::restartable(Service::Postgres).await else { return };
    let url = server.urls()[0].to_string();
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    pool.execute("CREATE TABLE kept AS SELECT 7 AS number").await.unwrap();
    let restarted = tokio::task::spawn_blocking(move || {
        server.kill().unwrap();
        assert!(server.urls()[0].socket_addrs(|| None).unwrap().iter().all(|at| TcpStream::connect(at).is_err()));
        server.start_again().unwrap();
        server
    });
    let server = restarted.await.unwrap();
    let pool = sqlx::PgPool::connect(server.urls()[0].as_str()).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i32>("SELECT number FROM kept").fetch_one(&pool).await.unwrap(), 7);
}
