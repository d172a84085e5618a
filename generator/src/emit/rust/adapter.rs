//! Shapes to the adapters of `tidings::wire` that enforce them, and the rules those need.

use std::collections::BTreeMap;
use std::fmt::Write;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::payload::{IntegerRules, Kind, NumberRules, Shape, TextFormat, TextRules};

/// Makes adapters and keeps the rules that they name.
#[derive(Default)]
pub(super) struct Adapters {
    /// Items of the private module `rules`.
    pub(super) rules: Vec<TokenStream>,
    /// Adapters of shared scalars and collections, by type.
    pub(super) aliases: BTreeMap<String, TokenStream>,
}

impl Adapters {
    /// The adapter for values of `shape`; `None` where the type's own way is strict already. `hint` names rules.
    pub(super) fn of(&mut self, shape: &Shape, hint: &str) -> Option<TokenStream> {
        let inner = self.kind(&shape.kind, hint);
        if shape.nullable {
            let inner = inner.unwrap_or_else(|| quote!(wire::Same));
            Some(quote!(wire::Nullable<#inner>))
        } else {
            inner
        }
    }

    fn kind(&mut self, kind: &Kind, hint: &str) -> Option<TokenStream> {
        match kind {
            Kind::Any | Kind::Bool | Kind::Named(_) => None,
            Kind::Integer(rules) => Some(self.integer(rules, hint)),
            Kind::Number(rules) => Some(self.number(rules, hint)),
            Kind::Text(rules) => self.text(rules, hint),
            Kind::List { items, min, max, unique } => {
                let items = self.of(items, &format!("{hint}Item")).unwrap_or_else(|| quote!(wire::Same));
                let (min, max) = counts(*min, *max);
                let list = if *unique { quote!(wire::UniqueList) } else { quote!(wire::List) };
                Some(quote!(#list<#items, #min, #max>))
            }
            Kind::Map { values, keys, min, max } => {
                let values = self.of(values, &format!("{hint}Value")).unwrap_or_else(|| quote!(wire::Same));
                let keys = self.text(keys, &format!("{hint}Key")).unwrap_or_else(|| quote!(wire::Same));
                let (min, max) = counts(*min, *max);
                Some(quote!(wire::Map<#keys, #values, #min, #max>))
            }
        }
    }

    fn integer(&mut self, rules: &IntegerRules, hint: &str) -> TokenStream {
        let low = rules.min.unwrap_or_else(|| i128::from(i64::MIN));
        let high = rules.max.unwrap_or_else(|| i128::from(i64::MAX));
        let (low, high) = (literal(low), literal(high));
        let mut adapter = quote!(wire::Int<#low, #high>);
        let native = if rules.max.is_some_and(|max| max > i128::from(i64::MAX)) { quote!(u64) } else { quote!(i64) };
        if let Some(step) = rules.multiple_of {
            let expected = format!("a multiple of {step}");
            let step = proc_macro2::Literal::u64_unsuffixed(step);
            adapter = self.rule(&adapter, hint, "Step", &native, &quote!(value % #step == 0), &expected);
        }
        if !rules.one_of.is_empty() {
            let values: Vec<TokenStream> = rules.one_of.iter().map(|value| literal(*value)).collect();
            let shown: Vec<String> = rules.one_of.iter().map(ToString::to_string).collect();
            let expected = format!("one of {}", shown.join(", "));
            adapter = self.rule(&adapter, hint, "Values", &native, &quote!([#(#values),*].contains(value)), &expected);
        }
        adapter
    }

    fn number(&mut self, rules: &NumberRules, hint: &str) -> TokenStream {
        let mut adapter = quote!(wire::Float);
        let bounds = [
            (&rules.min, quote!(>=), "or more", "Min"),
            (&rules.max, quote!(<=), "or less", "Max"),
            (&rules.exclusive_min, quote!(>), "exceeded", "Above"),
            (&rules.exclusive_max, quote!(<), "not reached", "Below"),
        ];
        for (bound, operator, words, name) in bounds {
            if let Some(value) = bound.as_ref().and_then(serde_json::Number::as_f64) {
                let bound = proc_macro2::Literal::f64_suffixed(value.abs());
                let bound = if value.is_sign_negative() { quote!(-#bound) } else { quote!(#bound) };
                let expected = format!("{value} {words}");
                adapter = self.rule(&adapter, hint, name, &quote!(f64), &quote!(*value #operator #bound), &expected);
            }
        }
        if let Some(step) = rules.multiple_of.as_ref().and_then(serde_json::Number::as_f64) {
            let shown = format!("a multiple of {step}");
            let step = proc_macro2::Literal::f64_suffixed(step);
            adapter =
                self.rule(&adapter, hint, "Step", &quote!(f64), &quote!(wire::is_multiple_of(*value, #step)), &shown);
        }
        adapter
    }

    fn text(&mut self, rules: &TextRules, hint: &str) -> Option<TokenStream> {
        let bounded = rules.min > 0 || rules.max.is_some();
        let (min, max) = counts(rules.min, rules.max);
        let format = rules.format.map(|format| match format {
            TextFormat::DateTime => quote!(wire::DateTime),
            TextFormat::Date => quote!(wire::Date),
            TextFormat::Uuid => quote!(wire::Id),
            TextFormat::Uri => quote!(wire::Uri),
            TextFormat::UriReference => quote!(wire::UriReference),
            TextFormat::Email => quote!(wire::Email),
            TextFormat::Ipv4 => quote!(wire::Ipv4),
            TextFormat::Ipv6 => quote!(wire::Ipv6),
        });
        let typed = rules.format.is_some_and(TextFormat::is_typed);
        let mut adapter = match (format, bounded && !typed) {
            (Some(format), true) => Some(quote!(wire::Both<#format, wire::Text<#min, #max>>)),
            (Some(format), false) => Some(format),
            (None, true) => Some(quote!(wire::Text<#min, #max>)),
            (None, false) => None,
        };
        if let Some(pattern) = rules.pattern.as_ref().filter(|_| !typed) {
            let base = adapter.unwrap_or_else(|| quote!(wire::Text<0, { wire::MAX }>));
            // The profile admits only patterns that translate.
            let translated = jsonschema_regex::to_rust_regex(pattern).map_or_else(|()| pattern.clone(), Into::into);
            let name = self.name(hint, "Pattern");
            self.rules.push(quote! {
                pub(super) struct #name;
                impl wire::Rule<::std::string::String> for #name {
                    fn check(value: &::std::string::String) -> ::std::result::Result<(), wire::Violation> {
                        static PATTERN: wire::Pattern = wire::Pattern::new(#pattern, #translated);
                        PATTERN.check(value)
                    }
                }
            });
            adapter = Some(quote!(wire::Checked<#base, rules::#name>));
        }
        adapter
    }

    /// Adds a rule with a condition over `value`, a reference to `native`.
    fn rule(
        &mut self,
        base: &TokenStream,
        hint: &str,
        kind: &str,
        native: &TokenStream,
        condition: &TokenStream,
        expected: &str,
    ) -> TokenStream {
        let name = self.name(hint, kind);
        self.rules.push(quote! {
            pub(super) struct #name;
            impl wire::Rule<#native> for #name {
                fn check(value: &#native) -> ::std::result::Result<(), wire::Violation> {
                    if #condition { Ok(()) } else { Err(wire::Violation::new(#expected, value)) }
                }
            }
        });
        quote!(wire::Checked<#base, rules::#name>)
    }

    /// A name for the next rule; the number keeps it unique whatever the hint.
    fn name(&self, hint: &str, kind: &str) -> proc_macro2::Ident {
        let mut name = String::with_capacity(hint.len() + kind.len());
        let _ = write!(name, "{hint}{kind}{}", self.rules.len() + 1);
        format_ident!("{name}")
    }
}

fn counts(min: u64, max: Option<u64>) -> (TokenStream, TokenStream) {
    let min = proc_macro2::Literal::u64_unsuffixed(min);
    let max = max.map_or_else(
        || quote!({ wire::MAX }),
        |max| {
            let max = proc_macro2::Literal::u64_unsuffixed(max);
            quote!(#max)
        },
    );
    (quote!(#min), max)
}

/// An integer as a const argument or expression.
fn literal(value: i128) -> TokenStream {
    let magnitude = proc_macro2::Literal::u128_unsuffixed(value.unsigned_abs());
    match value {
        _ if value == i128::from(i64::MIN) => quote!({ i64::MIN as i128 }),
        _ if value == i128::from(i64::MAX) => quote!({ i64::MAX as i128 }),
        _ if value < 0 => quote!({ -#magnitude }),
        _ => quote!(#magnitude),
    }
}
