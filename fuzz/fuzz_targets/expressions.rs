//! Any text as a template: nothing panics, nothing overflows the stack, and all places are in the text.

#![no_main]

use attune_schemas::workflow::expression::{Expression, Piece, templates};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for piece in templates(text) {
        let Piece::Expression { text: expression, offset } = piece else { continue };
        assert_eq!(&text[offset..offset + expression.len()], expression);
        match Expression::parse(expression) {
            Ok(parsed) => {
                for name in parsed.uses() {
                    assert!(expression[name.offset..].starts_with(name.name));
                }
                assert!(parsed.calls().all(|call| expression[call.offset..].starts_with(call.name)));
            }
            Err(error) => assert!(error.offset <= expression.len(), "{error:?}"),
        }
    }
});
