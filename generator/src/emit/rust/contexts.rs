//! The module of a context: its events, and one enum for each of its streams.

use heck::ToShoutySnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::version::tenancy;
use super::{docs, version_module};
use crate::model::{Context, Model, Stream};
use crate::payload::Scope;

pub(super) fn module(model: &Model, context: &Context) -> TokenStream {
    let summary = context.summary.as_deref().unwrap_or("Events of this context.");
    let about = docs::comment(summary).into_iter().map(|line| format!(" {line}"));
    let has_types = model.types.defs.keys().any(|(scope, _)| *scope == Scope::Context(context.name.clone()));
    let types = has_types.then(|| {
        quote!(
            pub mod types;
        )
    });
    let events: Vec<_> = model.events.values().filter(|event| event.context == context.name).collect();
    let modules = events.iter().flat_map(|event| {
        event.versions.values().map(|version| {
            let module = format_ident!("{}", version_module(&event.name, version.number));
            let deprecated = (!version.is_current()).then(|| quote!(#[allow(deprecated)]));
            quote! { mod #module; #deprecated pub use #module::*; }
        })
    });
    let latest = events.iter().map(|event| {
        let (alias, root) = (format_ident!("{}", event.type_name), format_ident!("{}", event.latest().payload.root));
        let about = format!(" `{}` in its latest version.", event.name);
        let deprecated = (!event.latest().is_current()).then(|| quote!(#[allow(deprecated)]));
        quote! { #[doc = #about] #deprecated pub type #alias = #root; }
    });
    let streams = model
        .streams
        .values()
        .filter(|stream| stream.context == context.name && !stream.carries.is_empty())
        .map(|stream| stream_enum(model, stream));
    let roots = events.iter().flat_map(|event| event.versions.values());
    let roots = roots.map(|version| format_ident!("{}", version.payload.root));
    let deprecated = events.iter().flat_map(|event| event.versions.values()).any(|version| !version.is_current());
    let deprecated = deprecated.then(|| quote!(#[allow(deprecated)]));
    quote! {
        #(#![doc = #about])*
        #types
        #(#modules)*
        #(#latest)*
        /// Every version of every event of this context.
        #deprecated
        pub const CODECS: &[::tidings::Codec] = &[#(::tidings::Codec::of::<#roots>()),*];
        #(#streams)*
    }
}

/// Name of a stream's enum: `orders` → `OrdersStream`.
pub(super) fn enum_name(stream: &str) -> String {
    format!("{}Stream", crate::payload::pascal_name(stream).unwrap_or_default())
}

fn stream_enum(model: &Model, stream: &Stream) -> TokenStream {
    let name = format_ident!("{}", enum_name(&stream.name));
    let constant = format_ident!("{}", stream.name.to_shouty_snake_case());
    let about = format!(" Everything that may arrive on stream `{}`.", stream.name);
    let carried: Vec<_> = stream.carries.iter().filter_map(|id| model.version(id)).collect();
    let roots: Vec<_> = carried.iter().map(|(_, version)| format_ident!("{}", version.payload.root)).collect();
    let types: Vec<_> = carried.iter().map(|(event, _)| &event.name).collect();
    let numbers: Vec<_> = carried.iter().map(|(_, version)| version.number).collect();
    let docs = carried.iter().map(|(event, version)| format!(" `{}` version {}.", event.name, version.number));
    let tenancy = tenancy(model);
    let deprecated = carried.iter().any(|(_, version)| !version.is_current()).then(|| quote!(#[allow(deprecated)]));
    quote! {
        #[doc = #about]
        ///
        /// An event that this build does not know is `Unknown`, never an error: handle it as your service should when
        /// somebody has deployed a newer producer.
        #deprecated
        #[derive(Clone, Debug, PartialEq)]
        pub enum #name {
            #(
                #[doc = #docs]
                #roots(::std::boxed::Box<#roots>),
            )*
            /// An event or version that this build does not know.
            Unknown(::tidings::UnknownEvent),
        }

        #deprecated
        impl ::tidings::StreamEvent for #name {
            const STREAM: &'static ::tidings::topology::Stream = &crate::topology::#constant;
            const TENANCY: ::tidings::Tenancy = #tenancy;

            fn decode(
                event_type: &str,
                version: u32,
                data: ::serde_json::Value,
            ) -> ::std::result::Result<Self, ::tidings::DecodeError> {
                Ok(match (event_type, version) {
                    #((#types, #numbers) => Self::#roots(::std::boxed::Box::new(::tidings::decode(data)?)),)*
                    _ => Self::Unknown(::tidings::UnknownEvent { event_type: event_type.to_owned(), version, data }),
                })
            }

            fn event_type(&self) -> &str {
                match self {
                    #(Self::#roots(_) => #types,)*
                    Self::Unknown(unknown) => &unknown.event_type,
                }
            }

            fn version(&self) -> u32 {
                match self {
                    #(Self::#roots(_) => #numbers,)*
                    Self::Unknown(unknown) => unknown.version,
                }
            }
        }
    }
}
