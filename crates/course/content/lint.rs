//! Readability: rules that a tool can check, so that every lesson speaks plainly.

use super::{Problem, Source};

/// The most words that a sentence may have.
const SENTENCE_WORDS_MAX: usize = 40;
/// The most words that the sentences of a text may have on average.
const SENTENCE_WORDS_MEAN_MAX: usize = 22;
/// Words that do not help someone who does not find it so, and marks of unfinished work.
const UNWANTED: [&str; 10] =
    ["simply", "obviously", "of course", "trivial", "as you know", "todo", "fixme", "tbd", "lorem", "xxx"];

/// Ids are kept in people's browsers: short, stable, plain.
pub(crate) fn id(source: &Source, id: &str, problems: &mut Vec<Problem>) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(plain) {
        let message = format!("the id “{id}” must be of small letters, digits and dashes");
        problems.push(source.problem(&[&format!("id: {id}")], message));
    }
}

/// Plain text without markup: sentences of a length that a tired person can follow.
pub(crate) fn plain_text(source: &Source, at: &[&str], what: &str, text: &str, problems: &mut Vec<Problem>) {
    let mut sentences = 0;
    let mut words_in_all = 0;
    for sentence in sentences_of(text) {
        let words =
            sentence.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
        if words > SENTENCE_WORDS_MAX {
            let start: String = sentence.trim().chars().take(40).collect();
            let message = format!(
                "{what} has a sentence of {words} words (“{start}…”); {SENTENCE_WORDS_MAX} is the most. Cut it"
            );
            problems.push(source.problem(&[at, &[start.as_str()]].concat(), message));
        }
        if words > 0 {
            sentences += 1;
            words_in_all += words;
        }
    }
    if sentences >= 3 && words_in_all > SENTENCE_WORDS_MEAN_MAX * sentences {
        let mean = words_in_all / sentences;
        let message =
            format!("{what}: {mean} words a sentence; write shorter ones ({SENTENCE_WORDS_MEAN_MAX})");
        problems.push(source.problem(at, message));
    }
    let lower = text.to_lowercase();
    for unwanted in UNWANTED {
        let letters = |c: char| c.is_alphanumeric();
        let found = lower.match_indices(unwanted).any(|(index, _)| {
            !lower[..index].ends_with(letters) && !lower[index + unwanted.len()..].starts_with(letters)
        });
        if found {
            let message = format!("{what} says “{unwanted}”. Leave it out, or finish it");
            problems.push(source.problem(&[at, &[unwanted]].concat(), message));
        }
    }
}

/// Splits at a stop that is followed by white space or the end.
fn sentences_of(text: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        let ends = matches!(c, '.' | '!' | '?' | ':' | ';' | '\n')
            && chars.peek().is_none_or(|(_, next)| next.is_whitespace());
        if ends {
            let end = index + c.len_utf8();
            sentences.push(&text[start..end]);
            start = end;
        }
    }
    sentences.push(&text[start..]);
    sentences
}
