//! Rust to begin with: how an event is published, and how it is handled. A test compiles every one of them.

use serde_json::{Value, json};

use crate::emit::rust;
use crate::model::{Event, Model};

/// Of the version to use; `null` where none is published.
pub(super) fn of(model: &Model, event: &Event) -> Value {
    let version = event.latest();
    if !version.is_published() {
        return Value::Null;
    }
    let (module, name) = (rust::context_module(&event.context), format!("{}V{}", event.type_name, version.number));
    let context = if model.tenancy.is_some() { "Context::new().with_tenant(\"acme\")" } else { "Context::new()" };
    let publish = format!(
        "use events::{module}::{name};\n\
         use sqlx::{{Postgres, Transaction}};\n\
         use tidings::Context;\n\
         use tidings::outbox::{{Outbox, OutboxError}};\n\
         \n\
         /// In the transaction that changes tables of your own: both happen, or neither.\n\
         async fn publish(\n    \
             outbox: &Outbox,\n    \
             transaction: &mut Transaction<'static, Postgres>,\n    \
             event: {name},\n\
         ) -> Result<(), OutboxError> {{\n    \
             outbox.append(transaction, event, &{context}).await?;\n    \
             Ok(())\n\
         }}"
    );
    let consume = format!(
        "use events::{module}::{name};\n\
         use sqlx::{{Postgres, Transaction}};\n\
         use tidings::Envelope;\n\
         use tidings::consumer::{{ExactlyOnce, Handler, HandlerError, Handlers}};\n\
         \n\
         struct On{type_name};\n\
         \n\
         impl Handler<{name}, Transaction<'static, Postgres>> for On{type_name} {{\n    \
             async fn handle(\n        \
                 &self,\n        \
                 event: Envelope<{name}>,\n        \
                 transaction: &mut Transaction<'static, Postgres>,\n    \
             ) -> Result<(), HandlerError> {{\n        \
                 // What is in `event.data` goes into tables of your own, in `transaction`.\n        \
                 let seen = sqlx::query(\"INSERT INTO seen (event_id) VALUES ($1)\").bind(event.event_id);\n        \
                 seen.execute(&mut **transaction).await?;\n        \
                 Ok(())\n    \
             }}\n\
         }}\n\
         \n\
         fn handlers() -> Handlers<Transaction<'static, Postgres>> {{\n    \
             Handlers::new().on_version::<{name}>(ExactlyOnce(On{type_name}))\n\
         }}",
        type_name = event.type_name,
    );
    json!({ "feature": event.context, "publish": publish, "consume": consume })
}
