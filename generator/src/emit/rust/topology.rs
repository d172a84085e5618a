//! Streams and services as constants.

use std::collections::BTreeSet;

use heck::ToShoutySnakeCase;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::model::{AfterDeadLetter, ByteSize, Duration, Model, Selection, Service, Stream};

pub(super) fn module(model: &Model) -> TokenStream {
    let names: Vec<_> = model.streams.keys().map(|name| format_ident!("{}", name.to_shouty_snake_case())).collect();
    let streams = model.streams.values().map(stream);
    let services = model.services.values().map(|item| service(model, item));
    let items = quote! {
        /// Every stream and every service.
        pub const TOPOLOGY: Topology = Topology { streams: &[#(&#names),*], services: &[#(#services),*] };

        #(#streams)*
    };
    let text = items.to_string();
    // A catalogue without services or limits: an import that nobody needs would be a warning.
    let duration = text.contains("Duration :: from_secs").then(|| {
        quote!(
            use ::std::time::Duration;
        )
    });
    let used = ["DeadLetter", "Service", "Stream", "Topology"].into_iter();
    let used = used.filter(|name| text.contains(&format!("{name} {{"))).map(|name| format_ident!("{name}"));
    quote! {
        //! Streams and services of the catalogue.
        #duration
        use ::tidings::topology::{#(#used),*};

        #items
    }
}

fn stream(stream: &Stream) -> TokenStream {
    let name = &stream.name;
    let constant = format_ident!("{}", name.to_shouty_snake_case());
    let about = format!(" Stream `{name}`.");
    let partitions = Literal::u32_unsuffixed(stream.partitions);
    let keys = stream.partition_key.iter().map(|key| key.source.to_string());
    let (max_age, max_bytes) = (age(stream.retention.max_age), bytes(stream.retention.max_bytes));
    let dead_letter = stream.dead_letter.map_or_else(
        || quote!(None),
        |dead| {
            let dead_stream = format!("{name}.dlq");
            let (max_age, max_bytes) = (age(dead.retention.max_age), bytes(dead.retention.max_bytes));
            let halt_key = dead.then == AfterDeadLetter::HaltKey;
            quote!(Some(DeadLetter { stream: #dead_stream, max_age: #max_age, max_bytes: #max_bytes, halt_key: #halt_key }))
        },
    );
    quote! {
        #[doc = #about]
        pub const #constant: Stream = Stream {
            name: #name,
            partitions: #partitions,
            partition_key: &[#(#keys),*],
            max_age: #max_age,
            max_bytes: #max_bytes,
            dead_letter: #dead_letter,
        };
    }
}

fn service(model: &Model, service: &Service) -> TokenStream {
    let name = &service.name;
    let (publishes, consumes) = (streams(model, &service.publishes), streams(model, &service.consumes));
    let retry = service.retry.iter().map(|wait| seconds(*wait));
    quote!(Service { name: #name, publishes: &[#(#publishes),*], consumes: &[#(#consumes),*], retry: &[#(#retry),*] })
}

/// Names of the streams that carry what is selected.
fn streams<'a>(model: &'a Model, selections: &[Selection]) -> BTreeSet<&'a String> {
    let versions = selections.iter().flat_map(|selection| &selection.versions);
    versions.filter_map(|id| model.version(id)).map(|(_, version)| &version.stream).collect()
}

fn age(duration: Option<Duration>) -> TokenStream {
    duration.map_or_else(
        || quote!(None),
        |duration| {
            let duration = seconds(duration);
            quote!(Some(#duration))
        },
    )
}

fn seconds(duration: Duration) -> TokenStream {
    let seconds = Literal::u64_unsuffixed(duration.as_secs());
    quote!(Duration::from_secs(#seconds))
}

fn bytes(size: Option<ByteSize>) -> TokenStream {
    size.map_or_else(
        || quote!(None),
        |size| {
            let bytes = Literal::u64_unsuffixed(size.0);
            quote!(Some(#bytes))
        },
    )
}
