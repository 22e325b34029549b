//! One request, and how often it is tried.
//!
//! There are two kinds of request: [`Api::get`], and [`Api::review`], which asks what the caller may do. Nothing else
//! can leave this room.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use kube_client::Client;
use kube_client::client::Body;
use nachweis_model::Instant as Moment;
use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout};

use super::Settings;
use super::bearer::Bearer;
use super::failure::{Refused, causes, short};
use super::pace::Pace;

/// Bytes of an answer. Larger pages are asked for again with fewer objects.
pub(super) const ANSWER_BYTES_MAX: usize = 32 << 20;
/// Bytes of an answer that is an error.
const ERROR_BYTES_MAX: usize = 64 << 10;
/// The longest pause between two tries, whatever the server asks for.
const PAUSE_MAX: Duration = Duration::from_secs(120);
/// Time for which a server that has never answered is asked again.
const FIRST_CONTACT: Duration = Duration::from_secs(10);
/// What a 429 may cost one request, in units of the patience.
const STORMS: u32 = 4;

/// The way to the server, shared by all lists.
pub(super) struct Api {
    client: Client,
    /// where the client does not know the token itself
    bearer: Option<Bearer>,
    pace: Pace,
    timeout: Duration,
    patience: Duration,
    began: Instant,
    seen: Mutex<Seen>,
}

/// What the answers told in passing.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// when the last answer came
    answered: Option<Instant>,
    /// the server's clock at the first and the last answer
    clock: Option<(Moment, Moment)>,
}

/// An answer of any status.
pub(super) struct Answer {
    pub status: StatusCode,
    pub bytes: Vec<u8>,
}

impl Api {
    pub(super) fn new(client: Client, bearer: Option<Bearer>, settings: &Settings) -> Self {
        Api {
            client,
            bearer,
            pace: Pace::new(settings.rate),
            timeout: settings.timeout,
            patience: settings.patience,
            began: Instant::now(),
            seen: Mutex::default(),
        }
    }

    /// The server's clock at the first and the last answer.
    pub(super) fn clock(&self) -> Option<(Moment, Moment)> {
        self.seen().clock
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The body of a `GET`, tried again where that may help.
    pub(super) async fn get(&self, path: &str, accept: &str) -> Result<Vec<u8>, Refused> {
        self.ask(Method::GET, path, accept, &[]).await
    }

    /// The server's answer to a SelfSubjectAccessReview.
    pub(super) async fn review(&self, body: &[u8]) -> Result<Vec<u8>, Refused> {
        let path = "apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        self.ask(Method::POST, path, "application/json", body).await
    }

    /// What one `GET` without further tries gives, whatever its status.
    pub(super) async fn probe(&self, path: &str, accept: &str) -> Option<Answer> {
        self.pace.turn().await;
        self.once(&Method::GET, path, accept, &[]).await.ok()
    }

    async fn ask(&self, method: Method, path: &str, accept: &str, body: &[u8]) -> Result<Vec<u8>, Refused> {
        let began = Instant::now();
        // A server that was away, or busy, has used up none of the tries that its answers get once it is back.
        let (mut tries, mut waits) = (0, 0);
        loop {
            self.pace.turn().await;
            let (refused, wanted) = match self.once(&method, path, accept, body).await {
                Ok(answer) if answer.status.is_success() => return Ok(answer.bytes),
                Ok(answer) => (status(&answer), None),
                Err((refused, wanted)) => (refused, wanted),
            };
            let away = matches!(refused, Refused::NoAnswer(_) | Refused::Status(429, _));
            let count = if away { &mut waits } else { &mut tries };
            *count += 1;
            let pause = wanted.unwrap_or_else(|| backoff(*count)).min(PAUSE_MAX);
            if !self.helps(&refused, tries, began.elapsed()) {
                return Err(refused);
            }
            if matches!(refused, Refused::Status(429, _)) {
                // The server is busy: every list waits.
                self.pace.pause(pause);
            } else {
                sleep(pause).await;
            }
        }
    }

    /// True where another try may give something else.
    fn helps(&self, refused: &Refused, tries: u32, elapsed: Duration) -> bool {
        match refused {
            Refused::Status(429, _) => elapsed < self.patience * STORMS,
            // A server that restarts is away for a while; one that has never been there is not waited for.
            Refused::NoAnswer(_) => match self.seen().answered {
                Some(answered) => answered.elapsed() < self.patience,
                None => self.began.elapsed() < FIRST_CONTACT.min(self.patience),
            },
            Refused::Status(502..=504, _) => tries < 5,
            Refused::Status(500, _) => tries < 3,
            Refused::Timeout(_) => tries < 2,
            // A server that has just started refuses what its authorizer has not read yet, and a credential plugin may
            // fail once; the failure of an issuer is remembered, so asking again costs nothing there.
            Refused::Forbidden(_) | Refused::Unauthorized(_) | Refused::NoCredential(_) => tries < 3,
            _ => false,
        }
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        accept: &str,
        body: &[u8],
    ) -> Result<Answer, (Refused, Option<Duration>)> {
        let mut request =
            Request::builder().method(method).uri(format!("/{path}")).header(header::ACCEPT, accept);
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let token = match &self.bearer {
            Some(bearer) => Some(bearer.header().await.map_err(|refused| (refused, None))?),
            None => None,
        };
        if let Some(token) = &token {
            request = request.header(header::AUTHORIZATION, token);
        }
        let request = request
            .body(Body::from(body.to_vec()))
            .map_err(|error| (Refused::Odd(format!("`{path}` is no path: {error}")), None))?;
        let late = (Refused::Timeout(self.timeout.as_secs()), None);
        let response = match timeout(self.timeout, self.client.send(request)).await {
            Err(_) => return Err(late),
            Ok(Err(error)) => return Err((unanswered(&error), None)),
            Ok(Ok(response)) => response,
        };
        self.note(&response);
        let status = response.status();
        if let (Some(bearer), Some(token), StatusCode::UNAUTHORIZED) = (&self.bearer, &token, status) {
            bearer.refused(token).await;
        }
        if status.as_u16() == 429 {
            return Err((Refused::Status(429, "too many requests".into()), retry_after(&response)));
        }
        let wanted = if status.is_server_error() { retry_after(&response) } else { None };
        let most = if status.is_success() { ANSWER_BYTES_MAX } else { ERROR_BYTES_MAX };
        let bytes = self.body(response, most).await.map_err(|refused| (refused, None))?;
        let answer = Answer { status, bytes };
        match wanted {
            Some(_) => Err((self::status(&answer), wanted)),
            None => Ok(answer),
        }
    }

    async fn body(&self, response: Response<Body>, most: usize) -> Result<Vec<u8>, Refused> {
        let mut body = response.into_body();
        let mut bytes = Vec::new();
        loop {
            let frame = match timeout(self.timeout, body.frame()).await {
                Err(_) => return Err(Refused::Timeout(self.timeout.as_secs())),
                Ok(None) => return Ok(bytes),
                Ok(Some(Err(error))) => {
                    return Err(Refused::NoAnswer(format!("the answer was cut: {}", causes(&error))));
                }
                Ok(Some(Ok(frame))) => frame,
            };
            if let Ok(data) = frame.into_data() {
                if bytes.len() + data.len() > most {
                    return Err(Refused::TooLarge);
                }
                bytes.extend_from_slice(&data);
            }
        }
    }

    /// Notes that and when the server answered.
    fn note(&self, response: &Response<Body>) {
        let date =
            response.headers().get(header::DATE).and_then(|value| value.to_str().ok()).and_then(moment);
        let mut seen = self.seen();
        seen.answered = Some(Instant::now());
        if let Some(date) = date {
            let (first, last) = seen.clock.unwrap_or((date, date));
            seen.clock = Some((first.min(date), last.max(date)));
        }
    }
}

/// 0.25 s, doubled with every try up to 10 s.
fn backoff(tries: u32) -> Duration {
    (Duration::from_millis(250) * 2_u32.pow(tries.min(6) - 1)).min(Duration::from_secs(10))
}

/// The pause that the server asks for, in seconds; a date is not what API servers send.
fn retry_after(response: &Response<Body>) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// The instant of a `Date` header.
fn moment(text: &str) -> Option<Moment> {
    let parsed = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Moment::from_unix(parsed.as_second()))
}

/// What an unsuccessful answer means; API servers explain it in a Status.
fn status(answer: &Answer) -> Refused {
    #[derive(Deserialize)]
    struct Status {
        #[serde(default)]
        message: String,
    }
    let text = match serde_json::from_slice::<Status>(&answer.bytes) {
        Ok(status) if !status.message.is_empty() => short(&status.message),
        _ => short(&String::from_utf8_lossy(&answer.bytes)),
    };
    match answer.status.as_u16() {
        401 => Refused::Unauthorized(text),
        403 => Refused::Forbidden(text),
        404 => Refused::NotFound(text),
        410 => Refused::Gone(text),
        code => Refused::Status(code, text),
    }
}

/// Why there is no answer, and whether asking again may give one.
fn unanswered(error: &kube_client::Error) -> Refused {
    let text = causes(error);
    if matches!(error, kube_client::Error::Auth(_)) {
        return Refused::NoCredential(text);
    }
    if text.contains("certificate") || text.contains("InvalidMessage") {
        return Refused::Odd(format!("no trusted connection: {text}"));
    }
    Refused::NoAnswer(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_servers() {
        let date = moment("Tue, 24 Nov 2026 10:03:07 GMT").unwrap();
        assert_eq!(date.to_string(), "2026-11-24T10:03:07Z");
        assert_eq!(moment("yesterday"), None);
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        let pauses: Vec<u128> = (1..9).map(|tries| backoff(tries).as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    }
}
