//! Trees to text: JSON as Go writes it, YAML as `kubectl -o yaml` writes it.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::kind::Kind;
use crate::schema::{Shape, schema};
use crate::small::order;
use crate::yaml::{Style, scalar_value};

/// The annotation in which `kubectl apply` keeps what it applied.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Several errors as one text: `[a, b]`.
/// Models k8s.io/apimachinery/pkg/util/errors aggregate.Error (v1.36); the errors differ from each other
pub fn aggregate(errors: &[String]) -> String {
    match errors {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

/// One line of JSON, with the keys sorted and `<`, `>`, `&` escaped.
pub fn json(value: &Value) -> String {
    let mut out = String::new();
    write_json(&mut out, value, None, 0);
    out
}

/// JSON over several lines, each level indented by that many spaces; without a line feed at the end.
pub fn json_indent(value: &Value, indent: usize) -> String {
    let mut out = String::new();
    write_json(&mut out, value, Some(indent), 0);
    out
}

/// JSON over several lines with the fields in the order of Go's structures, as a client prints an object that it
/// has made itself.
pub fn json_in_order(kind: &Kind, object: &Value, indent: usize) -> String {
    let mut out = String::new();
    write(&mut out, object, Some(indent), 0, schema().of_kind(kind));
    out
}

/// The same in one line, as the API server answers.
pub fn json_line_in_order(kind: &Kind, object: &Value) -> String {
    let mut out = String::new();
    write(&mut out, object, None, 0, schema().of_kind(kind));
    out
}

/// The fields of a structure in its order, its kind first; what it does not know comes last.
fn in_order<'a>(type_: &'static str, map: &'a Map<String, Value>) -> Vec<(&'a String, &'a Value)> {
    let fields = schema().fields(type_);
    let rank = |key: &str| match key {
        "kind" => 0,
        "apiVersion" => 1,
        _ => 2 + fields.iter().position(|field| field.name == key).unwrap_or(fields.len()),
    };
    let entries: Vec<(&String, &Value)> = map.iter().collect();
    let sorted = order(entries.len(), &|a, b| (rank(entries[a].0), a) < (rank(entries[b].0), b));
    sorted.into_iter().map(|i| entries[i]).collect()
}

/// What `kubectl apply` writes into its annotation: the object without that annotation, and a line feed.
/// Models k8s.io/kubectl/pkg/util.GetModifiedConfiguration (v1.36)
pub fn last_applied(object: &Value) -> String {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        let metadata = map.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        if let Some(metadata) = metadata.as_object_mut() {
            let annotations = metadata.entry("annotations").or_insert(Value::Null);
            match annotations.as_object_mut() {
                Some(annotations) => {
                    annotations.remove(LAST_APPLIED);
                }
                None => *annotations = Value::Object(Map::new()),
            }
        }
    }
    json(&object) + "\n"
}

fn write_json(out: &mut String, value: &Value, indent: Option<usize>, depth: usize) {
    write(out, value, indent, depth, None);
}

/// With a Go type, the fields come in the type's order.
fn write(
    out: &mut String,
    value: &Value,
    indent: Option<usize>,
    depth: usize,
    go_type: Option<&'static str>,
) {
    let shape = go_type.map(|go_type| schema().shape(go_type));
    let line = |out: &mut String, depth: usize| {
        if let Some(indent) = indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent * depth));
        }
    };
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => out.push_str(&n.to_string()),
        Value::String(text) => write_json_string(out, text),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(out, depth + 1);
                let item_type = if let Some(Shape::List(item)) = shape { Some(item) } else { None };
                write(out, item, indent, depth + 1, item_type);
            }
            line(out, depth);
            out.push(']');
        }
        Value::Object(map) if map.is_empty() => out.push_str("{}"),
        Value::Object(map) => {
            out.push('{');
            let entries = match shape {
                Some(Shape::Struct(name)) => in_order(name, map),
                _ => map.iter().collect(),
            };
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                line(out, depth + 1);
                write_json_string(out, key);
                out.push_str(if indent.is_some() { ": " } else { ":" });
                let field_type = match shape {
                    Some(Shape::Struct(name)) => schema().field(name, key).map(|(_, field)| field.go_type),
                    Some(Shape::Map(item)) => Some(item),
                    _ => None,
                };
                write(out, item, indent, depth + 1, field_type);
            }
            line(out, depth);
            out.push('}');
        }
    }
}

/// A string as Go's encoding/json writes it.
pub fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{C}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1F}' => push_hex(out, 'u', 4, c),
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// `\u003c` and the like: lower case after `u` as in JSON, upper case after the letters of YAML's own.
fn push_hex(out: &mut String, letter: char, digits: u32, c: char) {
    out.push('\\');
    out.push(letter);
    for i in (0..digits).rev() {
        out.push(char::from_digit((u32::from(c) >> (4 * i)) & 15, 16).unwrap_or('0'));
    }
}

/// A text in quotes as Go's `%q` writes it.
pub fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{B}' => out.push_str("\\v"),
            '\u{C}' => out.push_str("\\f"),
            '\0'..='\u{1F}' | '\u{7F}' => push_hex(&mut out, 'x', 2, c),
            '\u{80}'..='\u{A0}' | '\u{AD}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' => {
                push_hex(&mut out, 'u', 4, c);
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Lines are folded at blanks beyond this column.
const WIDTH: usize = 80;

/// YAML as `kubectl -o yaml` prints it: keys sorted, lists not indented under their key.
/// Models go.yaml.in/yaml/v2 (encode.go, emitterc.go) as in Kubernetes v1.36
pub fn yaml(value: &Value) -> String {
    let mut printer = Printer { out: String::new(), column: 0 };
    printer.node(value, 0, false);
    if !printer.out.ends_with('\n') {
        printer.line();
    }
    printer.out
}

struct Printer {
    out: String,
    column: usize,
}

impl Printer {
    fn put(&mut self, text: &str) {
        for c in text.chars() {
            self.put_char(c);
        }
    }

    fn put_char(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    fn indent(&mut self, indent: usize) {
        if self.column > 0 {
            self.line();
        }
        for _ in 0..indent {
            self.put_char(' ');
        }
    }

    /// A value at an indent; `after_key` when a key and a colon stand before it on the line.
    fn node(&mut self, value: &Value, indent: usize, after_key: bool) {
        match value {
            Value::Object(map) if !map.is_empty() => self.mapping(map, indent),
            Value::Array(items) if !items.is_empty() => {
                // Under a key a list stands in the key's own column.
                let indent = if after_key { indent.saturating_sub(2) } else { indent };
                self.sequence(items, indent);
            }
            scalar => {
                if after_key {
                    self.put_char(' ');
                }
                let indent = if indent == 0 { 2 } else { indent };
                match scalar {
                    Value::Object(_) => self.put("{}"),
                    Value::Array(_) => self.put("[]"),
                    Value::String(text) => self.string(text, indent, false),
                    other => self.put(&other.to_string()),
                }
            }
        }
    }

    fn mapping(&mut self, map: &Map<String, Value>, indent: usize) {
        let keys: Vec<&String> = map.keys().collect();
        let sorted = order(keys.len(), &|a, b| natural(keys[a], keys[b]) == Ordering::Less);
        for (i, key) in sorted.into_iter().map(|i| keys[i]).enumerate() {
            if i > 0 || self.column != indent {
                self.indent(indent);
            }
            let explicit = key.len() > 128 || key.contains('\n');
            if explicit {
                self.put("? ");
                self.string(key, indent + 2, false);
                self.indent(indent);
            } else {
                self.string(key, indent, true);
            }
            self.put(":");
            if let Some(value) = map.get(key) {
                self.node(value, indent + 2, true);
            }
        }
    }

    fn sequence(&mut self, items: &[Value], indent: usize) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 || self.column != indent {
                self.indent(indent);
            }
            self.put("- ");
            self.node(item, indent + 2, false);
        }
    }

    fn string(&mut self, text: &str, indent: usize, key: bool) {
        let facts = Facts::of(text);
        let plain_means_text = matches!(scalar_value(text, Style::Plain, None), Ok(Value::String(_)))
            && !is_base60(text)
            && text != "<<"
            && !is_timestamp(text);
        if text.contains('\n') && !key && facts.block {
            self.literal(text, indent);
        } else if text.contains('\n') || !plain_means_text || (!facts.plain && !facts.single) {
            self.double_quoted(text, indent, !key);
        } else if facts.plain {
            self.folded(text, indent, !key, false);
        } else {
            self.put_char('\'');
            self.folded(text, indent, !key, true);
            self.put_char('\'');
        }
    }

    /// A text without line breaks, broken at blanks when the line is long.
    fn folded(&mut self, text: &str, indent: usize, breaks: bool, quoted: bool) {
        let chars: Vec<char> = text.chars().collect();
        let mut after_space = false;
        for (i, c) in chars.iter().enumerate() {
            if *c == ' ' {
                let inside = !quoted || (i > 0 && i + 1 < chars.len());
                let alone = chars.get(i + 1) != Some(&' ');
                if breaks && !after_space && self.column > WIDTH && inside && alone {
                    self.line();
                    self.indent(indent);
                } else {
                    self.put_char(' ');
                }
                after_space = true;
            } else {
                if quoted && *c == '\'' {
                    self.put_char('\'');
                }
                self.put_char(*c);
                after_space = false;
            }
        }
    }

    fn double_quoted(&mut self, text: &str, indent: usize, breaks: bool) {
        self.put_char('"');
        let chars: Vec<char> = text.chars().collect();
        let mut after_space = false;
        for (i, c) in chars.iter().enumerate() {
            if *c == ' ' {
                if breaks && !after_space && self.column > WIDTH && i > 0 && i + 1 < chars.len() {
                    self.line();
                    self.indent(indent);
                    if chars[i + 1] == ' ' {
                        self.put_char('\\');
                    }
                } else {
                    self.put_char(' ');
                }
                after_space = true;
                continue;
            }
            after_space = false;
            let letter = match c {
                '\0' => Some('0'),
                '\u{7}' => Some('a'),
                '\u{8}' => Some('b'),
                '\t' => Some('t'),
                '\n' => Some('n'),
                '\u{B}' => Some('v'),
                '\u{C}' => Some('f'),
                '\r' => Some('r'),
                '\u{1B}' => Some('e'),
                '"' | '\\' => Some(*c),
                '\u{85}' => Some('N'),
                '\u{A0}' => Some('_'),
                '\u{2028}' => Some('L'),
                '\u{2029}' => Some('P'),
                _ => None,
            };
            match letter {
                Some(letter) => {
                    self.put_char('\\');
                    self.put_char(letter);
                }
                None if is_printable(*c) => self.put_char(*c),
                None => {
                    let (letter, digits) = match u32::from(*c) {
                        0..=0xFF => ('x', 2),
                        0x100..=0xFFFF => ('u', 4),
                        _ => ('U', 8),
                    };
                    let mut escaped = String::new();
                    push_hex(&mut escaped, letter, digits, *c);
                    let upper: String = escaped
                        .chars()
                        .enumerate()
                        .map(|(i, c)| if i > 1 { c.to_ascii_uppercase() } else { c })
                        .collect();
                    self.put(&upper);
                }
            }
        }
        self.put_char('"');
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.put_char('|');
        if text.starts_with([' ', '\n']) {
            self.put_char('2');
        }
        if !text.ends_with('\n') {
            self.put_char('-');
        } else if text == "\n" || text.ends_with("\n\n") {
            self.put_char('+');
        }
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.line();
            if !line.is_empty() {
                self.indent(indent);
                self.put(line);
            }
        }
    }
}

/// In which styles a text can be written.
/// Models yaml_emitter_analyze_scalar
struct Facts {
    plain: bool,
    single: bool,
    block: bool,
}

impl Facts {
    fn of(text: &str) -> Facts {
        let chars: Vec<char> = text.chars().collect();
        let is_break = |c: char| matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut breaks, mut special, mut break_space, mut space_break) = (false, false, false, false);
        let (mut before, mut blank_before) = ('x', true);
        for (i, c) in chars.iter().copied().enumerate() {
            let next_blank = chars.get(i + 1).is_none_or(|c| matches!(c, ' ' | '\t'));
            indicators |= match c {
                '#' => blank_before,
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                    i == 0
                }
                '?' | '-' => i == 0 && next_blank,
                ':' => next_blank,
                _ => false,
            };
            special |= !is_printable(c);
            if c == ' ' {
                break_space |= is_break(before);
            } else if is_break(c) {
                breaks = true;
                space_break |= before == ' ';
            }
            before = c;
            blank_before = matches!(c, ' ' | '\t') || is_break(c);
        }
        let edge = |c: Option<&char>| c.is_some_and(|c| *c == ' ' || is_break(*c));
        let edges = edge(chars.first()) || edge(chars.last());
        let trailing_space = chars.last() == Some(&' ');
        Facts {
            plain: !(edges || breaks || special || indicators || break_space || space_break),
            single: !(special || break_space || space_break || breaks),
            block: !(trailing_space || special || space_break),
        }
    }
}

fn is_printable(c: char) -> bool {
    matches!(c, '\n' | '\u{20}'..='\u{7E}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}')
        && c != '\u{FEFF}'
}

/// Numbers such as `12:30`, which YAML 1.1 counts in sixties.
fn is_base60(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = body.split(':');
    let whole = parts.next().unwrap_or("");
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if !whole.starts_with(|c: char| c.is_ascii_digit()) || !digits(whole) {
        return false;
    }
    let rest: Vec<&str> = parts.collect();
    let count = rest.len();
    count > 0
        && rest.iter().enumerate().all(|(i, part)| {
            let (part, fraction) = match part.split_once('.') {
                Some((part, fraction)) if i + 1 == count => (part, fraction),
                Some(_) => return false,
                None => (*part, ""),
            };
            let sixties = match part.as_bytes() {
                [d] => d.is_ascii_digit(),
                [t, d] => (b'0'..=b'5').contains(t) && d.is_ascii_digit(),
                _ => false,
            };
            sixties && digits(fraction)
        })
}

/// Whether Go reads the text as a moment, so that it needs quotes to stay a text.
fn is_timestamp(text: &str) -> bool {
    let b = text.as_bytes();
    if b.len() < 8 || !b[..4].iter().all(u8::is_ascii_digit) || b[4] != b'-' {
        return false;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some((b[at], &text[at + 1..]))),
        None => (text, None),
    };
    let number = |s: &str, max: u32, widths: std::ops::RangeInclusive<usize>| {
        widths.contains(&s.len())
            && s.bytes().all(|b| b.is_ascii_digit())
            && s.parse().is_ok_and(|n: u32| n <= max)
    };
    let mut parts = date[5..].splitn(2, '-');
    let month = parts.next().is_some_and(|s| number(s, 12, 1..=2) && s.parse() != Ok(0));
    let day = parts.next().is_some_and(|s| number(s, 31, 1..=2) && s.parse() != Ok(0));
    let Some((separator, time)) = time else { return month && day };
    let zone = time.find(['Z', '+', '-']);
    let (clock, zone) = match zone {
        Some(at) => (&time[..at], Some(&time[at..])),
        None => (time, None),
    };
    let zone_fits = match zone {
        None => separator == b' ',
        Some("Z") => separator != b' ',
        Some(zone) => {
            let z = zone.as_bytes();
            separator != b' '
                && z.len() == 6
                && z[3] == b':'
                && number(&zone[1..3], 23, 2..=2)
                && number(&zone[4..], 59, 2..=2)
        }
    };
    let mut parts = clock.splitn(3, ':');
    let hour = parts.next().is_some_and(|s| number(s, 23, 1..=2));
    let minute = parts.next().is_some_and(|s| number(s, 59, 1..=2));
    let second = parts.next().is_some_and(|s| {
        let (whole, fraction) = s.split_once('.').unwrap_or((s, "0"));
        number(whole, 59, 1..=2) && !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit())
    });
    month && day && hour && minute && second && zone_fits
}

/// The order of keys: digits by their value, letters after everything else.
/// Models keyList.Less in go.yaml.in/yaml/v2/sorter.go
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(i) = (0..a.len().min(b.len())).find(|i| a[*i] != b[*i]) else {
        return a.len().cmp(&b.len());
    };
    // Whatever is no ASCII counts as a letter: keys of objects are ASCII.
    let is_letter = |c: char| c.is_ascii_alphabetic() || !c.is_ascii();
    let (letter_a, letter_b) = (is_letter(a[i]), is_letter(b[i]));
    if letter_a && letter_b {
        return a[i].cmp(&b[i]);
    }
    if letter_a || letter_b {
        return if letter_b { Ordering::Less } else { Ordering::Greater };
    }
    let in_number = (a[i] == '0' || b[i] == '0')
        && a[..i].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
    let number = |chars: &[char]| {
        let digits: Vec<i64> = chars[i..].iter().map_while(|c| c.to_digit(10)).map(i64::from).collect();
        let start = i64::from(in_number);
        (digits.iter().fold(start, |n, d| n.saturating_mul(10).saturating_add(*d)), digits.len())
    };
    number(&a).cmp(&number(&b)).then(a[i].cmp(&b[i]))
}
