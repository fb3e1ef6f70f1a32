//! An append-only list that is cheap to clone: full chunks are shared.

use std::rc::Rc;

const CHUNK: usize = 64;

/// An append-only list. Cloning copies one pointer for every 64 entries.
#[derive(Clone, Debug)]
pub struct Log<T> {
    full: Rc<Vec<Rc<Vec<T>>>>,
    tail: Rc<Vec<T>>,
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self { full: Rc::default(), tail: Rc::default() }
    }
}

impl<T: Clone> Log<T> {
    /// Adds an entry at the end.
    pub fn push(&mut self, entry: T) {
        let tail = Rc::make_mut(&mut self.tail);
        tail.push(entry);
        if tail.len() == CHUNK {
            let chunk = std::mem::take(&mut self.tail);
            Rc::make_mut(&mut self.full).push(chunk);
        }
    }

    /// The entry at `index`, to be changed. A chunk that other copies share is copied.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let chunk = index / CHUNK;
        let chunk = if chunk < self.full.len() {
            &mut Rc::make_mut(&mut self.full)[chunk]
        } else if chunk == self.full.len() {
            &mut self.tail
        } else {
            return None;
        };
        Rc::make_mut(chunk).get_mut(index % CHUNK)
    }

    /// Takes the last entry off.
    pub fn pop(&mut self) -> Option<T> {
        if self.tail.is_empty() {
            self.tail = Rc::make_mut(&mut self.full).pop()?;
        }
        Rc::make_mut(&mut self.tail).pop()
    }
}

impl<T> Log<T> {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.full.len() * CHUNK + self.tail.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        match self.full.get(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None if index / CHUNK == self.full.len() => self.tail.get(index % CHUNK),
            None => None,
        }
    }

    /// The last entry.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.len().checked_sub(1).and_then(|last| self.get(last))
    }

    /// All entries, first to last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.full.iter().flat_map(|chunk| chunk.iter()).chain(self.tail.iter())
    }

    /// The entries from `start` on.
    pub fn iter_from(&self, start: usize) -> impl Iterator<Item = &T> {
        let chunk = (start / CHUNK).min(self.full.len());
        let skip = start - chunk * CHUNK;
        self.full[chunk..].iter().flat_map(|chunk| chunk.iter()).chain(self.tail.iter()).skip(skip)
    }
}
