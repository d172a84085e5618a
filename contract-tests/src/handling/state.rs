//! What a service knows: its own tables, and what it has published.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Row as _, SqlitePool};
use tidings::Message;

/// Rows of each table as SQL would write them, in order; and what was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State(BTreeMap<String, Vec<String>>);

impl State {
    /// Of a database without the columns `ignored`, and of what the service has published.
    pub(super) async fn of(pool: &SqlitePool, published: &[Message], ignored: &[String]) -> sqlx::Result<Self> {
        let own = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'tidings\\_%' ESCAPE '\\' \
                   AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '_sqlx_migrations' ORDER BY name";
        let tables: Vec<String> = sqlx::query_scalar(own).fetch_all(pool).await?;
        let mut state = BTreeMap::new();
        for table in tables {
            let columns: Vec<String> =
                sqlx::query_scalar("SELECT name FROM pragma_table_info($1)").bind(&table).fetch_all(pool).await?;
            let is_ignored = |column: &String| ignored.iter().any(|ignored| *ignored == format!("{table}.{column}"));
            let kept: Vec<&String> = columns.iter().filter(|column| !is_ignored(column)).collect();
            let quoted: Vec<String> = kept.iter().map(|column| format!("quote({})", identifier(column))).collect();
            let quoted = if quoted.is_empty() { "''".to_owned() } else { quoted.join(", ") };
            let rows = format!("SELECT {quoted} FROM {}", identifier(&table));
            let rows = sqlx::query(AssertSqlSafe(rows)).fetch_all(pool).await?;
            let mut rows: Vec<String> = rows
                .iter()
                .map(|row| {
                    let values = kept
                        .iter()
                        .enumerate()
                        .map(|(index, column)| Ok(format!("{column} = {}", row.try_get::<String, _>(index)?)));
                    Ok(values.collect::<sqlx::Result<Vec<_>>>()?.join(", "))
                })
                .collect::<sqlx::Result<_>>()?;
            rows.sort();
            state.insert(format!("table `{table}`"), rows);
        }
        let mut published: Vec<String> = published
            .iter()
            .map(|message| format!("{}@{} of `{}`", message.event_type, message.event_version, message.key))
            .collect();
        published.sort();
        state.insert("what it publishes".to_owned(), published);
        Ok(Self(state))
    }

    /// How the other differs from this one, in words.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        self.0.iter().find_map(|(what, rows)| {
            let others = other.0.get(what).map_or(&[][..], Vec::as_slice);
            let missing = beyond(rows, others).map(|row| format!("{what} lacks `{row}`"));
            let more = beyond(others, rows).map(|row| format!("{what} has `{row}`"));
            match (missing, more) {
                (Some(missing), Some(more)) => {
                    Some(format!("{missing} and {}", more.trim_start_matches(what).trim_start()))
                }
                (one, other) => one.or(other),
            }
        })
    }
}

/// The rows of each table, for files.
impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (what, rows) in &self.0 {
            writeln!(f, "{what}, {}", rows.len())?;
            rows.iter().try_for_each(|row| writeln!(f, "    {}", row.replace('\n', "\\n")))?;
        }
        Ok(())
    }
}

/// The first row that is more often among `rows` than among `others`.
fn beyond<'r>(rows: &'r [String], others: &[String]) -> Option<&'r String> {
    let count = |rows: &[String], row: &String| rows.iter().filter(|other| *other == row).count();
    rows.iter().find(|row| count(rows, row) > count(others, row))
}

fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
