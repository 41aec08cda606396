//! The remedies where uv or npm does not reach its index, by what it says.

pub(super) const PYTHON_LOGIN: &str =
    "give a login: in .netrc, or in the URL of the package index (--index-url, --extra-index-url)";
pub(super) const NPM_LOGIN: &str = "log in to the npm registry: `//HOST/PATH/:_authToken=TOKEN` in your .npmrc (never \
                                    the pack's), or --npm-registry with user and password";
pub(super) const NPM_AUTHORITY: &str = "set SSL_CERT_FILE to the certificate of the authority that signed the server's, or by `cafile` of your .npmrc; `strict-ssl=false` is not followed";
const PYTHON_AUTHORITY: &str =
    "set SSL_CERT_FILE to the certificate of the authority that signed the server's";

/// What keeps a tool from its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToolFault {
    Login,
    Certificate,
}

/// The fault that `message`, which a tool wrote, speaks of.
pub(super) fn fault_of_tool(message: &str) -> Option<ToolFault> {
    const LOGIN: [&str; 5] = [
        "401 Unauthorized",
        "403 Forbidden",
        "code E401",
        "code ENEEDAUTH",
        "valid authentication credentials",
    ];
    const CERTIFICATE: [&str; 5] = [
        "invalid peer certificate",
        "SELF_SIGNED_CERT_IN_CHAIN",
        "DEPTH_ZERO_SELF_SIGNED_CERT",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "UNABLE_TO_GET_ISSUER_CERT",
    ];
    let speaks_of = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if speaks_of(&LOGIN) {
        return Some(ToolFault::Login);
    }
    speaks_of(&CERTIFICATE).then_some(ToolFault::Certificate)
}

/// The remedy of what uv says.
pub(super) fn python_hint(message: &str) -> Option<String> {
    Some(hint(fault_of_tool(message)?, PYTHON_LOGIN, PYTHON_AUTHORITY))
}

/// The remedy of what npm says.
pub(super) fn npm_hint(message: &str) -> Option<String> {
    Some(hint(fault_of_tool(message)?, NPM_LOGIN, NPM_AUTHORITY))
}

fn hint(fault: ToolFault, login: &str, authority: &str) -> String {
    match fault {
        ToolFault::Login => login.to_owned(),
        ToolFault::Certificate => authority.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_understood() {
        for (message, expected) in [
            ("code E401\n  Incorrect or missing password.", Some(ToolFault::Login)),
            ("lack of valid authentication credentials (401 Unauthorized)", Some(ToolFault::Login)),
            ("code SELF_SIGNED_CERT_IN_CHAIN", Some(ToolFault::Certificate)),
            ("invalid peer certificate: UnknownIssuer", Some(ToolFault::Certificate)),
            ("code ETARGET\n  No matching version found for a@^9.", None),
        ] {
            assert_eq!(fault_of_tool(message), expected, "{message}");
        }
    }
}
