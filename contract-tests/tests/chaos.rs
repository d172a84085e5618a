//! The whole flow under faults, in short. `cargo xtask chaos` is the long version.

use std::time::Duration;

use tidings_contract::chaos::{self, Plan, Program, Servers};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_repeated_or_out_of_order_when_everything_fails() {
    let Some(servers) = Servers::offer().await else { return };
    let program = Program { path: env!("CARGO_BIN_EXE_chaos").into(), arguments: vec!["part".to_owned()] };
    let plan = Plan { seed: 42, time: Duration::from_secs(15), events: 4_000 };
    let logs = tempfile::tempdir().unwrap();
    let outcome = chaos::run(plan, servers, &program, logs.path(), |told| eprintln!("{told}")).await.unwrap();
    println!("{outcome}");
    let broken = (!outcome.is_clean()).then(|| logs.keep());
    assert_eq!(broken, None, "promises were broken; the logs of relays and consumers are kept");
}
