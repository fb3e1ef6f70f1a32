//! The difference of two texts, line by line, as `diff -u` writes it.

use std::fmt::Write as _;

use crate::small::order;

/// Lines of context around a difference.
const CONTEXT: usize = 3;
/// How many pairs of lines are compared at most.
const COMPARISONS: usize = 4_000_000;

/// A stretch of lines: those kept have the same text in both.
struct Piece {
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
    same: bool,
}

/// The longest common stretches, first the longest, then left and right of it.
fn pieces(old: &[&str], new: &[&str]) -> Vec<Piece> {
    // What is common at both ends needs no search: texts are long and changes are small.
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let mut matches = vec![(0, 0, head), (old.len() - tail, new.len() - tail, tail)];
    matches.retain(|(_, _, length)| *length > 0);
    let mut waiting = vec![(head..old.len() - tail, head..new.len() - tail)];
    let mut budget = COMPARISONS;
    while let Some((a, b)) = waiting.pop() {
        // Beyond the budget a stretch counts as changed altogether.
        let cost = a.len().saturating_mul(b.len());
        if cost > budget {
            continue;
        }
        budget -= cost;
        let mut best = (a.start, b.start, 0);
        let mut lengths = vec![0; b.len() + 1];
        for i in a.clone() {
            let mut row = vec![0; b.len() + 1];
            for j in b.clone().filter(|j| new[*j] == old[i]) {
                let length = lengths[j - b.start] + 1;
                row[j - b.start + 1] = length;
                if length > best.2 {
                    best = (i + 1 - length, j + 1 - length, length);
                }
            }
            lengths = row;
        }
        let (i, j, length) = best;
        if length > 0 {
            matches.push(best);
            waiting.push((a.start..i, b.start..j));
            waiting.push((i + length..a.end, j + length..b.end));
        }
    }
    let matches: Vec<(usize, usize, usize)> =
        order(matches.len(), &|a, b| matches[a].0 < matches[b].0).into_iter().map(|i| matches[i]).collect();
    let mut matches = matches;
    matches.push((old.len(), new.len(), 0));
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut a, mut b) = (0, 0);
    for (i, j, length) in matches {
        if a < i || b < j {
            pieces.push(Piece { old: a..i, new: b..j, same: false });
        }
        if length > 0 {
            pieces.push(Piece { old: i..i + length, new: j..j + length, same: true });
        }
        (a, b) = (i + length, j + length);
    }
    pieces
}

/// A unified difference of two texts, without the names of files.
pub fn unified(old: &str, new: &str) -> String {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let pieces = pieces(&old, &new);
    let mut out = String::new();
    let mut i = 0;
    while i < pieces.len() {
        if pieces[i].same {
            i += 1;
            continue;
        }
        // A hunk goes on while the common lines between two changes are few.
        let first = i;
        let mut last = i;
        while last + 2 < pieces.len() && pieces[last + 1].old.len() <= 2 * CONTEXT {
            last += 2;
        }
        let (mut start_old, mut start_new) = (pieces[first].old.start, pieces[first].new.start);
        let before = if first > 0 { pieces[first - 1].old.len().min(CONTEXT) } else { 0 };
        start_old -= before;
        start_new -= before;
        let after = pieces.get(last + 1).map_or(0, |piece| piece.old.len().min(CONTEXT));
        let (end_old, end_new) = (pieces[last].old.end + after, pieces[last].new.end + after);
        let range = |start: usize, end: usize| match end - start {
            0 => format!("{start},0"),
            1 => format!("{}", start + 1),
            length => format!("{},{length}", start + 1),
        };
        let _ = writeln!(out, "@@ -{} +{} @@", range(start_old, end_old), range(start_new, end_new));
        for line in &old[start_old..pieces[first].old.start] {
            let _ = writeln!(out, " {line}");
        }
        for piece in &pieces[first..=last] {
            if piece.same {
                old[piece.old.clone()].iter().for_each(|line| {
                    let _ = writeln!(out, " {line}");
                });
                continue;
            }
            for line in &old[piece.old.clone()] {
                let _ = writeln!(out, "-{line}");
            }
            for line in &new[piece.new.clone()] {
                let _ = writeln!(out, "+{line}");
            }
        }
        for line in &old[pieces[last].old.end..end_old] {
            let _ = writeln!(out, " {line}");
        }
        i = last + 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn changes_that_are_near_share_a_hunk() {
        let old: String = (0..20).map(|i| format!("{i}\n")).collect();
        let new = old.replace("\n3\n", "\nthree\n").replace("\n8\n", "\neight\n").replace("\n19\n", "\n");
        let text = unified(&old, &new);
        assert_eq!(text.matches("@@ -").count(), 2, "{text}");
        assert!(text.starts_with("@@ -1,12 +1,12 @@\n 0\n 1\n 2\n-3\n+three\n 4\n"), "{text}");
        assert!(text.ends_with("@@ -17,4 +17,3 @@\n 16\n 17\n 18\n-19\n"), "{text}");
    }

    #[test]
    fn a_text_that_is_new_is_all_added() {
        assert_eq!(unified("", "a\nb\n"), "@@ -0,0 +1,2 @@\n+a\n+b\n");
        assert_eq!(unified("a\n", "a\n"), "");
    }

    #[test]
    fn long_texts_end_too() {
        let old: String = (0..9000).map(|i| format!("a{i}\n")).collect();
        let new: String = (0..9000).map(|i| format!("b{i}\n")).collect();
        assert_eq!(unified(&old, &new).lines().count(), 18_001);
    }
}
