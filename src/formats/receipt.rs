//! A receipt as text: which of its bytes are signed, and where the signature stands.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Begins every signed statement, so that no receipt can be passed off as another kind of statement.
const CONTEXT: &str = "tutanak/receipt/v1\n";

/// The bytes that are signed: the context and the receipt's JSON without its last field, the signature.
pub fn statement(unsigned: &str) -> Vec<u8> {
    [CONTEXT, unsigned].concat().into_bytes()
}

/// A signature as the JSON holds it.
pub fn spell(signature: &[u8]) -> String {
    STANDARD.encode(signature)
}

/// Divides a receipt's text into the JSON that was signed and the signature. What follows the signature, such as advice,
/// is not signed and is left out. None where there is no signature.
pub fn divide(text: &str) -> Option<(String, Vec<u8>)> {
    // A quotation mark inside a value is escaped, so this can only be the field itself.
    let (signed, rest) = text.split_once(",\"signature\":\"")?;
    let (signature, _) = rest.split_once('"')?;
    Some((format!("{signed}}}"), STANDARD.decode(signature).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_divided_into_what_was_signed_and_the_signature() {
        let text = format!(r#"{{"position":7,"reason":"a \",\"","signature":"{}","advice":[]}}"#, spell(&[1, 2, 3]));
        let signed = r#"{"position":7,"reason":"a \",\""}"#;
        assert_eq!(divide(&text), Some((signed.to_owned(), vec![1, 2, 3])));
        assert_eq!(statement(signed), format!("tutanak/receipt/v1\n{signed}").into_bytes());
        for wrong in
            ["", "{}", r#"{"a":1,"signature":"AQID"#, r#"{"a":1,"signature":"?"}"#, r#"{"a":1,"signature":null}"#]
        {
            assert_eq!(divide(wrong), None, "{wrong}");
        }
    }
}
