//! A way to an API server that holds still in the middle of an answer, so that a test can act at that moment.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long a test waits for the answer that is to be held.
const HELD: Duration = Duration::from_secs(120);

/// Hands bytes on in both directions, and holds answers once they have a number of bytes in sum.
pub struct Gate {
    port: u16,
    state: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// bytes of answers that may still pass; `None`: all of them
    left: Option<usize>,
    held: bool,
    closed: bool,
}

impl Gate {
    /// Listens on a free port, in front of `target` (host and port), and lets everything pass.
    pub fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let gate = Gate { port: listener.local_addr().unwrap().port(), state: Arc::default() };
        let (state, target) = (Arc::clone(&gate.state), target.to_string());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if state.state.lock().unwrap().closed {
                    return;
                }
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(&target)) else { continue };
                let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || pump(up, down, None));
                let state = Arc::clone(&state);
                std::thread::spawn(move || pump(server, client, Some(&state)));
            }
        });
        gate
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on this many bytes of answers pass.
    pub fn hold_after(&self, bytes: usize) {
        let mut state = self.state.state.lock().unwrap();
        (state.left, state.held) = (Some(bytes), false);
    }

    /// Waits until an answer is held.
    pub fn wait(&self) {
        let until = Instant::now() + HELD;
        let mut state = self.state.state.lock().unwrap();
        while !state.held {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no answer came to the place where it is held");
            state = self.state.changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Lets everything pass again.
    pub fn open(&self) {
        self.state.state.lock().unwrap().left = None;
        self.state.changed.notify_all();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.state.state.lock().unwrap().closed = true;
        self.open();
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    /// Returns once this many bytes may pass.
    fn pass(&self, bytes: usize) {
        let mut state = self.state.lock().unwrap();
        while let Some(left) = state.left {
            if let Some(rest) = left.checked_sub(bytes) {
                state.left = Some(rest);
                return;
            }
            state.held = true;
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap();
        }
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream, gate: Option<&Shared>) {
    let mut buffer = [0; 16 << 10];
    while let Ok(read) = from.read(&mut buffer) {
        if let Some(gate) = gate {
            gate.pass(read);
        }
        if read == 0 || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
