//! Places in a text: Rust counts bytes, the browser UTF-16 units.

/// The place in UTF-16 units of a byte of the text; a byte within a character counts as its start.
pub(crate) fn utf16_of_byte(text: &str, byte: usize) -> usize {
    text.char_indices().take_while(|(at, _)| *at < byte).map(|(_, c)| c.len_utf16()).sum()
}

/// The byte of the text at a place in UTF-16 units.
pub(crate) fn byte_of_utf16(text: &str, place: usize) -> usize {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units >= place {
            return at;
        }
        units += c.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_both_ways() {
        let text = "a: é😀b";
        for (byte, units) in [(0, 0), (3, 3), (5, 4), (9, 6), (10, 7)] {
            assert_eq!(utf16_of_byte(text, byte), units, "byte {byte}");
            assert_eq!(byte_of_utf16(text, units), byte, "place {units}");
        }
        assert_eq!(utf16_of_byte(text, 99), 7);
        assert_eq!(byte_of_utf16(text, 99), 10);
    }
}
