//! Texts: of any characters, of a format, and of a pattern, at the limits of their length.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::{Just, any};
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy as _, Union};
use regex::Regex;
use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};
use tidings_generator::payload::{TextFormat, TextRules};
use uuid::Uuid;

/// Characters beyond the least number of a text.
const FEW: u64 = 24;

/// The longest text that is made.
const LONGEST: u64 = 4_096;

/// Texts within their rules.
pub(super) fn texts(rules: &TextRules) -> BoxedStrategy<String> {
    match (&rules.pattern, rules.format) {
        (Some(pattern), _) => of_pattern(pattern, rules),
        (None, Some(format)) if rules.min == 0 && rules.max.is_none() => of_format(format),
        (None, Some(format)) => {
            let (least, most) = (rules.min, rules.max.unwrap_or(u64::MAX));
            let fits = move |text: &String| (least..=most).contains(&(text.chars().count() as u64));
            of_format(format).prop_filter("not of this length", fits).boxed()
        }
        (None, None) => of_any(rules),
    }
}

/// Letters most of all, and what has surprised somebody.
fn characters() -> BoxedStrategy<char> {
    Union::new_weighted(vec![
        (12, proptest::char::range('a', 'z').boxed()),
        (4, select(vec![' ', 'A', 'Z', '0', '9', '-', '_', '.', '/']).boxed()),
        (2, select(vec!['"', '\'', '\\', '<', '&', '%', '\n', '\t', '\u{7f}', '\u{0}']).boxed()),
        (2, select(vec!['é', 'ß', 'Ω', '中', '\u{1f600}', '\u{301}', '\u{202e}', '\u{2028}', '\u{feff}']).boxed()),
        (1, any::<char>().boxed()),
    ])
    .boxed()
}

fn of_any(rules: &TextRules) -> BoxedStrategy<String> {
    let least = length(rules.min);
    let few = length(rules.min.saturating_add(FEW).min(rules.max.unwrap_or(u64::MAX)));
    let text = |characters: Vec<char>| characters.into_iter().collect::<String>();
    let short = vec(characters(), least..=few).prop_map(text).boxed();
    let mut choices = vec![(10, short), (1, vec(characters(), least).prop_map(text).boxed())];
    if let Some(most) = rules.max.filter(|most| *most <= LONGEST) {
        // One character many times: what matters is the length.
        let full = characters().prop_map(move |character| std::iter::repeat_n(character, length(most)).collect());
        choices.push((1, full.boxed()));
    }
    Union::new_weighted(choices).boxed()
}

fn length(length: u64) -> usize {
    usize::try_from(length.min(LONGEST)).unwrap_or(usize::MAX)
}

/// Texts that match a pattern of ECMA 262, which is not anchored.
fn of_pattern(pattern: &str, rules: &TextRules) -> BoxedStrategy<String> {
    let parsed = jsonschema_regex::to_rust_regex(pattern).ok().and_then(|translated| {
        let hir = regex_syntax::parse(&translated).ok()?;
        let texts = proptest::string::string_regex_parsed(&without_looks(&hir)).ok()?;
        Some((texts, Regex::new(&translated).ok()?))
    });
    // What looks around is not understood here; then no text may match, and the validator says so.
    let Some((matching, regex)) = parsed else { return of_any(rules) };
    let (matching, regex) = (matching.boxed(), Arc::new(regex));
    let (least, most) = (rules.min, rules.max);
    let fits = {
        let regex = regex.clone();
        move |text: &String| {
            let length = text.chars().count() as u64;
            length >= least && most.is_none_or(|most| length <= most) && regex.is_match(text)
        }
    };
    let brought_to = |length: u64| {
        let fits = fits.clone();
        let brought = move |text: String| of_length(&text, length).filter(|text| fits(text)).unwrap_or(text);
        matching.clone().prop_map(brought)
    };
    let at_least = brought_to(least);
    let at_most = brought_to(most.filter(|most| *most <= LONGEST).unwrap_or(least));
    // Where lengths and the pattern hardly go together, a text is cut or stretched until it fits.
    let fitted = {
        let fits = fits.clone();
        matching.clone().prop_filter_map("no text of this pattern and length", move |text| {
            if fits(&text) {
                return Some(text);
            }
            let lengths = (least..=most.unwrap_or(least.saturating_add(FEW)).min(least.saturating_add(64))).rev();
            lengths.filter_map(|length| of_length(&text, length)).find(|text| fits(text))
        })
    };
    let fits_too = fits.clone();
    let at_limits = Union::new([at_least.boxed(), at_most.boxed()]).prop_filter("not of this length", fits);
    let around = matching.prop_map(|text| format!("x {text} \u{e9}")).prop_filter("the pattern is anchored", fits_too);
    let is_anchored = pattern.starts_with('^') || pattern.ends_with('$');
    let mut choices = vec![(8, fitted.boxed())];
    if least > 0 || most.is_some() {
        choices.push((1, at_limits.boxed()));
    }
    if !is_anchored && most.is_none() {
        choices.push((1, around.boxed()));
    }
    Union::new_weighted(choices).boxed()
}

/// The text cut to a length, or with its last character repeated until it has it.
fn of_length(text: &str, length: u64) -> Option<String> {
    let (has, wanted) =
        (text.chars().count(), usize::try_from(length).ok().filter(|wanted| *wanted as u64 <= LONGEST)?);
    if has >= wanted {
        return Some(text.chars().take(wanted).collect());
    }
    let last = text.chars().next_back()?;
    Some(text.chars().chain(std::iter::repeat_n(last, wanted - has)).collect())
}

/// Without anchors and word boundaries, which consume nothing. A text that they forbid is found out by matching it.
fn without_looks(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Look(_) => Hir::empty(),
        HirKind::Repetition(repetition) => {
            Hir::repetition(Repetition { sub: Box::new(without_looks(&repetition.sub)), ..repetition.clone() })
        }
        HirKind::Capture(capture) => {
            Hir::capture(Capture { sub: Box::new(without_looks(&capture.sub)), ..capture.clone() })
        }
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(without_looks).collect()),
        HirKind::Alternation(branches) => Hir::alternation(branches.iter().map(without_looks).collect()),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
    }
}

fn of_format(format: TextFormat) -> BoxedStrategy<String> {
    match format {
        TextFormat::Date => dates(),
        TextFormat::DateTime => {
            (dates(), times(), offsets()).prop_map(|(date, time, offset)| format!("{date}T{time}{offset}")).boxed()
        }
        TextFormat::Uuid => uuids(),
        TextFormat::Uri => chosen(
            &["https://example.org/", "urn:isbn:0451450523", "mailto:mira@example.org", "file:///etc/hosts"],
            ("https?", "[a-z]{1,12}(\\.[a-z]{2,6}){1,2}", "(/[a-zA-Z0-9._~-]{0,8}){0,3}")
                .prop_map(|(scheme, host, path)| format!("{scheme}://{host}{path}"))
                .boxed(),
        ),
        TextFormat::UriReference => chosen(
            &["", "/", "#top", "?q=1", "../a/b", "https://example.org/a?b#c"],
            "(/[a-z0-9._~-]{0,8}){0,3}(\\?[a-z]=[0-9]{1,3})?".boxed(),
        ),
        TextFormat::Email => {
            chosen(&["mira@example.org", "a.b+c@sub.example.org"], "[a-z0-9]{1,12}@[a-z0-9]{1,12}\\.[a-z]{2,6}".boxed())
        }
        TextFormat::Ipv4 => chosen(
            &["0.0.0.0", "127.0.0.1", "255.255.255.255"],
            any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()).boxed(),
        ),
        TextFormat::Ipv6 => chosen(
            &["::", "::1", "2001:db8::1", "::ffff:192.0.2.1"],
            any::<std::net::Ipv6Addr>().prop_map(|address| address.to_string()).boxed(),
        ),
    }
}

/// Known ones, and any other.
fn chosen(known: &'static [&'static str], others: BoxedStrategy<String>) -> BoxedStrategy<String> {
    Union::new([select(known).prop_map(str::to_owned).boxed(), others]).boxed()
}

fn dates() -> BoxedStrategy<String> {
    let any =
        (1_u32..=9_999, 1_u32..=12, 1_u32..=28).prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"));
    let near =
        (2020_u32..=2030, 1_u32..=12, 1_u32..=28).prop_map(|(year, month, day)| format!("{year}-{month:02}-{day:02}"));
    let known = ["2026-11-21", "2024-02-29", "2000-02-29", "1970-01-01", "0001-01-01", "9999-12-31", "2023-12-31"];
    Union::new([near.boxed(), select(known.to_vec()).prop_map(str::to_owned).boxed(), any.boxed()]).boxed()
}

fn times() -> BoxedStrategy<String> {
    let whole = (0_u32..24, 0_u32..60, 0_u32..60)
        .prop_map(|(hour, minute, second)| format!("{hour:02}:{minute:02}:{second:02}"));
    let fraction = Union::new([Just(String::new()).boxed(), "\\.[0-9]{1,9}".boxed()]);
    (whole, fraction).prop_map(|(whole, fraction)| whole + &fraction).boxed()
}

fn offsets() -> BoxedStrategy<String> {
    let other = (select(vec!['+', '-']), 0_u32..24, select(vec![0_u32, 30, 45, 59]));
    let other = other.prop_map(|(sign, hours, minutes)| format!("{sign}{hours:02}:{minutes:02}"));
    Union::new_weighted(vec![(3, Just("Z".to_owned()).boxed()), (1, other.boxed())]).boxed()
}

fn uuids() -> BoxedStrategy<String> {
    let any = any::<[u8; 16]>().prop_map(|bytes| Uuid::from_bytes(bytes).to_string());
    let upper = any.clone().prop_map(|uuid| uuid.to_uppercase());
    let known = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"];
    let known = select(known.to_vec()).prop_map(str::to_owned);
    Union::new_weighted(vec![(8, any.boxed()), (1, upper.boxed()), (1, known.boxed())]).boxed()
}
