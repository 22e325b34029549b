//! How fast requests leave: a steady rate with a small burst, and pauses that the server asks for.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// What may leave at once at the start or after a rest: the requests of this time. kubectl's 50 per second with a burst
/// of 300 have the same proportion.
const CREDIT: Duration = Duration::from_secs(6);

pub(super) struct Pace {
    gap: Duration,
    /// when the next request may leave
    next: Mutex<Instant>,
}

impl Pace {
    /// `rate` requests per second on average; 0 counts as 1.
    pub(super) fn new(rate: u32) -> Self {
        Pace { gap: Duration::from_secs(1) / rate.max(1), next: Mutex::new(rested()) }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = (*next).max(rested());
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

/// Where the next turn stands after a long rest.
fn rested() -> Instant {
    let now = Instant::now();
    now.checked_sub(CREDIT).unwrap_or(now)
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
            for _ in 0..6_000 {
                pace.turn().await;
            }
            let burst = began.elapsed();
            for _ in 0..200 {
                pace.turn().await;
            }
            // What the first ones took was earned meanwhile.
            assert!(began.elapsed() >= Duration::from_millis(190), "{burst:?} {:?}", began.elapsed());
            pace.pause(Duration::from_millis(80));
            let paused = Instant::now();
            pace.turn().await;
            assert!(paused.elapsed() >= Duration::from_millis(75));
        });
    }
}
