//! How fast requests leave: a steady rate with a small burst, and pauses that the server asks for.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Requests that may leave at once after a rest.
const BURST: u32 = 25;

pub(super) struct Pace {
    gap: Duration,
    /// when the next request may leave
    next: Mutex<Instant>,
}

impl Pace {
    /// `rate` requests per second on average; 0 counts as 1.
    pub(super) fn new(rate: u32) -> Self {
        Pace { gap: Duration::from_secs(1) / rate.max(1), next: Mutex::new(Instant::now()) }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let earliest = now.checked_sub(self.gap * BURST).unwrap_or(now);
            let turn = (*next).max(earliest);
            *next = turn + self.gap;
            turn
        };
        sleep_until(turn).await;
    }

    /// Nobody asks before `pause` is over.
    pub(super) fn pause(&self, pause: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = (*next).max(Instant::now() + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_a_steady_rate_then_a_pause() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let pace = Pace::new(1000);
            let began = Instant::now();
            for _ in 0..100 {
                pace.turn().await;
            }
            assert!(began.elapsed() >= Duration::from_millis(60), "{:?}", began.elapsed());
            pace.pause(Duration::from_millis(80));
            let paused = Instant::now();
            pace.turn().await;
            assert!(paused.elapsed() >= Duration::from_millis(75));
        });
    }
}
