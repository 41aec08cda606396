//! One route, with all that its description tells.

use axum::http::StatusCode;
use axum::routing::MethodRouter;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::access::Access;
use super::shared::Shared;
use crate::tokens::Scope;

/// The schema of a type, with what it refers to kept by the generator.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// A method of a path.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) access: Access,
    /// The subject, under which descriptions gather routes.
    pub(super) subject: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: Option<SchemaOf>,
    /// The media type and the schema of its body.
    pub(super) body: Option<(&'static str, SchemaOf)>,
    pub(super) answer: (StatusCode, SchemaOf),
    /// The failures that this route has beside those of its access and its path.
    pub(super) failures: &'static [StatusCode],
    pub(super) handler: MethodRouter<Shared>,
}

impl Route {
    /// `method path`, which a token of scope read may use.
    pub(super) fn new<Answer: JsonSchema>(
        (method, path): (&'static str, &'static str),
        (subject, summary): (&'static str, &'static str),
        handler: MethodRouter<Shared>,
    ) -> Self {
        Self {
            method,
            path,
            access: Access::Token(Scope::Read),
            subject,
            summary,
            query: None,
            body: None,
            answer: (StatusCode::OK, |generator| generator.subschema_for::<Answer>()),
            failures: &[],
            handler,
        }
    }

    /// It needs no token.
    pub(super) fn open(self) -> Self {
        Self { access: Access::Open, ..self }
    }

    /// It needs a token of scope write.
    pub(super) fn writes(self) -> Self {
        Self { access: Access::Token(Scope::Write), ..self }
    }

    /// Its body.
    pub(super) fn body<T: JsonSchema>(self) -> Self {
        Self { body: Some(("application/json", SchemaGenerator::subschema_for::<T>)), ..self }
    }

    /// Its body, which is a form with files.
    pub(super) fn form<T: JsonSchema>(self) -> Self {
        Self { body: Some(("multipart/form-data", SchemaGenerator::subschema_for::<T>)), ..self }
    }

    /// The status of its answer.
    pub(super) fn status(self, status: StatusCode) -> Self {
        Self { answer: (status, self.answer.1), ..self }
    }

    /// Its query.
    pub(super) fn query<T: JsonSchema>(self) -> Self {
        // In the place where it is used: each of its properties is a parameter.
        Self { query: Some(|_| SchemaGenerator::default().into_root_schema_for::<T>()), ..self }
    }

    /// Its further failures.
    pub(super) fn fails(self, failures: &'static [StatusCode]) -> Self {
        Self { failures, ..self }
    }
}
