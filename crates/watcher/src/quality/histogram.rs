/// A histogram over fixed upper bounds. The last count is of what lies above all of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Histogram<const N: usize> {
    counts: [u64; N],
    above: u64,
    sum: f64,
}

impl<const N: usize> Default for Histogram<N> {
    fn default() -> Self {
        Self {
            counts: [0; N],
            above: 0,
            sum: 0.0,
        }
    }
}

impl<const N: usize> Histogram<N> {
    /// Counts `value` `times` times. `bounds` are the same at every call, ascending.
    pub(super) fn observe(&mut self, bounds: &[f64; N], value: f64, times: u64) {
        let place = bounds.iter().position(|bound| value <= *bound);
        let count = match place.and_then(|place| self.counts.get_mut(place)) {
            Some(count) => count,
            None => &mut self.above,
        };
        *count = count.saturating_add(times);
        // Exact up to 2^53 observations; a figure for people beyond.
        #[allow(clippy::cast_precision_loss, reason = "a mean for people")]
        let weight = times as f64;
        self.sum += value * weight;
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (own, more) in self.counts.iter_mut().zip(&other.counts) {
            *own = own.saturating_add(*more);
        }
        self.above = self.above.saturating_add(other.above);
        self.sum += other.sum;
    }

    pub(super) fn count(&self) -> u64 {
        let below = self.counts.iter().copied().fold(0, u64::saturating_add);
        below.saturating_add(self.above)
    }

    pub(super) const fn sum(&self) -> f64 {
        self.sum
    }

    /// For each bound, how many observations lie at or below it.
    pub(super) fn cumulative(&self) -> [u64; N] {
        let mut below = 0u64;
        self.counts.map(|count| {
            below = below.saturating_add(count);
            below
        })
    }

    /// The bound below which `per_mille` of all observations lie; `None` without observations, infinity above the last bound.
    pub(super) fn quantile(&self, bounds: &[f64; N], per_mille: u64) -> Option<f64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let wanted = u128::from(count) * u128::from(per_mille);
        let all = self.cumulative();
        let found = all
            .iter()
            .zip(bounds)
            .find(|(below, _)| u128::from(**below) * 1_000 >= wanted);
        Some(found.map_or(f64::INFINITY, |(_, bound)| *bound))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: [f64; 3] = [1.0, 2.0, 5.0];

    #[test]
    fn an_observation_lies_at_or_below_its_bound() {
        let mut histogram = Histogram::default();
        for value in [0.0, 1.0, 1.1, 5.0, 5.1] {
            histogram.observe(&BOUNDS, value, 1);
        }
        assert_eq!(histogram.cumulative(), [2, 3, 4]);
        assert_eq!(histogram.count(), 5);
        assert!((histogram.sum() - 12.2).abs() < 1e-9);
    }

    #[test]
    fn quantiles_are_bounds_and_nothing_has_none() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(&BOUNDS, 500), None);
        histogram.observe(&BOUNDS, 0.5, 94);
        histogram.observe(&BOUNDS, 3.0, 5);
        histogram.observe(&BOUNDS, 9.0, 1);
        assert_eq!(histogram.quantile(&BOUNDS, 500), Some(1.0));
        assert_eq!(histogram.quantile(&BOUNDS, 950), Some(5.0));
        assert_eq!(histogram.quantile(&BOUNDS, 1_000), Some(f64::INFINITY));
    }
}
