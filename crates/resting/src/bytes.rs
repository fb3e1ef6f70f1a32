//! Bytes that lean on others: only what those do not say is kept.

use std::borrow::Cow;
use std::rc::Rc;

/// So many may lean on each other; reading one reads them all.
const BASES_MAX: usize = 12;

/// Bytes in one piece of memory. Cloning them is free.
#[derive(Clone, Debug)]
pub struct Bytes(Rc<Kept>);

#[derive(Debug)]
struct Kept {
    /// All of them; where there is a base, only what it does not say already.
    own: Box<[u8]>,
    base: Option<Bytes>,
}

impl Bytes {
    /// Bytes that stand for themselves.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Rc::new(Kept { own: bytes.into(), base: None }))
    }

    /// The same bytes, as what differs from others that are kept anyway.
    #[must_use]
    pub fn over(&self, base: &Self) -> Self {
        let base = base.within(BASES_MAX);
        let whole = self.whole();
        let own = lz4_flex::block::compress_prepend_size_with_dict(&whole, &base.whole());
        // What leans on another keeps that alive, and is slower to read.
        if own.len() + 32 > whole.len() {
            return if self.0.base.is_none() { self.clone() } else { Self::new(whole.into_owned()) };
        }
        Self(Rc::new(Kept { own: own.into(), base: Some(base.clone()) }))
    }

    /// The first of it and its bases that leans on less than so many.
    fn within(&self, count: usize) -> &Self {
        let mut base = self;
        while base.bases() >= count {
            let Some(below) = &base.0.base else { break };
            base = below;
        }
        base
    }

    /// The same bytes, leaning on those of something alike, or on the last of its bases when there are so many that the
    /// next one begins anew.
    #[must_use]
    pub fn over_alike(&self, other: &Self, bases: usize) -> Self {
        self.over(if other.bases() < bases { other } else { other.within(1) })
    }

    fn bases(&self) -> usize {
        self.0.base.as_ref().map_or(0, |base| 1 + base.bases())
    }

    /// All of them.
    #[must_use]
    pub fn whole(&self) -> Cow<'_, [u8]> {
        match &self.0.base {
            None => Cow::Borrowed(&self.0.own),
            Some(base) => {
                let whole = lz4_flex::block::decompress_size_prepended_with_dict(&self.0.own, &base.whole());
                Cow::Owned(whole.unwrap_or_default())
            }
        }
    }

    /// How many are kept, without those of the base.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.0.own.len()
    }
}

/// Bytes of many that are alike, each leaning on the one before.
#[derive(Debug, Default)]
pub struct Chain(Option<Bytes>);

impl Chain {
    /// The next one.
    pub fn lean(&mut self, bytes: Bytes) -> Bytes {
        let leaning = self.0.as_ref().map_or(bytes.clone(), |base| bytes.over_alike(base, BASES_MAX));
        self.0.insert(leaning).clone()
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || self.whole() == other.whole()
    }
}

impl Eq for Bytes {}

/// Writes a number: seven bits to a byte, the lowest first.
pub fn write(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Reads what was written. It is never given anything else, so what does not fit is nothing.
#[derive(Debug)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The next number: see [`write`].
    pub fn number(&mut self) -> u64 {
        let mut number = 0;
        let mut shift = 0;
        while let Some((byte, rest)) = self.0.split_first() {
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 || shift > 63 {
                break;
            }
        }
        number
    }

    /// The next so many bytes, or what is left.
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Bytes with their number before them.
    pub fn bytes(&mut self) -> &'a [u8] {
        let count = self.number() as usize;
        self.take(count)
    }
}

#[cfg(test)]
mod tests {
    use super::{BASES_MAX, Bytes};

    #[test]
    fn what_leans_on_others_comes_back_as_it_was() {
        let text = |turn: usize| {
            format!("{turn}: a text of some length that is said again and again, {turn} times").into_bytes()
        };
        let mut last = Bytes::new(text(0));
        for turn in 1..4 * BASES_MAX {
            let next = Bytes::new(text(turn)).over(&last);
            assert!(next.kept() < text(turn).len() && next.bases() <= BASES_MAX);
            assert_eq!((&*next.whole(), &next), (&*text(turn), &Bytes::new(text(turn))));
            last = next;
        }
        for other in [Vec::new(), vec![7], (0..=255).collect(), vec![0; 100_000]] {
            let leaning = Bytes::new(other.clone()).over(&last);
            assert_eq!(*leaning.whole(), *other);
            assert_eq!(*last.over(&leaning).whole(), *last.whole());
        }
        assert_ne!(Bytes::new(text(1)), last);
    }
}
