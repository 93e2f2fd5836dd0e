//! SRTP of one leg: what its settings want, and our keys for as long as it lives.

use model::Entropy;

use crate::Srtp;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Protection {
    policy: Srtp,
    /// None when the leg is never protected.
    keys: Option<sdp::Keys>,
}

impl Protection {
    /// Draws keys, unless none are wanted. `entropy` is of the quality of keys: ChaCha, seeded by
    /// the operating system under the real roof.
    pub(crate) fn draw(policy: Srtp, entropy: &mut Entropy) -> Protection {
        let keys = match policy {
            Srtp::Off => None,
            Srtp::Offered | Srtp::Required => Some(sdp::Keys::draw(|bytes| entropy.fill(bytes))),
        };
        Protection { policy, keys }
    }

    /// As descriptions are written and read by it.
    pub(crate) fn srtp(&self) -> sdp::Srtp<'_> {
        match (self.policy, &self.keys) {
            (Srtp::Off, _) | (_, None) => sdp::Srtp::Off,
            (Srtp::Offered, Some(keys)) => sdp::Srtp::Offered(keys),
            (Srtp::Required, Some(keys)) => sdp::Srtp::Required(keys),
        }
    }
}

/// The keys of an agreement, for the port.
pub(crate) fn secure(crypto: &sdp::Crypto) -> Box<media::Secure> {
    let key = |key: &sdp::Key| {
        let suite = match key.suite() {
            sdp::Suite::AesCm128HmacSha1_80 => media::Suite::AesCm128HmacSha1_80,
            sdp::Suite::AesCm128HmacSha1_32 => media::Suite::AesCm128HmacSha1_32,
            sdp::Suite::AeadAes128Gcm => media::Suite::AeadAes128Gcm,
            sdp::Suite::AeadAes256Gcm => media::Suite::AeadAes256Gcm,
        };
        media::MasterKey::new(suite, key.bytes())
            .expect("both know how long the keys of a suite are")
    };
    Box::new(media::Secure { outgoing: key(&crypto.ours), incoming: key(&crypto.theirs) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_of_an_answer_becomes_keys_of_a_port() {
        let mut entropy = Entropy::from_u64(1);
        for (suite, length) in [
            ("AES_CM_128_HMAC_SHA1_80", 40),
            ("AES_CM_128_HMAC_SHA1_32", 40),
            ("AEAD_AES_128_GCM", 38),
            ("AEAD_AES_256_GCM", 59),
        ] {
            let ours = Protection::draw(Srtp::Required, &mut entropy);
            let offer = format!(
                "v=0\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 8\r\n\
                 a=crypto:1 {suite} inline:{}\r\n",
                "b".repeat(length)
            );
            let address = ([192, 0, 2, 2], 4_000).into();
            let (srtp, speaks) = (ours.srtp(), sdp::Speaks::ALL);
            let local = sdp::Local { address, id: 1, version: 0, srtp, speaks };
            let agreed = sdp::answer(offer.as_bytes(), &local).expect("it can be answered").stream;
            let keys = secure(&agreed.crypto.expect("it has keys"));
            assert_ne!(keys.outgoing, keys.incoming);
            assert_eq!(keys.outgoing.suite(), keys.incoming.suite());
        }
    }
}
