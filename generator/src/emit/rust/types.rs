//! The types of one file: typify's output with the real names, documentation and constraints put in.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Group, Ident, Literal, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use schemars08::schema::Schema;
use syn::{Field as SynField, Fields, Item, ItemEnum, ItemStruct, parse_quote};
use typify::{TypeSpace, TypeSpaceImpl, TypeSpaceSettings};

use super::adapter::Adapters;
use super::lower::{self, Lowered};
use crate::emit::EmitError;
use crate::payload::{Body, Docs, Field, Kind, Shape, TextFormat, TypeDef};

/// Rust items for `types`. `elsewhere` says under which path a type of another file is found.
pub(super) fn items(
    unit: &str,
    types: &BTreeMap<String, TypeDef>,
    elsewhere: &BTreeMap<String, String>,
) -> Result<TokenStream, EmitError> {
    let lowered = lower::lower(types.values());
    let file = typified(unit, &lowered, elsewhere)?;
    let mut adapters = Adapters::default();
    let mut out = TokenStream::new();
    for item in file.items {
        match item {
            Item::Struct(mut item) => {
                let Some(def) = types.get(&item.ident.to_string()) else { continue };
                finish_struct(&mut item, def, &mut adapters);
                item.to_tokens(&mut out);
                out.extend(traits(def, &adapters));
            }
            Item::Enum(mut item) => {
                let Some(def) = types.get(&item.ident.to_string()) else { continue };
                finish_enum(&mut item, def, &mut adapters);
                item.to_tokens(&mut out);
                out.extend(traits(def, &adapters));
            }
            _ => {}
        }
    }
    if !adapters.rules.is_empty() {
        let rules = &adapters.rules;
        out.extend(quote! {
            mod rules {
                use ::tidings::wire;
                #(#rules)*
            }
        });
    }
    Ok(out)
}

/// typify's own output with placeholders replaced.
fn typified(unit: &str, lowered: &Lowered, elsewhere: &BTreeMap<String, String>) -> Result<syn::File, EmitError> {
    let failed = |cause: String| EmitError::Types { unit: unit.to_owned(), cause };
    let mut settings = TypeSpaceSettings::default();
    settings.with_map_type("::std::collections::BTreeMap");
    let mut definitions: Vec<(String, Schema)> = lowered.definitions.clone().into_iter().collect();
    let foreign = elsewhere.iter().map(|(name, path)| (name.as_str(), path.as_str()));
    for (name, path) in foreign.chain([(lower::ANY, "::serde_json::Value")]) {
        settings.with_replacement(name, path, std::iter::empty::<TypeSpaceImpl>());
        definitions.push((name.to_owned(), Schema::Bool(true)));
    }
    // typify panics on some schemas. The profile keeps those out; should one slip through, the event is named.
    let stream = catch_unwind(AssertUnwindSafe(|| {
        let mut space = TypeSpace::new(&settings);
        space.add_ref_types(definitions).map(|()| space.to_stream())
    }))
    .map_err(|_| failed("typify panicked".to_owned()))?
    .map_err(|cause| failed(cause.to_string()))?;
    syn::parse2(rename(stream, lowered)).map_err(|cause| failed(cause.to_string()))
}

/// Puts real names where placeholders stand, in identifiers and in string literals.
fn rename(stream: TokenStream, lowered: &Lowered) -> TokenStream {
    stream
        .into_iter()
        .map(|tree| match tree {
            TokenTree::Group(group) => TokenTree::Group(Group::new(group.delimiter(), rename(group.stream(), lowered))),
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                // Fields keep their placeholder until their attributes are known.
                match lowered.idents.get(&name).filter(|_| name.starts_with("Var")) {
                    Some(real) => TokenTree::Ident(Ident::new(real, ident.span())),
                    None => TokenTree::Ident(ident),
                }
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                match lowered.texts.get(text.trim_matches('"')) {
                    Some(real) => TokenTree::Literal(Literal::string(real)),
                    None => TokenTree::Literal(literal),
                }
            }
            punct @ TokenTree::Punct(_) => punct,
        })
        .collect()
}

fn finish_struct(item: &mut ItemStruct, def: &TypeDef, adapters: &mut Adapters) {
    let docs = type_docs(def);
    match &def.body {
        Body::Struct(fields) => {
            item.attrs = parse_quote! {
                #docs
                #[derive(Clone, Debug, PartialEq, ::serde::Deserialize, ::serde::Serialize)]
                #[serde(remote = "Self")]
            };
            let Fields::Named(named) = &mut item.fields else { return };
            let mut finished: Vec<SynField> = Vec::with_capacity(fields.len());
            // Placeholders count up in the order of the fields, which is the order typify sorts them in.
            let mut placeholders: Vec<SynField> = named.named.iter().cloned().collect();
            placeholders.sort_by_key(|field| field.ident.as_ref().map(ToString::to_string));
            for (syn, field) in placeholders.into_iter().zip(fields) {
                finished.push(finish_field(syn, field, &def.name, adapters, true));
            }
            named.named = finished.into_iter().collect();
        }
        _ => {
            item.attrs = parse_quote! {
                #docs
                #[derive(Clone, Debug, PartialEq, ::serde::Deserialize, ::serde::Serialize)]
                #[serde(transparent)]
            };
            let Fields::Unnamed(unnamed) = &mut item.fields else { return };
            let (Some(inner), Body::Alias(shape)) = (unnamed.unnamed.first_mut(), &def.body) else { return };
            let adapter = adapters.of(shape, &def.name);
            let guarded = scalar(shape).is_some();
            let with = adapter.as_ref().map(|adapter| {
                let with = format!("wire::As::<{}>", compact(adapter));
                quote!(#[serde(with = #with)])
            });
            let doc = (!guarded).then(|| quote!(#[doc = " The value."]));
            inner.attrs = parse_quote! { #doc #with };
            inner.vis = if guarded { syn::Visibility::Inherited } else { parse_quote!(pub) };
            if let Some(adapter) = adapter {
                adapters.aliases.insert(def.name.clone(), adapter);
            }
        }
    }
}

fn finish_enum(item: &mut ItemEnum, def: &TypeDef, adapters: &mut Adapters) {
    let docs = type_docs(def);
    match &def.body {
        Body::Enum(variants) => {
            item.attrs = parse_quote! {
                #docs
                #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, ::serde::Deserialize, ::serde::Serialize)]
                #[serde(remote = "Self")]
            };
            item.variants = variants
                .iter()
                .map(|variant| -> syn::Variant {
                    let (name, value) = (format_ident!("{}", variant.name), &variant.value);
                    let doc = doc_line(&format!("`{value}`"));
                    parse_quote! { #doc #[serde(rename = #value)] #name }
                })
                .collect();
        }
        Body::Tagged { tag, variants } => {
            item.attrs = parse_quote! {
                #docs
                #[derive(Clone, Debug, PartialEq, ::serde::Deserialize, ::serde::Serialize)]
                #[serde(remote = "Self", tag = #tag)]
            };
            for (syn, variant) in item.variants.iter_mut().zip(variants) {
                let (value, name) = (&variant.value, format_ident!("{}", variant.name));
                let docs = docs_or(&variant.docs, &format!("`{tag}` is `{value}`."));
                syn.attrs = parse_quote! { #docs #[serde(rename = #value)] };
                syn.ident = name;
                if let Fields::Named(named) = &mut syn.fields {
                    let mut kept: Vec<SynField> =
                        named.named.iter().filter(|field| !is_padding(field)).cloned().collect();
                    kept.sort_by_key(|field| field.ident.as_ref().map(ToString::to_string));
                    let hint = format!("{}{}", def.name, variant.name);
                    named.named = kept
                        .into_iter()
                        .zip(&variant.fields)
                        .map(|(syn, field)| finish_field(syn, field, &hint, adapters, false))
                        .collect();
                }
            }
        }
        Body::Untagged(variants) => {
            item.attrs = parse_quote! {
                #docs
                #[derive(Clone, Debug, PartialEq, ::serde::Deserialize, ::serde::Serialize)]
                #[serde(untagged)]
            };
            for (syn, variant) in item.variants.iter_mut().zip(variants) {
                let doc = doc_line(&format!("{} in JSON.", json_noun(&variant.shape)));
                syn.attrs = parse_quote! { #doc };
                syn.ident = format_ident!("{}", variant.name);
                let adapter = adapters.of(&variant.shape, &format!("{}{}", def.name, variant.name));
                if let (Some(adapter), Fields::Unnamed(inner)) = (adapter, &mut syn.fields)
                    && let Some(inner) = inner.unnamed.first_mut()
                {
                    let with = format!("wire::As::<{}>", compact(&adapter));
                    inner.attrs = parse_quote! { #[serde(with = #with)] };
                }
            }
        }
        Body::Struct(_) | Body::Alias(_) => {}
    }
}

fn json_noun(shape: &Shape) -> &'static str {
    match shape.kind {
        Kind::Text(_) => "A text",
        Kind::List { .. } => "An array",
        Kind::Bool => "A boolean",
        Kind::Integer(_) | Kind::Number(_) => "A number",
        Kind::Any | Kind::Map { .. } | Kind::Named(_) => "An object",
    }
}

fn is_padding(field: &SynField) -> bool {
    field.ident.as_ref().is_some_and(|ident| ident.to_string().starts_with(lower::PADDING))
}

fn finish_field(mut syn: SynField, field: &Field, owner: &str, adapters: &mut Adapters, public: bool) -> SynField {
    let hint = format!("{owner}{}", crate::payload::pascal_name(&field.name).unwrap_or_default());
    let adapter = adapters.of(&field.shape, &hint);
    let docs = docs_or(&field.docs, &format!("`{}`.", field.name));
    let rename = (field.rust_name.trim_start_matches("r#") != field.name).then(|| {
        let name = &field.name;
        quote!(rename = #name,)
    });
    let adapter = match (adapter, field.required) {
        (None, true) => None,
        (Some(adapter), true) => Some(adapter),
        (adapter, false) => {
            let inner = adapter.unwrap_or_else(|| quote!(wire::Same));
            Some(quote!(wire::Optional<#inner>))
        }
    };
    let with = adapter.map(|adapter| {
        let with = format!("wire::As::<{}>", compact(&adapter));
        quote!(with = #with,)
    });
    let absent = (!field.required).then(|| quote!(default, skip_serializing_if = "Option::is_none",));
    let serde =
        (rename.is_some() || with.is_some() || absent.is_some()).then(|| quote!(#[serde(#rename #absent #with)]));
    let deprecated = field.docs.deprecated.then(|| quote!(#[deprecated]));
    syn.attrs = parse_quote! { #docs #deprecated #serde };
    syn.ident = Some(syn::parse_str(&field.rust_name).unwrap_or_else(|_| format_ident!("field")));
    if !field.required {
        let inner = &syn.ty;
        syn.ty = parse_quote!(::std::option::Option<#inner>);
    }
    syn.vis = if public { parse_quote!(pub) } else { syn::Visibility::Inherited };
    syn
}

/// What a type implements besides its derives.
fn traits(def: &TypeDef, adapters: &Adapters) -> TokenStream {
    let name = format_ident!("{}", def.name);
    match &def.body {
        Body::Struct(_) | Body::Tagged { .. } => quote!(::tidings::object!(#name);),
        Body::Enum(variants) => {
            let names: Vec<Ident> = variants.iter().map(|variant| format_ident!("{}", variant.name)).collect();
            let values: Vec<&String> = variants.iter().map(|variant| &variant.value).collect();
            quote! {
                ::tidings::keyword!(#name);

                impl #name {
                    /// The text in JSON.
                    #[must_use]
                    pub fn as_str(self) -> &'static str {
                        match self { #(Self::#names => #values,)* }
                    }
                }

                impl ::std::fmt::Display for #name {
                    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str(self.as_str())
                    }
                }

                impl ::std::str::FromStr for #name {
                    type Err = wire::NotAKeyword;

                    fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                        match text { #(#values => Ok(Self::#names),)* _ => Err(wire::NotAKeyword) }
                    }
                }
            }
        }
        Body::Alias(shape) => alias_traits(&name, shape, adapters),
        Body::Untagged(_) => TokenStream::new(),
    }
}

/// A shared scalar or collection: made only from values that satisfy its constraints.
fn alias_traits(name: &Ident, shape: &Shape, adapters: &Adapters) -> TokenStream {
    let Some(inner) = scalar(shape) else { return TokenStream::new() };
    let text = matches!(&shape.kind, Kind::Text(rules) if rules.format.is_none_or(|format| !format.is_typed()));
    let typed = matches!(&shape.kind, Kind::Text(_)) && !text;
    let adapter = adapters.aliases.get(&name.to_string());
    let check = adapter.map(|adapter| quote!(<#adapter as wire::Wire<#inner>>::check(&value)?;));
    let from_str = text.then(|| {
        quote! {
            impl ::std::convert::TryFrom<&str> for #name {
                type Error = wire::Violation;

                fn try_from(value: &str) -> ::std::result::Result<Self, Self::Error> {
                    Self::try_from(value.to_owned())
                }
            }

            impl ::std::str::FromStr for #name {
                type Err = wire::Violation;

                fn from_str(value: &str) -> ::std::result::Result<Self, Self::Err> {
                    Self::try_from(value.to_owned())
                }
            }
        }
    });
    // A value of these types cannot violate anything.
    let from_inner = if typed {
        quote! {
            impl ::std::convert::From<#inner> for #name {
                fn from(value: #inner) -> Self {
                    Self(value)
                }
            }
        }
    } else {
        quote! {
            impl ::std::convert::TryFrom<#inner> for #name {
                type Error = wire::Violation;

                fn try_from(value: #inner) -> ::std::result::Result<Self, Self::Error> {
                    #check
                    Ok(Self(value))
                }
            }
        }
    };
    quote! {
        #from_inner

        #from_str

        impl ::std::ops::Deref for #name {
            type Target = #inner;

            fn deref(&self) -> &#inner {
                &self.0
            }
        }

        impl ::std::convert::From<#name> for #inner {
            fn from(value: #name) -> Self {
                value.0
            }
        }

        impl ::std::fmt::Display for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }
    }
}

/// The Rust type inside a shared scalar; `None` for collections and whatever else has no value to guard.
fn scalar(shape: &Shape) -> Option<TokenStream> {
    if shape.nullable {
        return None;
    }
    match &shape.kind {
        Kind::Text(rules) => Some(match rules.format {
            Some(TextFormat::DateTime) => quote!(::chrono::DateTime<::chrono::Utc>),
            Some(TextFormat::Date) => quote!(::chrono::NaiveDate),
            Some(TextFormat::Uuid) => quote!(::uuid::Uuid),
            _ => quote!(::std::string::String),
        }),
        Kind::Integer(rules) if rules.max.is_some_and(|max| max > i128::from(i64::MAX)) => Some(quote!(u64)),
        Kind::Integer(_) => Some(quote!(i64)),
        Kind::Number(_) => Some(quote!(f64)),
        Kind::Any | Kind::Bool | Kind::List { .. } | Kind::Map { .. } | Kind::Named(_) => None,
    }
}

fn type_docs(def: &TypeDef) -> TokenStream {
    let docs = docs_or(&def.docs, &format!("`{}`.", def.name));
    let deprecated = def.docs.deprecated.then(|| quote!(#[deprecated]));
    quote!(#docs #deprecated)
}

fn docs_or(docs: &Docs, otherwise: &str) -> TokenStream {
    let text = docs.description.as_deref().or(docs.title.as_deref()).filter(|text| !text.trim().is_empty());
    let lines = super::docs::comment(text.unwrap_or(otherwise));
    let default = docs
        .default
        .as_ref()
        .map(|value| doc_line(&format!("\nWhen absent: `{}`.", super::docs::code(&value.to_string()))));
    let lines = lines.iter().map(|line| doc_line(line));
    quote!(#(#lines)* #default)
}

fn doc_line(text: &str) -> TokenStream {
    let text = format!(" {text}");
    quote!(#[doc = #text])
}

/// Tokens as text without the spaces that `TokenStream` prints.
fn compact(tokens: &TokenStream) -> String {
    tokens.to_string().replace(" :: ", "::").replace(" <", "<").replace("< ", "<").replace(" >", ">").replace(" ,", ",")
}
