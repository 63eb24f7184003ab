//! Standard base64, for places that can only hold text.

use crate::error::{Error, Kind, Result};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What each byte stands for; 64 and above stands for nothing.
const VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut i = 0;
    while i < 64 {
        values[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    values
};

/// The bytes as text, padded.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let six = (bits >> (18 - 6 * place)) & 63;
            text.push(if place <= group.len() { ALPHABET[six as usize] as char } else { '=' });
        }
    }
    text
}

/// The bytes behind a text. Line breaks are passed over, unused trailing bits are not looked at; anything else that
/// is not padded standard base64 is `Invalid`.
pub fn decode(text: &str) -> Result<Vec<u8>> {
    let signs: Vec<u8> = text.bytes().filter(|sign| !matches!(sign, b'\r' | b'\n')).collect();
    let padding = signs.iter().rev().take_while(|sign| **sign == b'=').count();
    if !signs.len().is_multiple_of(4) || padding > 2 {
        return Err(refused());
    }
    let mut bytes = Vec::with_capacity(signs.len() / 4 * 3);
    for group in signs[..signs.len() - padding].chunks(4) {
        let mut bits = 0;
        for sign in group {
            let six = VALUES[usize::from(*sign)];
            if six > 63 {
                return Err(refused());
            }
            bits = bits << 6 | u32::from(six);
        }
        bits <<= 6 * (4 - group.len());
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Ok(bytes)
}

fn refused() -> Error {
    Error::new(Kind::Invalid, "this text is not base64")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decode, encode};

    proptest! {
        #[test]
        fn what_was_encoded_decodes(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)).ok(), Some(bytes));
        }

        #[test]
        fn what_decodes_encodes_to_the_same_length_and_bytes(text in "[A-Za-z0-9+/\r\n]{0,40}={0,3}") {
            if let Ok(bytes) = decode(&text) {
                let signs = text.chars().filter(|sign| !"\r\n".contains(*sign)).count();
                prop_assert_eq!(encode(&bytes).len(), signs);
                prop_assert_eq!(decode(&encode(&bytes)).ok(), Some(bytes));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = decode(&text);
        }
    }

    #[test]
    fn the_known_vectors_hold() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).ok().as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(decode("Zh==").ok().as_deref(), Some(&b"f"[..]), "unused bits are not looked at");
        for text in ["Zg=", "Zg", "Z===", "=Zg=", "Zg==Zg==", "Zm9v Zm9v", "Zm-v", "Zé=="] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
