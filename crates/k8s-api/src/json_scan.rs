//! Where a JSON value ends in a stream of them, or what is wrong with it, in Go's words.
//! Models encoding/json's scanner and Decoder as in Go 1.25

/// Why a text is no JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonError {
    /// The byte after the one that does not fit; nothing if the text ends too early.
    pub(crate) offset: Option<usize>,
    /// `invalid character 'x' looking for beginning of value`
    pub(crate) words: String,
}

impl JsonError {
    /// The message as kubectl gives it: `json: offset 5: invalid character …`.
    pub(crate) fn message(&self) -> String {
        match self.offset {
            Some(offset) => format!("json: offset {offset}: {}", self.words),
            None => self.words.clone(),
        }
    }
}

/// Whether the API's reader takes a text for JSON. Models GuessJSONStream
pub(crate) fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// The end of the value that begins after spaces at `at`; nothing if only spaces are left.
pub(crate) fn value_end(text: &str, at: usize) -> Result<Option<usize>, JsonError> {
    let mut scanner = Scanner { bytes: text.as_bytes(), at };
    scanner.spaces();
    if scanner.at >= scanner.bytes.len() {
        return Ok(None);
    }
    scanner.value()?;
    Ok(Some(scanner.at))
}

/// What is wrong with a text that should be one JSON value, in Go's words.
#[must_use]
pub fn json_problem(text: &str) -> Option<String> {
    value_end(text, 0).err().map(|error| error.words)
}

/// Deeper values are refused, as Go refuses them.
const DEPTH_MAX: usize = 10_000;

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The byte here does not fit, or there is none.
    fn wrong(&self, context: &str) -> JsonError {
        let Some(byte) = self.byte() else {
            return JsonError { offset: None, words: "unexpected EOF".into() };
        };
        // Go takes each byte for a character.
        let shown = match byte {
            b'\'' => "'\\''".to_string(),
            b'"' => "'\"'".to_string(),
            b' '..=b'~' => format!("'{}'", char::from(byte)),
            b'\n' => "'\\n'".into(),
            b'\t' => "'\\t'".into(),
            b'\r' => "'\\r'".into(),
            0..=0x1f | 0x7f => format!("'\\x{byte:02x}'"),
            0xa1..=0xac | 0xae..=0xff => format!("'{}'", char::from(byte)),
            _ => format!("'\\u{byte:04x}'"),
        };
        JsonError { offset: Some(self.at + 1), words: format!("invalid character {shown} {context}") }
    }

    /// One value, without recursion: what is open stands on a stack, `true` for an object.
    fn value(&mut self) -> Result<(), JsonError> {
        let mut open: Vec<bool> = Vec::new();
        loop {
            self.spaces();
            // Here a value begins.
            match self.byte() {
                Some(b'{') => {
                    self.push(&mut open, true)?;
                    self.spaces();
                    if self.byte() == Some(b'}') {
                        self.at += 1;
                        open.pop();
                    } else {
                        self.key()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.push(&mut open, false)?;
                    self.spaces();
                    if self.byte() != Some(b']') {
                        continue;
                    }
                    self.at += 1;
                    open.pop();
                }
                Some(b'"') => self.string()?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.literal("true")?,
                Some(b'f') => self.literal("false")?,
                Some(b'n') => self.literal("null")?,
                _ => return Err(self.wrong("looking for beginning of value")),
            }
            // Here one has ended.
            loop {
                let Some(object) = open.last().copied() else { return Ok(()) };
                self.spaces();
                match (object, self.byte()) {
                    (true, Some(b'}')) | (false, Some(b']')) => {
                        self.at += 1;
                        open.pop();
                    }
                    (true, Some(b',')) => {
                        self.at += 1;
                        self.spaces();
                        self.key()?;
                        break;
                    }
                    (false, Some(b',')) => {
                        self.at += 1;
                        break;
                    }
                    (true, _) => return Err(self.wrong("after object key:value pair")),
                    (false, _) => return Err(self.wrong("after array element")),
                }
            }
        }
    }

    fn push(&mut self, open: &mut Vec<bool>, object: bool) -> Result<(), JsonError> {
        self.at += 1;
        open.push(object);
        if open.len() > DEPTH_MAX {
            return Err(JsonError { offset: Some(self.at), words: "exceeded max depth".into() });
        }
        Ok(())
    }

    fn key(&mut self) -> Result<(), JsonError> {
        if self.byte() != Some(b'"') {
            return Err(self.wrong("looking for beginning of object key string"));
        }
        self.string()?;
        self.spaces();
        if self.byte() != Some(b':') {
            return Err(self.wrong("after object key"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        loop {
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.byte() {
                        Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => self.at += 1,
                        Some(b'u') => {
                            self.at += 1;
                            for _ in 0..4 {
                                if !self.byte().is_some_and(|b| b.is_ascii_hexdigit()) {
                                    return Err(self.wrong("in \\u hexadecimal character escape"));
                                }
                                self.at += 1;
                            }
                        }
                        _ => return Err(self.wrong("in string escape code")),
                    }
                }
                None | Some(0..=0x1f) => return Err(self.wrong("in string literal")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while self.byte().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at > start
    }

    fn number(&mut self) -> Result<(), JsonError> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else if !self.digits() {
            return Err(self.wrong("in numeric literal"));
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            if !self.digits() {
                return Err(self.wrong("after decimal point in numeric literal"));
            }
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !self.digits() {
                return Err(self.wrong("in exponent of numeric literal"));
            }
        }
        Ok(())
    }

    fn literal(&mut self, word: &str) -> Result<(), JsonError> {
        for letter in word.bytes() {
            if self.byte() != Some(letter) {
                let context = format!("in literal {word} (expecting '{}')", char::from(letter));
                return Err(self.wrong(&context));
            }
            self.at += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_in_gos_words() {
        for (text, words) in [
            (r#"{"a":1 "b":2}"#, r#"json: offset 8: invalid character '"' after object key:value pair"#),
            ("{a: 1}", "json: offset 2: invalid character 'a' looking for beginning of object key string"),
            (r#"{"a" 1}"#, "json: offset 6: invalid character '1' after object key"),
            (r#"{"a":[1 2]}"#, "json: offset 9: invalid character '2' after array element"),
            (r#"{"a":}"#, "json: offset 6: invalid character '}' looking for beginning of value"),
            (
                r#"{"a":1,}"#,
                "json: offset 8: invalid character '}' looking for beginning of object key string",
            ),
            (r#"{"a":"\q"}"#, "json: offset 8: invalid character 'q' in string escape code"),
            (r#"{"a":tru}"#, "json: offset 9: invalid character '}' in literal true (expecting 'e')"),
            (r#"{"a":-}"#, "json: offset 7: invalid character '}' in numeric literal"),
            (r#"{"a":01}"#, "json: offset 7: invalid character '1' after object key:value pair"),
            ("{\"a\":\"\n\"}", "json: offset 7: invalid character '\\n' in string literal"),
            (r#"{"a":1"#, "unexpected EOF"),
        ] {
            assert_eq!(value_end(text, 0).map_err(|error| error.message()), Err(words.to_string()), "{text}");
        }
    }

    #[test]
    fn values_follow_one_another() {
        let text = " {\"a\":[{},[],true,null,-1.5e3]}\n{} ";
        assert_eq!(value_end(text, 0), Ok(Some(31)));
        assert_eq!(value_end(text, 31), Ok(Some(34)));
        assert_eq!(value_end(text, 34), Ok(None));
        let deep = "[".repeat(20_000);
        assert_eq!(value_end(&deep, 0).map_err(|error| error.words), Err("exceeded max depth".into()));
    }
}
