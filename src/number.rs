//! Numbers as text and back, exactly. JavaScript has that built in, so the npm package does not bring it a second time:
//! it would be a tenth of the module.

#[cfg(all(target_arch = "wasm32", any(feature = "javascript", feature = "browser")))]
mod surroundings {
    use js_sys::Number;

    pub fn shortest(number: f64) -> String {
        Number::from(number).to_string_with_radix(10).map(String::from).unwrap_or_default()
    }

    pub fn value(text: &str) -> f64 {
        js_sys::parse_float(text)
    }
}

#[cfg(not(all(target_arch = "wasm32", any(feature = "javascript", feature = "browser"))))]
mod surroundings {
    pub fn shortest(number: f64) -> String {
        format!("{number:?}")
    }

    pub fn value(text: &str) -> f64 {
        text.parse().unwrap_or(f64::NAN)
    }
}

/// The shortest text that is this finite number; a whole one ends in `.0`, so that it stays apart from an integer.
pub fn print(number: f64) -> String {
    let text = surroundings::shortest(number);
    match text.contains(['.', 'e']) {
        true => text,
        false if number == 0.0 && number.is_sign_negative() => "-0.0".into(),
        false => text + ".0",
    }
}

/// The finite number that a text of digits, signs, points and exponents is.
pub fn parse(text: &str) -> Option<f64> {
    let is_number = text.bytes().any(|sign| sign.is_ascii_digit())
        && text.bytes().all(|sign| sign.is_ascii_digit() || b"+-.eE".contains(&sign));
    Some(surroundings::value(text)).filter(|number| is_number && number.is_finite())
}
