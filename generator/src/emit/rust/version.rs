//! What makes the struct of a payload an event.

use chrono::Datelike as _;
use heck::ToShoutySnakeCase;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{casts, docs};
use crate::model::{Classification, Event, KeySource, Model, Status, TenancyMode, Version};

/// The types of a version with its documentation, deprecation and `Event` implementation.
pub(super) fn with_event(model: &Model, event: &Event, version: &Version, types: &TokenStream) -> TokenStream {
    let root = format_ident!("{}", version.payload.root);
    let (name, number, context) = (&event.name, version.number, &event.context);
    let owner = event.team.as_ref().map_or_else(|| quote!(None), |team| quote!(Some(#team)));
    let stream = format_ident!("{}", version.stream.to_shouty_snake_case());
    let classification = match event.effective_classification(version) {
        Classification::Public => quote!(Public),
        Classification::Internal => quote!(Internal),
        Classification::Confidential => quote!(Confidential),
        Classification::Personal => quote!(Personal),
    };
    let tenancy = tenancy(model);
    let (key, uses_context) = partition_key(model, version);
    let context_name = if uses_context { quote!(context) } else { quote!(_) };
    let types = documented(model, event, version, types);
    let published = published(version);
    let casts = casts::items(event, version);
    quote! {
        use ::tidings::versions;

        #types

        impl ::tidings::Event for #root {
            const TYPE: &'static str = #name;
            const VERSION: u32 = #number;
            const STREAM: &'static ::tidings::topology::Stream = &crate::topology::#stream;
            const CONTEXT: &'static str = #context;
            const OWNER: Option<&'static str> = #owner;
            const CLASSIFICATION: ::tidings::Classification = ::tidings::Classification::#classification;
            const TENANCY: ::tidings::Tenancy = #tenancy;

            #published

            fn partition_key(&self, #context_name: &::tidings::KeyContext<'_>) -> ::tidings::PartitionKey {
                #key
            }
        }

        #casts
    }
}

/// `is_published`, where a version is not published on every day.
fn published(version: &Version) -> Option<TokenStream> {
    let answer = match (version.status, version.sunset) {
        (Status::Active, _) | (Status::Deprecated, None) => return None,
        (Status::Draft | Status::Retired, _) => quote!(false),
        (Status::Deprecated, Some(sunset)) => {
            let [year, month, day] =
                [i64::from(sunset.year()), sunset.month().into(), sunset.day().into()].map(Literal::i64_unsuffixed);
            quote!(::chrono::NaiveDate::from_ymd_opt(#year, #month, #day).is_none_or(|sunset| day < sunset))
        }
    };
    let day = if version.status == Status::Deprecated { quote!(day) } else { quote!(_) };
    Some(quote! {
        fn is_published(#day: ::chrono::NaiveDate) -> bool {
            #answer
        }
    })
}

/// How tenants are kept apart, for whatever of a catalogue states it.
pub(super) fn tenancy(model: &Model) -> TokenStream {
    match model.tenancy {
        None => quote!(::tidings::Tenancy::Single),
        Some(TenancyMode::Partition) => quote!(::tidings::Tenancy::Partition),
    }
}

/// The key's expression, and whether it needs the context.
fn partition_key(model: &Model, version: &Version) -> (TokenStream, bool) {
    let keys = model.streams.get(&version.stream).map(|stream| stream.partition_key.as_slice()).unwrap_or_default();
    let mut uses_context = false;
    let parts: Vec<TokenStream> = keys
        .iter()
        .map(|key| match &key.source {
            KeySource::Tenant => {
                uses_context = true;
                quote!(&context.tenant_id.unwrap_or_default())
            }
            KeySource::Correlation => {
                uses_context = true;
                quote!(&context.correlation_id)
            }
            KeySource::Data(path) => {
                let fields = path.iter().map(|part| {
                    let name = crate::payload::snake_name(part).unwrap_or_default();
                    syn::parse_str::<syn::Ident>(&name).unwrap_or_else(|_| format_ident!("field"))
                });
                match version.payload.shape_at(path) {
                    Some((_, true)) => quote!(&self.#(#fields).*),
                    // A key that may be absent is reported by a lint; such events share one key.
                    _ => quote!(&""),
                }
            }
        })
        .collect();
    if parts.is_empty() {
        return (quote!(::tidings::PartitionKey::from_parts([])), false);
    }
    (quote!(::tidings::PartitionKey::from_parts([#(#parts as &dyn ::std::fmt::Display),*])), uses_context)
}

/// The root struct's own documentation and deprecation, put in front of its attributes.
fn documented(model: &Model, event: &Event, version: &Version, types: &TokenStream) -> TokenStream {
    let Ok(mut file) = syn::parse2::<syn::File>(types.clone()) else { return types.clone() };
    for item in &mut file.items {
        let (ident, attrs) = match item {
            syn::Item::Struct(item) => (&item.ident, &mut item.attrs),
            syn::Item::Enum(item) => (&item.ident, &mut item.attrs),
            _ => continue,
        };
        if *ident != version.payload.root {
            continue;
        }
        let rest: Vec<syn::Attribute> = attrs.iter().filter(|attr| !attr.path().is_ident("doc")).cloned().collect();
        let lines = description(model, event, version).into_iter().map(|line| format!(" {line}"));
        let deprecated = deprecation(event, version).map(|note| quote!(#[deprecated(note = #note)]));
        *attrs = syn::parse_quote! { #(#[doc = #lines])* #deprecated };
        attrs.extend(rest);
    }
    let items = file.items;
    quote!(#(#items)*)
}

fn description(model: &Model, event: &Event, version: &Version) -> Vec<String> {
    let mut lines = docs::comment(event.summary.as_deref().unwrap_or("An event."));
    let retention = model.streams.get(&version.stream).map(|stream| stream.retention);
    let kept = retention.and_then(|r| r.max_age).map_or_else(|| "without limit".to_owned(), |age| format!("for {age}"));
    lines.push(String::new());
    lines.push(format!(
        "`{}` version {}, owned by {}, on stream `{}`, kept {kept}.",
        event.name,
        version.number,
        event.team.as_deref().map_or_else(|| "nobody".to_owned(), |team| format!("team `{team}`")),
        version.stream,
    ));
    if let Some(changes) = &version.changes {
        lines.push(String::new());
        lines.extend(docs::comment(changes));
    }
    lines
}

fn deprecation(event: &Event, version: &Version) -> Option<String> {
    let latest = event.latest();
    match version.status {
        Status::Active | Status::Draft => None,
        Status::Retired => Some(format!("retired; use `{}`", latest.payload.root)),
        Status::Deprecated => Some(version.sunset.map_or_else(
            || format!("use `{}`", latest.payload.root),
            |day| format!("no longer published from {day}; use `{}`", latest.payload.root),
        )),
    }
}
