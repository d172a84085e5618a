//! Payload schemas as they are written for events.

use serde_json::{Map, Value, json};

use super::random::Random;

const IDS: [&str; 8] =
    ["order_id", "customer_id", "tenant_id", "invoice_id", "shipment_id", "payment_id", "session_id", "correlation_id"];
const TIMES: [&str; 7] =
    ["placed_at", "confirmed_at", "shipped_at", "due_on", "expires_at", "delivered_at", "valid_from"];
const TEXTS: [&str; 8] = ["note", "title", "reason", "reference", "label", "comment", "display_name", "summary"];
const CODES: [(&str, &str); 6] = [
    ("currency", "^[A-Z]{3}$"),
    ("country", "^[A-Z]{2}$"),
    ("sku", "^[A-Z0-9]{3,12}(-[A-Z0-9]{1,8})*$"),
    ("language", "^[a-z]{2}(-[A-Z]{2})?$"),
    ("iban", "^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"),
    ("version", r"^\d+\.\d+\.\d+$"),
];
const CHOICES: [&str; 6] = ["state", "channel", "priority", "method", "kind", "origin"];
pub(super) const WORDS: [&str; 12] = [
    "draft",
    "placed",
    "paid",
    "shipped",
    "returned",
    "cancelled",
    "web",
    "app",
    "store",
    "partner",
    "manual",
    "other",
];
const COUNTS: [&str; 6] = ["quantity", "attempt", "position", "version_number", "seats", "points"];
const AMOUNTS: [&str; 5] = ["weight", "discount", "rate", "distance", "score"];
const FLAGS: [&str; 5] = ["gift", "express", "verified", "test", "recurring"];
const CONTACTS: [(&str, &str); 4] =
    [("email", "email"), ("homepage", "uri"), ("address_ip", "ipv4"), ("callback", "uri-reference")];
const SHARED: [(&str, &str); 5] = [
    ("total", "Money"),
    ("shipping_cost", "Money"),
    ("delivery_address", "Address"),
    ("billing_address", "Address"),
    ("placed_by", "Party"),
];
const LISTS: [&str; 5] = ["tags", "lines", "attachments", "discounts", "recipients"];
const NESTED: [&str; 5] = ["delivery", "payment", "window", "device", "campaign"];
const MAPS: [&str; 3] = ["labels", "attributes", "translations"];
pub(super) const LENGTHS: [u64; 5] = [20, 40, 100, 200, 500];

/// The schema of one event: 8 to 20 fields, with shared types under `$defs`.
pub(super) fn event(random: &mut Random) -> Value {
    let fields = 8 + random.below(13);
    let mut schema = object(random, fields, 2);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["$defs"] = json!({
        "Money": {
            "type": "object",
            "required": ["cents", "currency"],
            "properties": {
                "cents": { "type": "integer", "minimum": 0 },
                "currency": { "type": "string", "pattern": "^[A-Z]{3}$" },
            },
            "additionalProperties": false,
        },
        "Address": object(random, 5, 0),
        "Party": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": { "type": "string", "format": "uuid" },
                "name": { "type": "string", "maxLength": 200 },
                "address": { "$ref": "#/$defs/Address" },
            },
        },
    });
    schema
}

/// An object with this many fields, two thirds of them required, and objects in it up to `depth` levels down.
fn object(random: &mut Random, fields: usize, depth: usize) -> Value {
    let mut properties = Map::new();
    while properties.len() < fields {
        let (name, schema) = field(random, depth);
        properties.entry(name).or_insert(schema);
    }
    let required: Vec<&String> = properties.keys().filter(|_| random.chance(66)).collect();
    let mut object = json!({ "type": "object", "required": required, "properties": properties });
    if random.chance(30) {
        object["additionalProperties"] = json!(false);
    }
    object
}

/// A field and its schema.
pub(super) fn field(random: &mut Random, depth: usize) -> (String, Value) {
    let (name, mut schema) = match random.below(if depth > 0 { 20 } else { 14 }) {
        0..=1 => (*random.pick(&IDS), json!({ "type": "string", "format": "uuid" })),
        2..=3 => {
            let name = *random.pick(&TIMES);
            let format = if name.ends_with("_at") { "date-time" } else { "date" };
            (name, json!({ "type": "string", "format": format }))
        }
        4..=5 => {
            let least = random.below(2);
            (*random.pick(&TEXTS), json!({ "type": "string", "minLength": least, "maxLength": random.pick(&LENGTHS) }))
        }
        6 => {
            let (name, pattern) = *random.pick(&CODES);
            (name, json!({ "type": "string", "pattern": pattern }))
        }
        7..=8 => {
            let (first, count) = (random.below(6), 3 + random.below(4));
            (*random.pick(&CHOICES), json!({ "type": "string", "enum": WORDS[first..first + count] }))
        }
        9..=10 => {
            let least = random.below(2);
            (*random.pick(&COUNTS), json!({ "type": "integer", "minimum": least, "maximum": 10 + random.below(1_000) }))
        }
        11 => (*random.pick(&AMOUNTS), json!({ "type": "number", "minimum": 0 })),
        12 => (*random.pick(&FLAGS), json!({ "type": "boolean" })),
        13 => {
            let (name, format) = *random.pick(&CONTACTS);
            (name, json!({ "type": ["string", "null"], "format": format }))
        }
        14..=15 => {
            let (name, shared) = *random.pick(&SHARED);
            (name, json!({ "$ref": format!("#/$defs/{shared}") }))
        }
        16..=17 => {
            let items =
                if random.chance(50) { json!({ "type": "string", "maxLength": 40 }) } else { object(random, 4, 0) };
            (*random.pick(&LISTS), json!({ "type": "array", "maxItems": 5 + random.below(50), "items": items }))
        }
        18 => {
            let fields = 3 + random.below(4);
            (*random.pick(&NESTED), object(random, fields, depth - 1))
        }
        _ => {
            let values = json!({ "type": "string", "maxLength": 200 });
            (*random.pick(&MAPS), json!({ "type": "object", "additionalProperties": values }))
        }
    };
    schema["description"] = json!(format!("What is known about {}.", name.replace('_', " ")));
    (name.to_owned(), schema)
}
