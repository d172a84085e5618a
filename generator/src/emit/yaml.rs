//! YAML that every reader understands alike.
//!
//! `serde_yaml` quotes what YAML 1.2 would misread. Kubernetes, Python and others still read YAML 1.1, to which `no` is
//! false, `2027-03-31` a date and `12:30` a number; a stream called `on` must reach them as text. The serializer has no
//! switch for that, so such strings go through it as marks and are put back in quotes.

use serde_json::Value;

/// One YAML document.
pub(super) fn to_string(document: &Value) -> Result<String, serde_yaml::Error> {
    let mut mark = "quoted".to_owned();
    let everything = document.to_string();
    while everything.contains(&mark) {
        mark.push('q');
    }
    let mut masked = Masked { mark, strings: Vec::new() };
    let document = masked.hide(document);
    Ok(masked.reveal(&serde_yaml::to_string(&document)?))
}

/// Strings taken out of a document; each left `MARK INDEX _` behind, without the spaces.
struct Masked {
    mark: String,
    strings: Vec<String>,
}

impl Masked {
    fn hide(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.hide_text(text)),
            Value::Array(items) => items.iter().map(|item| self.hide(item)).collect(),
            Value::Object(map) => map.iter().map(|(key, value)| (self.hide_text(key), self.hide(value))).collect(),
            other => other.clone(),
        }
    }

    fn hide_text(&mut self, text: &str) -> String {
        if is_ambiguous(text) {
            self.strings.push(text.to_owned());
            format!("{}{}_", self.mark, self.strings.len() - 1)
        } else {
            text.to_owned()
        }
    }

    fn reveal(&self, written: &str) -> String {
        let mut parts = written.split(&self.mark);
        let mut revealed = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (index, rest) = part.split_once('_').unwrap_or((part, ""));
            let text = index.parse().ok().and_then(|index: usize| self.strings.get(index));
            // Only ASCII without quotes and backslashes is ambiguous: nothing to escape.
            revealed.extend(text.map(|text| format!("\"{text}\"")));
            revealed.push_str(rest);
        }
        revealed
    }
}

/// Whether a reader of YAML 1.1 could take plain `text` for anything but text: a boolean, a merge or default key, or
/// something made of digits.
fn is_ambiguous(text: &str) -> bool {
    let is_word = ["y", "n", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
    let is_numeric = text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-_.:eEtTzZ ".contains(&byte));
    let is_hex = text.trim_start_matches(['+', '-']).strip_prefix("0x").is_some_and(is_hexadecimal);
    is_word || is_numeric || is_hex || text == "=" || text == "<<"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_yaml_1_1_misreads_is_quoted() {
        let texts =
            ["NO", "y", "off", "2027-03-31", "2001-12-14 21:59:43.10 -5", "12:30:45", "1_000", "0x1F", "=", "<<"];
        for text in texts {
            let quoted = format!("\"{text}\"");
            assert_eq!(to_string(&json!({ text: [text] })).unwrap(), format!("{quoted}:\n- {quoted}\n"));
        }
    }

    #[test]
    fn what_nobody_misreads_is_left_alone() {
        assert_eq!(
            to_string(&json!({ "none": ["orders-0", "30D", 7, true] })).unwrap(),
            "none:\n- orders-0\n- 30D\n- 7\n- true\n"
        );
    }

    #[test]
    fn text_that_looks_like_a_mark_stays_as_it_is() {
        let document = json!({ "a": "quoted0_", "b": "no", "c": "quotedq1_" });
        assert_eq!(to_string(&document).unwrap(), "a: quoted0_\nb: \"no\"\nc: quotedq1_\n");
    }
}
