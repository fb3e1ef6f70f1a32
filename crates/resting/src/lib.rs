//! How large state is kept small: what nothing happens to is put away, and made ready again when somebody looks.
//! Why: `docs/decisions/0005-what-is-past-is-packed.md`.

mod bytes;

pub use bytes::{Bytes, Chain, Reader, write};

use std::cell::OnceCell;
use std::fmt::{self, Debug};
use std::ops::Deref;
use std::rc::Rc;

/// What can be put away and comes back as it was.
pub trait Rest: Sized {
    /// Its small form.
    type Away: Clone + Debug;
    /// The small form of this.
    fn put_away(&self) -> Self::Away;
    /// What was put away.
    fn wake(away: &Self::Away) -> Self;
}

impl Rest for Vec<String> {
    type Away = Bytes;

    fn put_away(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(self.iter().map(|word| word.len() + 1).sum());
        for word in self {
            bytes::write(&mut bytes, word.len() as u64);
            bytes.extend_from_slice(word.as_bytes());
        }
        Bytes::new(bytes)
    }

    fn wake(away: &Bytes) -> Self {
        let whole = away.whole();
        let mut from = Reader(&whole);
        let mut words = Self::new();
        while !from.0.is_empty() {
            words.push(String::from_utf8_lossy(from.bytes()).into_owned());
        }
        words
    }
}

/// Something that is ready, or put away until somebody looks.
#[derive(Clone)]
pub enum Resting<T: Rest> {
    /// At hand.
    Ready(Rc<T>),
    /// Put away; at hand again once somebody has looked, and until it is told to rest.
    Away(T::Away, OnceCell<Rc<T>>),
}

impl<T: Rest> Resting<T> {
    /// The thing, to be kept by the caller.
    pub fn share(&self) -> &Rc<T> {
        match self {
            Self::Ready(ready) => ready,
            Self::Away(away, again) => again.get_or_init(|| Rc::new(T::wake(away))),
        }
    }

    /// The thing, for a look only: what is put away stays so.
    pub fn look(&self) -> Rc<T> {
        match self {
            Self::Ready(ready) => Rc::clone(ready),
            Self::Away(away, again) => again.get().map_or_else(|| Rc::new(T::wake(away)), Rc::clone),
        }
    }

    /// Its small form, if it is put away and nobody has looked since.
    pub fn small(&self) -> Option<&T::Away> {
        match self {
            Self::Away(away, again) if again.get().is_none() => Some(away),
            Self::Away(..) | Self::Ready(_) => None,
        }
    }

    /// Whether it is put away and nobody has looked since.
    pub fn rests(&self) -> bool {
        self.small().is_some()
    }

    /// Puts it away and gives its small form, made smaller by `lean` where it is a new one.
    pub fn rest(&mut self, lean: impl FnOnce(T::Away) -> T::Away) -> T::Away {
        let away = match self {
            Self::Ready(ready) => lean(ready.put_away()),
            Self::Away(away, _) => away.clone(),
        };
        *self = Self::away(away.clone());
        away
    }

    /// What is put away in this form.
    pub fn away(away: T::Away) -> Self {
        Self::Away(away, OnceCell::new())
    }
}

impl<T: Rest + Clone> Resting<T> {
    /// The thing, to be changed.
    pub fn make_mut(&mut self) -> &mut T {
        loop {
            match self {
                Self::Ready(ready) => return Rc::make_mut(ready),
                Self::Away(..) => *self = Self::Ready(self.look()),
            }
        }
    }
}

impl<T: Rest + Debug> Debug for Resting<T> {
    /// The thing: whether it is at hand is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.look().fmt(f)
    }
}

impl<T: Rest + Default> Default for Resting<T> {
    fn default() -> Self {
        Self::Ready(Rc::default())
    }
}

impl<T: Rest> From<Rc<T>> for Resting<T> {
    fn from(ready: Rc<T>) -> Self {
        Self::Ready(ready)
    }
}

impl<T: Rest> Deref for Resting<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.share()
    }
}
