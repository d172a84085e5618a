//! What makes one version of an event of another.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use crate::cast::{Cast, FieldPath, Mapping, Rule, Step};
use crate::format::Convert;
use crate::model::{Event, Version};

/// Traits for steps by hand, and the implementations of `CastFrom`, `Upcast` and `Downcast`.
pub(super) fn items(event: &Event, version: &Version) -> TokenStream {
    let (up, down) = (upcast(event, version), downcast(event, version));
    quote! { #up #down }
}

fn upcast(event: &Event, version: &Version) -> TokenStream {
    let root = format_ident!("{}", version.payload.root);
    let Some((cast, before)) = version.upcast.as_ref().zip(event.before(version)) else {
        return quote!(impl<H: ?Sized> versions::Upcast<H> for #root {});
    };
    let from = format_ident!("{}", before.payload.root);
    let quiet = quiet(before);
    let (item, bound, step) = match cast {
        Cast::Mapping(mapping) => {
            let item = mapped(mapping, &quote!(super::#from), &quote!(#root), before);
            (item, None, quote!(<Self as versions::CastFrom<super::#from>>::cast_from(&older)))
        }
        Cast::ByHand => {
            let name = format_ident!("Upcast{}", before.payload.root);
            let item = by_hand(
                event,
                (before, version),
                &name,
                "decode_latest_with",
                &quote! {
                    fn upcast(&self, old: super::#from) -> ::std::result::Result<#root, versions::CastError>;
                },
            );
            (item, Some(quote!(+ #name)), quote!(#name::upcast(by_hand, older)))
        }
    };
    quote! {
        #item

        #quiet
        impl<H: ?Sized #bound> versions::Upcast<H> for #root
        where
            super::#from: versions::Upcast<H>,
        {
            fn from_older(version: u32, data: ::serde_json::Value, by_hand: &H)
                -> ::std::result::Result<Self, versions::CastError>
            {
                let older = <super::#from as versions::Upcast<H>>::upcast(version, data, by_hand)?;
                #step
            }
        }
    }
}

fn downcast(event: &Event, version: &Version) -> TokenStream {
    let root = format_ident!("{}", version.payload.root);
    let Some((cast, before)) = version.downcast.as_ref().zip(event.before(version)) else {
        return quote!(impl<H: ?Sized> versions::Downcast<H> for #root {});
    };
    let to = format_ident!("{}", before.payload.root);
    let quiet = quiet(before);
    let (item, bound, step) = match cast {
        Cast::Mapping(mapping) => {
            let item = mapped(mapping, &quote!(#root), &quote!(super::#to), before);
            (item, None, quote!(<super::#to as versions::CastFrom<Self>>::cast_from(self)?))
        }
        Cast::ByHand => {
            let name = format_ident!("Downcast{}", version.payload.root);
            let item = by_hand(
                event,
                (version, before),
                &name,
                "in_all_versions_with",
                &quote! {
                    fn downcast(&self, new: &#root) -> ::std::result::Result<super::#to, versions::CastError>;
                },
            );
            (item, Some(quote!(+ #name)), quote!(#name::downcast(by_hand, self)?))
        }
    };
    quote! {
        #item

        #quiet
        impl<H: ?Sized #bound> versions::Downcast<H> for #root
        where
            super::#to: versions::Downcast<H>,
        {
            fn is_older_published(day: ::chrono::NaiveDate) -> bool {
                <super::#to as ::tidings::Event>::is_published(day)
                    || <super::#to as versions::Downcast<H>>::is_older_published(day)
            }

            fn each_older<V: versions::VersionVisitor>(
                &self,
                day: ::chrono::NaiveDate,
                by_hand: &H,
                visitor: &mut V,
            ) -> ::std::result::Result<(), versions::CastError> {
                let older = #step;
                <super::#to as versions::Downcast<H>>::each_version(&older, day, by_hand, visitor)
            }
        }
    }
}

/// The trait that stands for a step which the catalogue leaves to a person.
fn by_hand(
    event: &Event,
    (from, to): (&Version, &Version),
    name: &Ident,
    taken_by: &str,
    method: &TokenStream,
) -> TokenStream {
    let about = format!(" How `{}` version {} becomes version {}.", event.name, from.number, to.number);
    let unsaid = format!("nobody says how `{}` version {} becomes {}", event.name, from.number, to.number);
    let note = format!("implement `{name}` for a type of yours, and pass it to `{taken_by}`");
    let quiet = quiet(if from.number < to.number { from } else { to });
    quote! {
        #[doc = #about]
        #[diagnostic::on_unimplemented(message = #unsaid, note = #note)]
        #quiet
        pub trait #name {
            /// One version as the other.
            ///
            /// # Errors
            /// When that cannot be done; make it with `CastError::by_hand`.
            #method
        }
    }
}

/// Deprecated versions are still made and read.
fn quiet(version: &Version) -> Option<TokenStream> {
    (!version.is_current()).then(|| quote!(#[allow(deprecated)]))
}

/// The implementation of `CastFrom` by a mapping.
fn mapped(mapping: &Mapping, from: &TokenStream, to: &TokenStream, before: &Version) -> TokenStream {
    let quiet = quiet(before);
    let dropped = mapping.drop.iter().map(path).map(|path| quote!(.without(#path)));
    let set = mapping.rules.iter().map(|(target, rule)| {
        let (target, source) = (path(target), source(rule));
        quote!(.with(#target, #source))
    });
    quote! {
        #quiet
        impl versions::CastFrom<#from> for #to {
            fn cast_from(other: &#from) -> ::std::result::Result<Self, versions::CastError> {
                versions::Mapping::of(other)? #(#dropped)* #(#set)* .finish()
            }
        }
    }
}

fn path(path: &FieldPath) -> TokenStream {
    let parts = &path.parts;
    quote!(&[#(#parts),*])
}

fn source(rule: &Rule) -> TokenStream {
    let (from, step, default) = match rule {
        Rule::Constant(value) => {
            let value = json(value);
            return quote!(versions::Source::constant(#value));
        }
        Rule::Field { from, step, default } => (path(from), step, default),
    };
    let step = match step {
        Step::Same => TokenStream::new(),
        Step::Values(values, otherwise) => {
            let otherwise = otherwise.as_ref().map(json).map_or_else(|| quote!(None), |value| quote!(Some(#value)));
            let values = values.iter().map(|(from, to)| {
                let to = json(to);
                quote!((#from, #to))
            });
            quote!(.values([#(#values),*], #otherwise))
        }
        Step::Before(separator) => quote!(.before(#separator)),
        Step::Behind(separator) => quote!(.behind(#separator)),
        Step::Times(factor) => {
            let factor = Literal::i64_unsuffixed(*factor);
            quote!(.times(#factor))
        }
        Step::Convert(Convert::Text) => quote!(.text()),
        Step::Convert(Convert::List) => quote!(.list()),
    };
    let default = default.as_ref().map(json).map(|value| quote!(.or(#value)));
    quote!(versions::Source::field(#from) #step #default)
}

/// A JSON value as an expression.
fn json(value: &Value) -> TokenStream {
    let tokens = json_tokens(value);
    quote!(::serde_json::json!(#tokens))
}

fn json_tokens(value: &Value) -> TokenStream {
    match value {
        Value::Null => quote!(null),
        Value::Bool(value) => quote!(#value),
        Value::Number(number) => {
            let literal = if let Some(number) = number.as_u64() {
                Literal::u64_suffixed(number)
            } else if let Some(number) = number.as_i64() {
                Literal::i64_suffixed(number)
            } else {
                Literal::f64_suffixed(number.as_f64().unwrap_or_default())
            };
            quote!(#literal)
        }
        Value::String(text) => quote!(#text),
        Value::Array(items) => {
            let items = items.iter().map(json_tokens);
            quote!([#(#items),*])
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let value = json_tokens(value);
                quote!(#name: #value)
            });
            quote!({ #(#fields),* })
        }
    }
}
