//! Collections that are shared, because each further kind of map or sort weighs kilobytes on the page: the standard
//! library compiles its sort anew for every type and every comparison.

use serde_json::{Map, Value};

/// A set of texts, each with a number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(Map<String, Value>);

impl Names {
    /// Adds a text; false when it was there.
    pub(crate) fn insert(&mut self, name: &str) -> bool {
        self.0.insert(name.to_string(), Value::Null).is_none()
    }

    /// Adds a text with a number; a later one replaces an earlier one.
    pub(crate) fn set(&mut self, name: &str, number: usize) {
        self.0.insert(name.to_string(), Value::from(number));
    }

    /// Whether the text is there.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The number of a text.
    pub(crate) fn get(&self, name: &str) -> Option<usize> {
        self.0.get(name).and_then(Value::as_u64).map(|number| number as usize)
    }

    /// All texts in order.
    pub(crate) fn list(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

/// Sorts in place by what comes before what; those that are equal keep their order.
pub fn sort<T>(items: &mut [T], less: &dyn Fn(&T, &T) -> bool) {
    let places = order(items.len(), &|a, b| less(&items[a], &items[b]));
    for (i, &place) in places.iter().enumerate() {
        // What lay before `i` has been swapped away, to where the item that belongs there lay.
        let mut from = place;
        while from < i {
            from = places[from];
        }
        items.swap(i, from);
    }
}

/// The numbers from 0 to `count` in order; those that are equal stay as they are. A heap sort, once for all.
pub(crate) fn order(count: usize, less: &dyn Fn(usize, usize) -> bool) -> Vec<usize> {
    let less = |a: usize, b: usize| less(a, b) || (a < b && !less(b, a));
    let mut heap: Vec<usize> = (0..count).collect();
    let sift = |heap: &mut [usize], mut root: usize| {
        loop {
            let mut child = 2 * root + 1;
            if child >= heap.len() {
                return;
            }
            if child + 1 < heap.len() && less(heap[child], heap[child + 1]) {
                child += 1;
            }
            if !less(heap[root], heap[child]) {
                return;
            }
            heap.swap(root, child);
            root = child;
        }
    };
    for root in (0..count / 2).rev() {
        sift(&mut heap, root);
    }
    for end in (1..count).rev() {
        heap.swap(0, end);
        sift(&mut heap[..end], 0);
    }
    heap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ones_keep_their_order() {
        let items = [3, 1, 2, 1, 3, 0];
        assert_eq!(order(items.len(), &|a, b| items[a] < items[b]), [5, 1, 3, 2, 0, 4]);
        assert!(order(0, &|_, _| true).is_empty());
    }

    #[test]
    fn sorting_is_that_of_the_standard_library() {
        let mut draw = 7_u32;
        for length in 0..200_u32 {
            let mut items: Vec<(u32, u32)> = (0..length)
                .map(|i| {
                    draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (draw >> 28, i)
                })
                .collect();
            let mut wanted = items.clone();
            wanted.sort_by_key(|item| item.0);
            sort(&mut items, &|a, b| a.0 < b.0);
            assert_eq!(items, wanted);
        }
    }
}
