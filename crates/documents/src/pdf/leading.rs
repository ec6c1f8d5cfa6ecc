//! Leading: how far lines usually stand below each other.

/// The usual drop is the least that this share of the lines have in common, in percent: a page of lists or of short
/// paragraphs has more gaps than lines without.
const USUAL_DROP_PERCENT: usize = 10;
/// Drops within this of each other are the same drop.
const SAME_DROP: f64 = 1.03;
/// Drop between lines in em where a page has too few lines to tell.
const DEFAULT_DROP_EM: f64 = 1.2;
/// Lines closer than this, in em, are not lines of one text.
const LEAST_DROP_EM: f64 = 0.8;
/// Lines farther apart than this, in em, say nothing about the usual drop.
const MOST_DROP_EM: f64 = 3.0;

/// Drops that tell what is usual for a size: one or two may all be gaps.
const ENOUGH_DROPS: usize = 3;

/// A line's baseline and em.
#[derive(Clone, Copy, Debug)]
pub(super) struct Baseline {
    pub(super) y: f64,
    pub(super) size: f64,
}

/// Usual drops from line to line.
pub(super) struct Leading {
    /// Sizes of which there are enough lines, and their usual drop.
    of_size: Vec<(f64, f64)>,
    /// Drop in em for all sizes together.
    usual_em: f64,
}

impl Leading {
    /// `pairs` are lines that follow each other in a column: baseline and em of each.
    pub(super) fn of(pairs: impl Iterator<Item = (Baseline, Baseline)>) -> Self {
        let mut drops: Vec<(f64, f64)> = Vec::new();
        for (above, row) in pairs {
            let drop = row.y - above.y;
            let text = LEAST_DROP_EM * row.size..MOST_DROP_EM * row.size;
            if same_size(above.size, row.size) && text.contains(&drop) {
                drops.push((row.size, drop));
            }
        }
        drops.sort_by(|a, b| a.0.total_cmp(&b.0));
        let of_size = drops
            .chunk_by(|a, b| same_size(a.0, b.0))
            .filter(|group| group.len() >= ENOUGH_DROPS)
            .filter_map(|group| {
                let drop = least_common(group.iter().map(|(_, drop)| *drop).collect())?;
                group.first().map(|(size, _)| (*size, drop))
            })
            .collect();
        let relative = drops.iter().map(|(size, drop)| drop / size).collect();
        let usual_em = least_common(relative).unwrap_or(DEFAULT_DROP_EM);
        Self { of_size, usual_em }
    }

    /// The usual drop for lines of a size.
    pub(super) fn drop(&self, size: f64) -> f64 {
        self.of_size
            .iter()
            .find(|(other, _)| same_size(*other, size))
            .map_or(self.usual_em * size, |(_, drop)| *drop)
    }
}

fn same_size(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.05 * a.max(b)
}

/// The least value that enough of the values share; the middle one where none is shared.
fn least_common(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let enough = (values.len() * USUAL_DROP_PERCENT / 100).max(ENOUGH_DROPS);
    values
        .windows(enough)
        .find_map(|shared| match shared {
            [least, .., most] if *most <= least * SAME_DROP => Some(*least),
            _ => None,
        })
        .or_else(|| values.get(values.len() / 2).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leading(size: f64, drops: &[f64]) -> Leading {
        let mut y = 0.0;
        let pairs: Vec<_> = drops
            .iter()
            .map(|drop| {
                let above = Baseline { y, size };
                y += drop;
                (above, Baseline { y, size })
            })
            .collect();
        Leading::of(pairs.into_iter())
    }

    #[test]
    fn a_page_of_short_paragraphs_has_the_drop_of_its_few_lines() {
        let drops = [18.0, 18.0, 12.0, 18.0, 18.0, 12.0, 18.0, 12.1, 18.0, 18.0];
        assert_eq!(leading(10.0, &drops).drop(10.0), 12.0);
    }

    #[test]
    fn one_close_pair_is_no_rule() {
        let drops = [15.0, 15.0, 9.0, 15.0, 15.0, 15.0];
        assert_eq!(leading(10.0, &drops).drop(10.0), 15.0);
    }

    #[test]
    fn other_sizes_are_measured_by_the_em() {
        let drop = leading(10.0, &[15.0; 6]).drop(20.0);
        assert!((drop - 30.0).abs() < 1e-9);
        assert_eq!(Leading::of(std::iter::empty()).drop(10.0), 12.0);
    }
}
