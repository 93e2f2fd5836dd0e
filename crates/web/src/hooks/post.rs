//! One delivery over the wire: signed as Standard Webhooks 1.0 says, and what became of it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use ureq::Agent;

use super::schedule::Outcome;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// The same in every try, so that a receiver can tell a repetition.
    pub(crate) id: String,
    /// Of this try, seconds since 1970.
    pub(crate) timestamp: i64,
    pub(crate) body: String,
}

impl Message {
    /// `v1,` and the HMAC-SHA256 of id, time and body.
    pub(crate) fn signature(&self, secret: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key");
        mac.update(format!("{}.{}.{}", self.id, self.timestamp, self.body).as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// Whoever is told.
pub(crate) struct Receiver {
    agent: Agent,
    url: String,
    secret: Vec<u8>,
}

impl Receiver {
    pub(crate) fn new(url: &str, secret: Vec<u8>, patience: Duration) -> Receiver {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(16 * 1024)
            .proxy(None)
            .timeout_global(Some(patience))
            .user_agent(concat!("rappel/", env!("CARGO_PKG_VERSION")))
            .build();
        Receiver { agent: config.into(), url: url.to_owned(), secret }
    }

    /// Tells it. What it answers beside the status is not read.
    pub(crate) fn tell(&self, message: &Message) -> (Outcome, String) {
        let answer = self
            .agent
            .post(&self.url)
            .header("content-type", "application/cloudevents+json; charset=utf-8")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", message.timestamp.to_string())
            .header("webhook-signature", message.signature(&self.secret))
            .send(message.body.as_str());
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return (Outcome::Failed { wait: None }, error.to_string()),
        };
        let status = answer.status().as_u16();
        let wait = answer.headers().get("retry-after");
        let seconds = wait.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let outcome = match status {
            200..=299 => Outcome::Taken,
            410 => Outcome::Gone,
            _ => Outcome::Failed { wait: seconds.map(Duration::from_secs) },
        };
        (outcome, format!("it answered {status}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_as_the_standard_signs_its_example() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let message = Message {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
            timestamp: 1_614_265_330,
            body: "{\"test\": 2432232314}".to_owned(),
        };
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(message.signature(&secret), expected);
    }
}
