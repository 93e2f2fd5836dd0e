//! Vectors that others computed: RFC 3711 appendix B, RFC 7714 §16 and §17, and one whole packet of
//! each kind as libsrtp makes it.

use super::*;

/// Session keys given as such, for the vectors that do not begin at a master key.
fn session(cipher: &[u8], salt: &[u8]) -> SessionKeys {
    let mut keys = SessionKeys { cipher: [0; 32], auth: [0; 20], salt: [0; 14] };
    keys.cipher[..cipher.len()].copy_from_slice(cipher);
    keys.salt[..salt.len()].copy_from_slice(salt);
    keys
}

#[test]
fn rfc3711_b2_the_counter_mode_keystream() {
    let keys =
        session(&hex("2B7E151628AED2A6ABF7158809CF4F3C"), &hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"));
    let Transform::Counter(counter) = Transform::new(Suite::AesCm128HmacSha1_80, &keys) else {
        panic!("the suite is of counter mode");
    };
    let mut stream = vec![0; 65_282 * 16];
    counter.crypt(0, 0, &mut stream);
    let block = |number: usize| &stream[number * 16..][..16];
    for (number, bytes) in [
        (0x0000, "E03EAD0935C95E80E166B16DD92B4EB4"),
        (0x0001, "D23513162B02D0F72A43A2FE4A5F97AB"),
        (0x0002, "41E95B3BB0A2E8DD477901E4FCA894C0"),
        (0xFEFF, "EC8CDF7398607CB0F2D21675EA9EA1E4"),
        (0xFF00, "362B7C3C6773516318A077D7FC5073AE"),
        (0xFF01, "6A2CC3787889374FBEB4C81B17BA6C44"),
    ] {
        assert_eq!(block(number), hex(bytes), "block {number:#x}");
    }
}

/// The master key of RFC 3711 appendix B.3, which libsrtp's own vectors use as well.
fn b3() -> MasterKey {
    let bytes = hex("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6");
    MasterKey::new(Suite::AesCm128HmacSha1_80, &bytes).expect("30 bytes")
}

#[test]
fn rfc3711_b3_session_keys_are_derived_from_the_master_key() {
    for (label, bytes) in [
        (0, "C61E7A93744F39EE10734AFE3FF7A087"),
        (2, "30CBBC08863D8C85D49DB34A9AE1"),
        (
            1,
            "CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE
             E049646C43D9327AD175578EF7227098 6371C10C9A369AC2F94A8C5FBCDDDC25
             6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2",
        ),
    ] {
        let expected = hex(bytes);
        let mut key = vec![0; expected.len()];
        derive(&b3(), label, &mut key);
        assert_eq!(key, expected, "label {label}");
    }
}

#[test]
fn a_counter_mode_packet_is_what_libsrtp_makes_of_it() {
    let plain = hex("800f1234 decafbad cafebabe abababab abababab abababab abababab");
    let cipher = hex("800f1234 decafbad cafebabe 4e55dc4c e79978d8 8ca4d215 949d2402
                      b78d6acc 99ea179b 8dbb");
    assert_eq!(protected(&mut Outgoing::new(&b3()), &plain), Ok(cipher.clone()));
    assert_eq!(opened(&mut Incoming::new(&b3()), &cipher), Ok(plain));
}

#[test]
fn a_gcm_packet_is_what_libsrtp_makes_of_it() {
    let key = hex("000102030405060708090a0b0c0d0e0f a0a1a2a3a4a5a6a7a8a9aaab");
    let key = MasterKey::new(Suite::AeadAes128Gcm, &key).expect("28 bytes");
    let plain = hex("800f1234 decafbad cafebabe abababab abababab abababab abababab");
    let cipher = hex("800f1234 decafbad cafebabe c5002ede 04cfdd2e b91159e0 880aa06e
                      d2976826 f796b201 df3131a1 27e8a392");
    assert_eq!(protected(&mut Outgoing::new(&key), &plain), Ok(cipher.clone()));
    assert_eq!(opened(&mut Incoming::new(&key), &cipher), Ok(plain));
}

const GCM_KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// The session of RFC 7714 §16 and §17: its keys are session keys, given directly.
fn gcm(suite: Suite) -> (Outgoing, Incoming) {
    let keys = || session(&hex(GCM_KEY)[..suite.key_length()], b"Quid pro quo");
    (Outgoing::with_keys(suite, &keys(), &keys()), Incoming::with_keys(suite, &keys(), &keys()))
}

#[test]
fn rfc7714_16_1_and_16_2_packets_are_encrypted_and_decrypted() {
    let header = hex("8040f17b 8041f8d3 5501a0b2");
    let plain = [&header[..], b"Gallia est omnis divisa in partes tres"].concat();
    for (suite, cipher) in [
        (
            Suite::AeadAes128Gcm,
            "f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b
             36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce",
        ),
        (
            Suite::AeadAes256Gcm,
            "32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f
             1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13",
        ),
    ] {
        let expected = [&header[..], &hex(cipher)].concat();
        let (mut outgoing, mut incoming) = gcm(suite);
        assert_eq!(protected(&mut outgoing, &plain), Ok(expected.clone()));
        assert_eq!(opened(&mut incoming, &expected), Ok(plain.clone()));
    }
}

/// The sender report of RFC 7714 §17.
const REPORT: &str = "81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61
                      deadbeef deadbeef deadbeef deadbeef deadbeef";

#[test]
fn rfc7714_17_1_and_17_2_reports_are_encrypted_and_decrypted() {
    for (suite, cipher) in [
        (
            Suite::AeadAes128Gcm,
            "81c8000d 4d617273 63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d
             c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b c84aa458 96cf4d2f c5abf872
             45d9eade 800005d4",
        ),
        (
            Suite::AeadAes256Gcm,
            "81c8000d 4d617273 d50ae4d1 f5ce5d30 4ba297e4 7d470c28 2c3ece5d bffe0a50
             a2eaa5c1 110555be 8415f658 c61de047 6f1b6fad 1d1eb30c 4446839f 57ff6f6c
             b26ac3be 800005d4",
        ),
    ] {
        let (outgoing, mut incoming) = gcm(suite);
        let made = protected_rtcp(&mut outgoing.at_rtcp(0x5d4), &hex(REPORT));
        assert_eq!(made, Ok(hex(cipher)));
        assert_eq!(opened_rtcp(&mut incoming, &hex(cipher)), Ok(hex(REPORT)));
    }
}

#[test]
fn rfc7714_17_3_and_17_4_reports_may_be_authentic_without_being_encrypted() {
    for (suite, tag) in [
        (Suite::AeadAes128Gcm, "841dd968 3dd78ec9 2ae58790 125f62b3"),
        (Suite::AeadAes256Gcm, "91db4afb feee5a97 8fab4393 ed2615fe"),
    ] {
        let bytes = hex(&format!("{REPORT} {tag} 000005d4"));
        let (_, mut incoming) = gcm(suite);
        assert_eq!(opened_rtcp(&mut incoming, &bytes), Ok(hex(REPORT)));
        let mut altered = bytes.clone();
        altered[20] ^= 1;
        let (_, mut incoming) = gcm(suite);
        assert_eq!(opened_rtcp(&mut incoming, &altered), Err(Refused::NotAuthentic));
    }
}
