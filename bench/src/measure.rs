//! Figures over several runs.

use std::time::Duration;

/// Median, smallest and largest of a figure in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    values_ms: Vec<f64>,
}

impl Sample {
    /// Takes one value.
    pub fn add(&mut self, value: Duration) {
        self.values_ms.push(value.as_secs_f64() * 1000.0);
        self.values_ms.sort_by(f64::total_cmp);
    }

    /// The middle value; 0 when there is none.
    pub fn median_ms(&self) -> f64 {
        self.values_ms
            .get(self.values_ms.len() / 2)
            .copied()
            .unwrap_or(0.0)
    }

    /// The value that nineteen in twenty do not pass.
    pub fn p95_ms(&self) -> f64 {
        let at = (self.values_ms.len() * 95 / 100).min(self.values_ms.len().saturating_sub(1));
        self.values_ms.get(at).copied().unwrap_or(0.0)
    }

    /// Median, smallest, 95th percentile: three cells of a table.
    pub fn cells(&self) -> String {
        let least = self.values_ms.first().copied().unwrap_or(0.0);
        format!("{:.1} | {:.1} | {:.1}", self.median_ms(), least, self.p95_ms())
    }
}
