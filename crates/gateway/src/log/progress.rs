//! Telling the caller how far opening the log is.

/// How far a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanProgress {
    /// Bytes looked at so far.
    pub done_bytes: u64,
    /// Bytes to look at in all.
    pub total_bytes: u64,
}

/// Tells the caller about progress, not too often.
pub(super) struct ScanMeter<'caller> {
    progress: ScanProgress,
    reported_bytes: u64,
    report: &'caller mut dyn FnMut(ScanProgress),
}

impl<'caller> ScanMeter<'caller> {
    const REPORT_EVERY_BYTES: u64 = 4 << 20;

    pub(super) fn new(total_bytes: u64, report: &'caller mut dyn FnMut(ScanProgress)) -> Self {
        let progress = ScanProgress {
            done_bytes: 0,
            total_bytes,
        };
        report(progress);
        Self {
            progress,
            reported_bytes: 0,
            report,
        }
    }

    /// Counts all bytes up to `done_bytes`, which may lie behind what was counted before.
    pub(super) fn reached(&mut self, done_bytes: u64) {
        let progress = &mut self.progress;
        progress.done_bytes = done_bytes.clamp(progress.done_bytes, progress.total_bytes);
        if progress.done_bytes - self.reported_bytes >= Self::REPORT_EVERY_BYTES {
            self.reported_bytes = progress.done_bytes;
            (self.report)(*progress);
        }
    }

    pub(super) fn finish(mut self) {
        self.progress.done_bytes = self.progress.total_bytes;
        (self.report)(self.progress);
    }
}
