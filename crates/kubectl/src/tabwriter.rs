//! Columns that line up: Go's text/tabwriter, as far as kubectl uses it.

/// Turns texts with tabs between cells into columns.
///
/// A column is a block of neighbouring lines that all have a tab-ended cell there; it is as wide as its
/// widest cell plus the padding, and never narrower than the least width.
/// Models text/tabwriter.Writer (and its fork with RememberWidths that `kubectl get` uses).
#[derive(Clone, Debug)]
pub(crate) struct TabWriter {
    min_width: usize,
    padding: usize,
    /// The widest that each column has been, when that is to be remembered between flushes.
    remembered: Option<Vec<usize>>,
}

impl TabWriter {
    /// The writer of `kubectl get`: 3 spaces between columns, and widths that only grow while watching.
    pub(crate) fn for_tables() -> TabWriter {
        TabWriter { min_width: 6, padding: 3, remembered: Some(Vec::new()) }
    }

    /// The writer of `kubectl describe`: 2 spaces between columns.
    pub(crate) fn for_describe() -> TabWriter {
        TabWriter { min_width: 0, padding: 2, remembered: None }
    }

    /// Lays out a text whose cells end in tabs.
    pub(crate) fn format(&mut self, text: &str) -> String {
        let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
        let mut out = String::with_capacity(text.len() * 2);
        let mut widths = Vec::new();
        self.block(&lines, 0, lines.len(), &mut widths, &mut out);
        out
    }

    /// Writes the lines `from..to`, whose first columns already have widths.
    /// Models tabwriter.Writer.format; it recurses once per column.
    fn block(
        &mut self,
        lines: &[Vec<&str>],
        from: usize,
        to: usize,
        widths: &mut Vec<usize>,
        out: &mut String,
    ) {
        const COLUMNS_MAX: usize = 100;
        let column = widths.len();
        let mut written = from;
        let mut line = from;
        while line < to {
            // The last cell of a line is not ended by a tab, so it is not part of a column.
            if column + 1 >= lines[line].len() || column >= COLUMNS_MAX {
                line += 1;
                continue;
            }
            write_lines(lines, written, line, widths, out);
            let first = line;
            let mut width = self.min_width;
            while line < to && column + 1 < lines[line].len() {
                width = width.max(lines[line][column].chars().count() + self.padding);
                line += 1;
            }
            if let Some(remembered) = &mut self.remembered {
                if remembered.len() == column {
                    remembered.push(width);
                }
                remembered[column] = remembered[column].max(width);
                width = remembered[column];
            }
            widths.push(width);
            self.block(lines, first, line, widths, out);
            widths.pop();
            written = line;
        }
        write_lines(lines, written, to, widths, out);
    }
}

fn write_lines(lines: &[Vec<&str>], from: usize, to: usize, widths: &[usize], out: &mut String) {
    for (index, cells) in lines.iter().enumerate().take(to).skip(from) {
        for (column, cell) in cells.iter().enumerate() {
            out.push_str(cell);
            if column + 1 < cells.len() {
                let width = widths.get(column).copied().unwrap_or(0);
                for _ in cell.chars().count()..width {
                    out.push(' ');
                }
            }
        }
        if index + 1 < lines.len() {
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_within_a_block() {
        let mut writer = TabWriter::for_describe();
        assert_eq!(
            writer.format("A:\tx\nLonger:\ty\nplain\nB:\tz\n"),
            "A:       x\nLonger:  y\nplain\nB:  z\n"
        );
    }

    #[test]
    fn a_watch_keeps_the_widths_it_has_had() {
        let mut writer = TabWriter::for_tables();
        assert_eq!(writer.format("NAME\tSTATUS\tAGE\n"), "NAME   STATUS   AGE\n");
        assert_eq!(writer.format("a\tContainerCreating\t1s\n"), "a      ContainerCreating   1s\n");
        assert_eq!(writer.format("a\tRunning\t1s\n"), "a      Running             1s\n");
    }
}
