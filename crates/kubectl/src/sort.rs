//! Ordering lists without the standard library's sort, which costs several kilobytes of code for every type
//! that is sorted. Lists here are short, so an insertion sort does.

use std::cmp::Ordering;

/// Orders the items; equal ones keep their order.
pub(crate) fn by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    for end in 1..items.len() {
        let mut at = end;
        while at > 0 && compare(&items[at - 1], &items[at]) == Ordering::Greater {
            items.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Orders the items by a number.
pub(crate) fn by_number<T>(items: &mut [T], key: impl Fn(&T) -> i64) {
    by(items, |a, b| key(a).cmp(&key(b)));
}

/// Orders the items by a text.
pub(crate) fn by_text<T>(items: &mut [T], key: impl for<'a> Fn(&'a T) -> &'a str) {
    by(items, |a, b| key(a).cmp(key(b)));
}

#[cfg(test)]
mod tests {
    #[test]
    fn equal_items_keep_their_order() {
        let mut items = vec![(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd')];
        super::by_number(&mut items, |item| item.0);
        assert_eq!(items, [(1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
    }
}
