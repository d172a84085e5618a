//! Host names (RFC 1034, RFC 1123), with international labels in their ASCII form (RFC 5891), as the `jsonschema` crate
//! judges them.

use unicode_general_category::{GeneralCategory, get_general_category};

/// After one of these a zero-width joiner may stand: the viramas that RFC 5892, appendix A.2 speaks of.
const VIRAMAS: &[char] = &[
    '\u{94d}',
    '\u{9cd}',
    '\u{a4d}',
    '\u{acd}',
    '\u{b4d}',
    '\u{bcd}',
    '\u{c4d}',
    '\u{ccd}',
    '\u{d4d}',
    '\u{dca}',
    '\u{e3a}',
    '\u{f84}',
    '\u{1039}',
    '\u{1714}',
    '\u{1734}',
    '\u{17d2}',
    '\u{1a60}',
    '\u{1b44}',
    '\u{1baa}',
    '\u{1bf2}',
    '\u{1bf3}',
    '\u{2d7f}',
    '\u{a806}',
    '\u{a8c4}',
    '\u{a953}',
    '\u{abed}',
    '\u{10a3f}',
    '\u{11046}',
    '\u{1107f}',
    '\u{110b9}',
    '\u{11133}',
    '\u{111c0}',
    '\u{11235}',
    '\u{112ea}',
    '\u{1134d}',
    '\u{11442}',
    '\u{114c2}',
    '\u{115bf}',
    '\u{1163f}',
    '\u{116b6}',
    '\u{1172b}',
    '\u{11839}',
    '\u{119e0}',
    '\u{11a34}',
    '\u{11a47}',
    '\u{11a99}',
    '\u{11c3f}',
    '\u{11d44}',
    '\u{11d45}',
    '\u{11d97}',
];

const KATAKANA_MIDDLE_DOT: char = '\u{30fb}';

/// Whether `name` is a host name.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let plain = (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-');
    if !plain || label.get(2..4) != Some("--") {
        return plain;
    }
    // Two hyphens there announce an encoding, and only one is known.
    label.strip_prefix("xn--").and_then(decode).is_some_and(|decoded| is_international(&decoded))
}

/// What `punycode` stands for (RFC 3492, section 6.2).
fn decode(punycode: &str) -> Option<Vec<char>> {
    const BASE: u32 = 36;
    let (basic, encoded) = match punycode.rfind('-') {
        Some(at) if at > 0 => (&punycode[..at], &punycode[at + 1..]),
        _ => ("", punycode),
    };
    let mut out: Vec<char> = basic.chars().collect();
    let mut digits = encoded.bytes();
    let (mut code_point, mut index, mut bias) = (128_u32, 0_u32, 72_u32);
    while digits.len() > 0 {
        let (before, mut weight, mut k) = (index, 1_u32, BASE);
        loop {
            let digit = match digits.next()? {
                letter @ (b'a'..=b'z' | b'A'..=b'Z') => u32::from(letter.to_ascii_lowercase() - b'a'),
                digit @ b'0'..=b'9' => u32::from(digit - b'0') + 26,
                _ => return None,
            };
            index = index.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k += BASE;
        }
        let count = u32::try_from(out.len()).ok()? + 1;
        bias = adapt(index - before, count, before == 0);
        code_point = code_point.checked_add(index / count)?;
        index %= count;
        out.insert(usize::try_from(index).ok()?, char::from_u32(code_point)?);
        index += 1;
    }
    Some(out)
}

/// RFC 3492, section 6.1.
fn adapt(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

/// Whether a decoded label keeps to the rules of RFC 5892.
fn is_international(label: &[char]) -> bool {
    use GeneralCategory::{EnclosingMark, NonspacingMark, SpacingMark};

    let begins_with_mark = label
        .first()
        .is_some_and(|first| matches!(get_general_category(*first), SpacingMark | NonspacingMark | EnclosingMark));
    let mixed_digits = label.iter().any(|c| matches!(c, '\u{660}'..='\u{669}'))
        && label.iter().any(|c| matches!(c, '\u{6f0}'..='\u{6f9}'));
    // The dot is itself within the block of Katakana.
    let lonely_dot =
        label.contains(&KATAKANA_MIDDLE_DOT) && !label.iter().any(|c| is_japanese(*c) && *c != KATAKANA_MIDDLE_DOT);
    !begins_with_mark && !mixed_digits && !lonely_dot && (0..label.len()).all(|at| may_stand(label, at))
}

fn may_stand(label: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|at| label[at]);
    let after = label.get(at + 1);
    match label[at] {
        '\u{200d}' => before.is_some_and(|before| VIRAMAS.contains(&before)),
        '\u{b7}' => before == Some('l') && after == Some(&'l'),
        '\u{375}' => after.is_some_and(|after| ('\u{370}'..='\u{3ff}').contains(after)),
        '\u{5f3}' | '\u{5f4}' => before.is_some_and(|before| ('\u{590}'..='\u{5ff}').contains(&before)),
        '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}' => false,
        '\u{200c}' | '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{3007}' => true,
        other => other.is_ascii() || is_japanese(other) || is_letter_mark_or_digit(other),
    }
}

/// Whether `c` is in the blocks of Hiragana, Katakana or Han, assigned or not.
fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}')
}

fn is_letter_mark_or_digit(c: char) -> bool {
    use GeneralCategory::{
        DecimalNumber, LowercaseLetter, ModifierLetter, NonspacingMark, OtherLetter, SpacingMark, TitlecaseLetter,
        UppercaseLetter,
    };
    matches!(
        get_general_category(c),
        UppercaseLetter
            | LowercaseLetter
            | TitlecaseLetter
            | ModifierLetter
            | OtherLetter
            | NonspacingMark
            | SpacingMark
            | DecimalNumber
    )
}
