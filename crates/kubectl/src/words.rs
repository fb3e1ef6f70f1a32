//! A command line taken apart into words, as a shell would.

/// Longer lines are nobody's command.
const LINE_MAX: usize = 64 * 1024;

/// Splits a line into words: quotes, backslashes, line continuation and comments count; nothing is expanded.
/// The error is worded as a shell would word it.
pub fn split(line: &str) -> Result<Vec<String>, String> {
    if line.len() > LINE_MAX {
        return Err("command line too long".to_string());
    }
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                // A line that goes on.
                Some('\n') => {}
                Some('\r') if chars.peek() == Some(&'\n') => {
                    chars.next();
                }
                Some(next) => word.get_or_insert_default().push(next),
                None => word.get_or_insert_default().push('\\'),
            },
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err("unexpected end of line: the quote ' is not closed".to_string()),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                            Some('\n') => {}
                            Some(c) => {
                                word.push('\\');
                                word.push(c);
                            }
                            None => word.push('\\'),
                        },
                        Some(c) => word.push(c),
                        None => return Err("unexpected end of line: the quote \" is not closed".to_string()),
                    }
                }
            }
            '#' if word.is_none() => {
                // A comment, up to the end of its line.
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
            }
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &[&str]) {
        assert_eq!(split(line).unwrap(), expected, "{line}");
    }

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        check("kubectl get pods", &["kubectl", "get", "pods"]);
        check("a 'b c' \"d \\\" e\" f\\ g # rest", &["a", "b c", "d \" e", "f g"]);
        check("a \\\n  b", &["a", "b"]);
        check("--x='' y#z", &["--x=", "y#z"]);
        check("", &[]);
        assert!(split("a 'b").is_err());
    }
}
